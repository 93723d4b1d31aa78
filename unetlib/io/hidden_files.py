"""Recognise files that are not data: hidden and temporary files, and those of Windows, macOS and file servers."""

import re

_SYSTEM = {"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"}
_SYSTEM_FOLDERS = {"__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found"}
_TEMPORARY = re.compile(r"#.*#|.*\.(tmp|temp|part|partial|crdownload|swp|bak|lock)", re.IGNORECASE | re.DOTALL)


def is_hidden(name: str) -> bool:
    """Return whether a file's name marks it as hidden, temporary or a system's file.

    >>> [is_hidden(name) for name in (".DS_Store", "._a.tif", "Thumbs.db", "a.tif~", "a.tif.part", "a.tif")]
    [True, True, True, True, True, False]
    """
    if name.startswith((".", "~$")) or name.endswith("~") or name.lower() in _SYSTEM:
        return True
    return bool(_TEMPORARY.fullmatch(name))


def is_hidden_path(path: str) -> bool:
    """Return whether a file, given by its path with `/`, is hidden or in a hidden folder or a system's folder.

    >>> is_hidden_path("images/.ipynb_checkpoints/a.tif"), is_hidden_path("images/a.tif")
    (True, False)
    """
    *folders, name = path.split("/")
    return is_hidden(name) or any(part.startswith(".") or part.lower() in _SYSTEM_FOLDERS for part in folders)
