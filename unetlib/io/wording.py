"""Format numbers, sizes and lists of names for one-line messages."""

import unicodedata
from collections.abc import Sequence


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1.

    >>> [counted(number, "plane") for number in (0, 1, 1200)]
    ['0 planes', '1 plane', '1200 planes']
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def named(names: Sequence[object], most: int) -> str:
    """Return the first names of a list and the number of the others.

    >>> named(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def one_line(text: str) -> str:
    r"""Return a text as one line, its control characters (of a file's name, for example) as escapes such as \n.

    >>> print(one_line("new\nline.tif, \x1b[31m red"))
    new\nline.tif, \x1b[31m red
    """
    return "".join(ascii(each)[1:-1] if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in text)


def size_text(size: int) -> str:
    """Return a number of bytes in a readable unit, with at least two digits.

    >>> [size_text(size) for size in (0, 999, 26_000, 4_200_000_000)]
    ['0 bytes', '999 bytes', '26 kB', '4.2 GB']
    """
    if size < 1000:
        return f"{size} bytes"
    unit = min((len(str(size)) - 1) // 3, 4)
    value = size / 1000**unit
    return f"{value:.1f} {'kMGT'[unit - 1]}B" if value < 10 else f"{value:.0f} {'kMGT'[unit - 1]}B"
