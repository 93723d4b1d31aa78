"""Write the images of a split into folders for a tool: training and validation with labels, test without.

A tool sees what our networks see: the binned image, and the truth that they train on. Test images are staged in a
folder of their own, which a training is never given.
"""

from pathlib import Path

from unetlib.datasets.array_files import write_arrays
from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.imaging.binning import bin_image
from unetlib.io.files import atomic_folder, sha256_of, write_csv

INDEX = "index.csv"
COLUMNS = ("role", "frame", "file", "sha256")
FILES = r"(train|validation)/(images|labels)/[^/]+\.tif|test/images/[^/]+\.tif|index\.csv"
PARTS = {"training": ("train", "validation"), "test": ("test",)}  # part → the roles of its frames


def stage(dataset: Dataset, split: Path, part: str, index: Path) -> int:
    """Write the images of a part of a split (see PARTS) beside `index`, which lists them; return their number.

    Pixels whose truth is unknown are background in the labels of a training.
    """
    rows = []
    with atomic_folder(index.parent, FILES, "a staged image") as staging:
        for role in PARTS[part]:
            (staging / role).mkdir()
            for frame in frames_with_role(split, role):
                for kind in _write(dataset, frame, role, staging):
                    file = f"{role}/{kind}/{frame}.tif"
                    rows.append({"role": role, "frame": frame, "file": file, "sha256": sha256_of(staging / file)})
        write_csv(staging / index.name, rows, COLUMNS)
    return len({(row["role"], row["frame"]) for row in rows})


def _write(dataset: Dataset, frame: str, role: str, staging: Path) -> list[str]:
    if role == "test":
        arrays = {"images": bin_image(dataset.image(frame), dataset.frame(frame).binning)}
    else:
        image, labels, ignore = dataset.seen(frame)
        labels[ignore] = 0
        arrays = {"images": image, "labels": labels}
    write_arrays(staging / role, frame, arrays)
    return [*arrays]
