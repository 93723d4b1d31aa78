"""Collect the label images that another tool makes, or made, of the test images of one dataset."""

import csv
import json
import re
import shutil
import tempfile
from pathlib import Path

from splice import JSON, PATH, run

from unetlib.datasets.split_files import frames_with_role
from unetlib.io.files import atomic_folder, sha256_of, write_csv
from unetlib.study.external_tools import COMMAND_PATTERN, FOLDER_PATTERN, find_labels, run_command, stage_images


def main(arguments):
    entry, dataset = arguments.entry, arguments.frames.parent
    frames = frames_with_role(arguments.split, "test")
    files = rf"[^/]+\.(tiff?|png)|{re.escape(arguments.output.name)}"
    with (
        atomic_folder(arguments.output.parent, files, "label image of another tool") as staging,
        tempfile.TemporaryDirectory() as temporary,
    ):
        if entry.get("command"):
            images, made = Path(temporary, "images"), Path(temporary, "labels")
            images.mkdir()
            made.mkdir()
            stage_images(dataset, frames, images)
            run_command(entry["command"], images=images, output=made)
            pattern, known = entry.get("pattern", COMMAND_PATTERN), frames
        else:
            made, pattern, known = Path(entry["folder"]), entry.get("pattern", FOLDER_PATTERN), every(arguments.frames)
        found = find_labels(made, pattern, dataset=dataset.name, frames=frames, known=known)
        rows = [{"frame": frame, "file": f"{frame}{path.suffix.lower()}"} for frame, path in found.items()]
        for row, path in zip(rows, found.values(), strict=True):
            shutil.copyfile(path, staging / row["file"])
            row["sha256"] = sha256_of(path)
        write_csv(staging / arguments.output.name, rows, ("frame", "file", "sha256"))
    print(f"{json.dumps(entry)}: {len(frames)} label images of {dataset.name}")


def every(frames):
    """Return all frames of the dataset: a folder may hold labels of more than the test images."""
    with frames.open(newline="", encoding="utf-8") as handle:
        return [row["frame"] for row in csv.DictReader(handle)]


if __name__ == "__main__":
    run(main, __doc__, entry=JSON, frames=PATH, split=PATH, output=PATH)
