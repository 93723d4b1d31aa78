"""Names of files that nobody means by a folder: hidden, temporary, and those of Windows and macOS."""

_SYSTEM = {"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"}


def is_hidden(name: str) -> bool:
    """Return whether a name is that of a hidden, temporary or system file.

    >>> [is_hidden(name) for name in (".DS_Store", "._a.tif", "Thumbs.db", "a.tif~", "a.tif")]
    [True, True, True, True, False]
    """
    return name.startswith((".", "~$")) or name.endswith("~") or name.lower() in _SYSTEM
