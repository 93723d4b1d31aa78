"""Read split files: the frames of a role, and the fold and the dataset from the file's path.

Standard library only, because this also runs in the environments of external tools.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from unetlib.io.files import read_csv

USED = ("train", "validation", "test")
ROLES = (*USED, "unused")
_AND = "+"


class SplitError(ValueError):
    """A split that cannot be made: which role is empty or which fold does not exist, and what to change."""


def role_column(roles: Collection[str]) -> str:
    """Return the text for a frame's roles in a split file; a frame has several only as a deliberate mistake.

    >>> role_column({"test", "validation"}), role_column([])
    ('validation+test', 'unused')
    """
    return _AND.join(role for role in USED if role in roles) or "unused"


def read_roles(path: Path | str) -> dict[str, frozenset[str]]:
    """Return the roles of each frame in a split file (CSV: frame, role); SplitError, FileError if it is invalid.

    A frame has one role, or several joined by "+" if `SplitSettings.test_frames_also` is set.
    """
    rows = read_csv(path, ("frame", "role"))
    roles = {row["frame"]: frozenset(row["role"].split(_AND)) for row in rows}
    for row in rows:
        if row["role"] not in ROLES and row["role"] != role_column(roles[row["frame"]]):
            known = f"the roles are {', '.join(ROLES)}, and several of the first three joined by {_AND}"
            raise SplitError(f"{path}: {row['role'][:50]!r} is not a role; {known}")
    if len(roles) < len(rows):
        raise SplitError(f"{path}: a frame is listed twice; remove the file and run again")
    return roles


def frames_with_role(path: Path | str, role: str) -> list[str]:
    """Return the ids of the frames that have this role in a split file; SplitError, FileError as in `read_roles`."""
    if role not in ROLES:
        raise SplitError(f"{path}: {role[:50]!r} is not a role; the roles are {', '.join(ROLES)}")
    return [frame for frame, own in read_roles(path).items() if role in own]


def fold_of(path: Path | str) -> int:
    """Return the fold of a split file from its name: 3 for …/fold3.csv."""
    digits = Path(path).stem.removeprefix("fold")
    if not digits.isdecimal():
        raise SplitError(f"{path}: a split file is called fold<number>.csv; rename it")
    return int(digits)


def dataset_and_key_of(path: Path | str) -> tuple[str, str]:
    """Return the dataset and the settings key of a split file from its path, …/<dataset>/<key>/fold3.csv."""
    parts = Path(path).parts
    if len(parts) < 3:
        raise SplitError(f"{path}: a split file stands at <dataset>/<key>/fold<number>.csv; move it")
    return parts[-3], parts[-2]


def frames_for_testing(paths: Sequence[Path], keys: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the test frames of each dataset in `keys` (dataset → key of its split), read from split files.

    Raises SplitError unless there is exactly one file of each dataset's split.
    """
    files = {}
    for dataset, key in keys.items():
        files[dataset] = [path for path in paths if dataset_and_key_of(path) == (dataset, key)]
        if len(files[dataset]) != 1:
            raise SplitError(
                f"{len(files[dataset])} files of split {key} of {dataset} were given; give exactly one, "
                f"…/{dataset}/{key}/fold<number>.csv"
            )
    return {dataset: frames_with_role(found[0], "test") for dataset, found in files.items()}
