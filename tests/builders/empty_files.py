"""Empty files, for tests that look at names alone."""

from pathlib import Path


def touch(folder: Path, *names: str) -> Path:
    """Make empty files in the folder, and the folders between."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder
