"""Label images of another tool: run its command on a folder of images and find its files by name.

Only the standard library is imported, because this runs in the tool's own environment.
"""

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePath

from unetlib.io.files import FileError, atomic_folder, read_csv, read_json, sha256_of, write_csv, write_json
from unetlib.io.hidden_files import is_hidden
from unetlib.io.pairing import hint

COLUMNS = ("frame", "file", "sha256")
STATUS = "status.json"  # beside the list of labels: why it is empty, and how often the tool has failed so far
NAMED = 5  # how many missing or extra label images an error lists
COMMAND_PATTERN, FOLDER_PATTERN = "{frame}.tif", "{dataset}/{frame}.tif"  # if an entry has no pattern
IMAGE_SUFFIXES = (".tif", ".tiff", ".png")


class ExternalError(ValueError):
    """A tool failed, or its label files are not the expected ones: what was found, where, and what to do."""


def collect_or_record(
    dataset: Path, frames: Sequence[str], output: Path, source: Mapping[str, str], *, failures: int
) -> str:
    """Collect labels from a source (`collect_labels`); return "" or the reason of a failure.

    A failure leaves an empty list with the reason beside it (`failure_of`), so that the rest of the study continues.
    failures: how often it has failed before (`failures_of`).
    """
    try:
        collect_labels(dataset, frames, output, failures=failures, **source)
    except ExternalError as error:
        reason = " ".join(str(error).splitlines())
        with _label_folder(output) as staging:
            _write_list(staging, output.name, [], {"failures": failures + 1, "reason": reason})
        return reason
    return ""


def failure_of(labels: Path) -> str:
    """Return why a tool made no label images, given the list that `collect_or_record` wrote; "" if it made them."""
    return str(read_json(labels.with_name(STATUS)).get("reason", ""))


def failures_of(labels: Path) -> int:
    """Return how often a tool has failed to make these label images so far.

    The job takes this as a setting: a failure changes it, so that Snakemake runs the job again next time.
    """
    try:
        return int(read_json(labels.with_name(STATUS)).get("failures", 0))
    except (OSError, FileError, TypeError, ValueError):
        return 0


def collect_labels(
    dataset: Path,
    frames: Sequence[str],
    output: Path,
    *,
    command: str = "",
    folder: str = "",
    pattern: str = "",
    failures: int = 0,
) -> None:
    """Write the tool's label images of these frames of a dataset beside `output`, a CSV (COLUMNS) that lists them.

    Either the command makes them, or they exist in the folder, which may hold more frames of the dataset. An empty
    pattern means the default. Writes all or nothing; raises ExternalError.
    """
    with _label_folder(output) as staging, tempfile.TemporaryDirectory() as temporary:
        if command:
            images, made = Path(temporary, "images"), Path(temporary, "labels")
            images.mkdir()
            made.mkdir()
            stage_images(dataset, frames, images)
            run_command(command, images=images, output=made)
            pattern, known = pattern or COMMAND_PATTERN, list(frames)
        else:
            made, pattern = Path(folder).expanduser(), pattern or FOLDER_PATTERN
            known = [row["frame"] for row in read_csv(dataset / "frames.csv", ("frame",))]
        found = find_labels(made, pattern, dataset=dataset.name, frames=frames, known=known)
        rows = []
        for frame, path in found.items():
            name = f"{frame}{path.suffix.lower()}"
            shutil.copyfile(path, staging / name)
            rows.append({"frame": frame, "file": name, "sha256": sha256_of(path)})
        _write_list(staging, output.name, rows, {"failures": failures, "reason": ""})


def _label_folder(output: Path) -> AbstractContextManager[Path]:
    files = rf"[^/]+\.(tiff?|png)|{re.escape(output.name)}|{re.escape(STATUS)}"
    return atomic_folder(output.parent, files, "a label image of another tool")


def _write_list(folder: Path, name: str, rows: Sequence[Mapping[str, str]], status: Mapping[str, object]) -> None:
    write_csv(folder / name, rows, COLUMNS)
    write_json(folder / STATUS, status)


