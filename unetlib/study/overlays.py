"""Protect a study's results from overlays that change them without giving the study a name of its own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from unetlib.io.files import FileError, read_json, write_json
from unetlib.study.settings import StudyError

NEUTRAL = {"mirrors", "limits", "compute"}  # sections that change where and how jobs run, but no result
KEY = "overlays"  # of the record


def unnamed_overlays(files: Sequence[str | Path]) -> list[str]:
    """Return the files that change results but state no study.name, as paths from the current folder.

    files: the overlays of a study, without the base configuration.
    """
    unnamed = [Path(path).resolve() for path in files if _sections(path) - NEUTRAL and not _names_its_study(path)]
    here = Path.cwd().resolve()
    return [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in unnamed]


def check_overlays(record: Path, study: str, overlays: Sequence[str]) -> None:
    """Raise StudyError if a study's results were made with other unnamed overlays than these.

    record: the file written by `record_overlays`; if it does not exist, nothing is refused.
    """
    try:
        before = list(map(str, read_json(record).get(KEY, overlays)))
    except (FileNotFoundError, FileError):
        return
    results = record.parent
    if new := [name for name in overlays if name not in before]:
        raise StudyError(
            f"{new[0]} states no study.name, and {results} was made without it; give it a study of its own "
            f"(study: {{name: …}}), or state study: {{name: {study}}} in it to replace {results}"
        )
    if gone := [name for name in before if name not in overlays]:
        raise StudyError(
            f"{results} was made with {gone[0]}, which is not given now; give it again, set another study.name, or "
            f"delete {record} to replace {results}"
        )


def record_overlays(record: Path, overlays: Sequence[str]) -> None:
    """Record the unnamed overlays that a study's results are made with; an equal record stays untouched."""
    try:
        known = read_json(record).get(KEY)
    except (FileNotFoundError, FileError):
        known = None
    if known != [*overlays]:
        write_json(record, {KEY: [*overlays]})


def _sections(path: str | Path) -> set[str]:
    return set(map(str, dict(_entries(path))))


def _names_its_study(path: str | Path) -> bool:
    study = dict(_entries(path)).get("study")
    return isinstance(study, dict) and "name" in study


def _entries(path: str | Path) -> Iterator[tuple[object, object]]:
    found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))  # JSON is YAML
    return iter(found.items() if isinstance(found, dict) else ())
