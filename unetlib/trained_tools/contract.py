"""The two commands of a tool's script, and the environment variables that it is run with.

    python run.py train --train-images DIR --train-labels DIR --validation-images DIR --validation-labels DIR \
        --model DIR --seed N --seconds S --threads N --device cpu [--OPTION VALUE …]
    python run.py predict --model DIR --images DIR --output DIR --seed N --threads N --device cpu [--OPTION VALUE …]

Images are <frame>.tif, (H, W) grey, uint8, uint16 or float32 as recorded. Labels have the same names, (H, W) uint16
instance ids with 0 for background; ids may have gaps. `train` writes what it likes into the folder of the model.
`predict` reads it and writes <frame>.tif for each image, (H, W) whole numbers of the same meaning.
Only the standard library is imported, because this runs in the environment of the tool.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TRAINING_FOLDERS = ("train/images", "train/labels", "validation/images", "validation/labels")  # of staged images
TEST_FOLDER = "test/images"
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "NUMBA_NUM_THREADS",
)
DROPPED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONSTARTUP")  # of our own environment

Options = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class Words:
    """What both commands of a tool are told; options: those of its entry in the study."""

    seed: int
    threads: int
    device: str
    options: Options

    def words(self) -> list[str]:
        """Return them as words of a command line."""
        shared = ["--seed", str(self.seed), "--threads", str(self.threads), "--device", self.device]
        own = ((f"--{name.replace('_', '-')}", _text(value)) for name, value in self.options.items())
        return [*shared, *(word for pair in own for word in pair)]


def train_command(program: tuple[str, str], staged: Path, model: Path, *, seconds: float, how: Words) -> list[str]:
    """Return the words of the training. program: the tool's Python and its script; staged: see `TRAINING_FOLDERS`."""
    folders = [("--" + name.replace("/", "-"), str(staged / name)) for name in TRAINING_FOLDERS]
    words = [*program, "train", *(word for pair in folders for word in pair), "--model", str(model)]
    return [*words, "--seconds", f"{seconds:g}", *how.words()]


def predict_command(program: tuple[str, str], model: Path, images: Path, output: Path, *, how: Words) -> list[str]:
    """Return the words of a prediction; images and output are folders."""
    words = [*program, "predict", "--model", str(model), "--images", str(images), "--output", str(output)]
    return [*words, *how.words()]


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def variables(*, seed: int, threads: int, temporary: Path) -> dict[str, str]:
    """Return the environment of a tool's process: ours, without our packages, on so many threads.

    temporary: the folder for its temporary files.
    """
    found = {name: value for name, value in os.environ.items() if name not in DROPPED}
    found |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    found |= {"PYTHONHASHSEED": str(seed), "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"}
    return found | {"TMPDIR": str(temporary), "HF_HUB_OFFLINE": "1"}