def split_command(command: str, *, images: PurePath, output: PurePath) -> list[str]:
    """Split the command into the arguments of a process; {images} and {output} stand for folders.

    It is split by the quoting rules of a POSIX shell and filled in afterwards: no shell reads it, and a space or quote
    in a path stays within its word. A leading ~/ becomes the user's home.

    >>> split_command("tool --dir {images} -o {output}/x", images=Path("a b"), output=Path("c;d"))
    ['tool', '--dir', 'a b', '-o', 'c;d/x']
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ExternalError(f"command {command!r} cannot be split into words ({error}); close its quotes") from error
    folders = {"{images}": str(images), "{output}": str(output)}
    missing = [name for name in folders if name not in command]
    if missing or not words:
        raise ExternalError(f"command {command!r} has no {' and no '.join(missing)}; say where the folder goes")
    at_home = (str(Path(word).expanduser()) if word.startswith("~/") else word for word in words)
    return [re.sub("|".join(map(re.escape, folders)), lambda found: folders[found[0]], word) for word in at_home]


def run_command(command: str, *, images: Path, output: Path) -> None:
    """Run the command in the current folder with its words filled in; it shares this process's output streams.

    Raises ExternalError if the program does not exist or exits with a code other than 0.
    """
    words = split_command(command, images=images, output=output)
    try:
        code = subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        raise ExternalError(
            f"{words[0]}: cannot be started ({error.strerror}); install it or correct the name"
        ) from error
    if code:
        raise ExternalError(f"{shlex.join(words)}: ended with code {code}; see its output above")


def stage_images(folder: Path, frames: Sequence[str], images: Path) -> None:
    """Copy the images of these frames from a prepared dataset into the folder `images` as <frame>.tif."""
    for frame in frames:
        shutil.copyfile(folder / "images" / f"{frame}.tif", images / f"{frame}.tif")


def find_labels(
    folder: Path, pattern: str, *, dataset: str, frames: Sequence[str], known: Sequence[str]
) -> Mapping[str, Path]:
    """Return the label file of each frame; `pattern` is a path below the folder with {frame} and optionally {dataset}.

    Raises ExternalError if a frame has no file, or if an image file that fits the pattern (or lies beside files that
    do) belongs to no `known` frame: a mistyped name must not pass for a frame that was left out.
    """
    if "{frame}" not in Path(pattern).name:
        raise ExternalError(f"pattern {pattern!r}: its file name has no {{frame}}; all frames would share one file")
    place = Path(pattern.replace("{dataset}", dataset))
    if "{frame}" in str(place.parent):
        raise ExternalError(f"pattern {pattern!r}: {{frame}} names a file, not a folder; move it into the file name")
    beside = folder / place.parent
    if not beside.is_dir():
        raise ExternalError(f"{beside}: there is no such folder; it should hold the label images of {dataset}")
    wanted = {frame: beside / place.name.replace("{frame}", frame) for frame in frames}
    missing = [path for path in wanted.values() if not path.is_file()]
    if missing:
        of = f" ({len(missing)} of {len(wanted)})" if len(missing) > 1 else ""
        meant = _meant(missing[0], label_images(beside))
        raise ExternalError(f"missing: {_named(missing)}{of}; write one label image per test image of {dataset}{meant}")
    expected = {place.name.replace("{frame}", frame) for frame in known}
    if extra := [path for path in label_images(beside) if path.name not in expected]:
        raise ExternalError(f"no image of {dataset} by the pattern {pattern}: {_named(extra)}; remove or rename them")
    return wanted


def label_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted, without hidden and temporary ones."""
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and not is_hidden(path.name)
    )


def _meant(path: Path, present: Sequence[Path]) -> str:
    """Return a hint at the file that was probably meant by a missing one, or ""."""
    for other in present:
        if other.stem == path.stem:
            return f"; {other.name} ends in {other.suffix}: set the tool's pattern to …{{frame}}…{other.suffix}"
    return hint(path.stem, {other.stem: other.name for other in present})


def _named(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return f"{', '.join(map(str, paths[:NAMED]))}{more}"
