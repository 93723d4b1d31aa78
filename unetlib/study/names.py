"""Check that the names in a configuration are defined."""

import difflib
from collections.abc import Collection

from unetlib.study.settings import StudyError

MOST = 25  # how many names an error lists


def check_known(name: str, defined: Collection[str], *key: str) -> None:
    """Raise StudyError with the nearest defined name if the key states an undefined one."""
    if name not in defined:
        close = difflib.get_close_matches(name, defined, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"defined are {_some(defined)}"
        raise StudyError(f"{'.'.join(key)} names {name!r}, which is not defined; {hint}", *key)


def _some(names: Collection[str]) -> str:
    """List the names for an error: all if they are few, else the first ones."""
    left = len(names) - MOST
    return ", ".join([*names][:MOST]) + f" and {left} more" * (left > 0)
