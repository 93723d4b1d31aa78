"""Tools for tests: one that works, and one broken in each way that a tool can be."""

from pathlib import Path

WORKS = """
import argparse, pathlib, sys, time
import numpy, tifffile
parser = argparse.ArgumentParser()
parser.add_argument("command")
for name in ("train-images", "train-labels", "validation-images", "validation-labels", "model", "images", "output"):
    parser.add_argument(f"--{name}", type=pathlib.Path)
for name in ("seed", "seconds", "threads", "device", "level"):
    parser.add_argument(f"--{name}", default="")
given = parser.parse_args()
if given.command == "train":
    seen = len(list(given.train_images.iterdir())) + len(list(given.validation_images.iterdir()))
    BEFORE_TRAINING
    (given.model / "level.txt").write_text(str(seen))
    sys.exit()
for image in sorted(given.images.iterdir()):
    pixels = tifffile.imread(image)
    labels = numpy.zeros(pixels.shape, numpy.uint16)
    labels[10:40, 10:40], labels[10:40, 50:80] = 1, 2
    BEFORE_WRITING
    tifffile.imwrite(given.output / image.name, labels)
"""
# name → statement before a training ends, statement before a label image is written, words of the reason
BROKEN = {
    "silent": ("", "continue", "missing: "),
    "partial": ("", "if image.name == sorted(given.images.iterdir())[0].name: continue", "missing: "),
    "cut": ("", "labels = labels[:-1]", "but its image is"),
    "floats": ("", "labels = labels + numpy.float32(0.5)", "float32 values; save instance ids as whole numbers"),
    "nan": ("", "labels = labels * numpy.float32('nan')", "float32 values; save instance ids as whole numbers"),
    "colour": ("", "labels = numpy.stack([labels, 2 * labels, labels], axis=-1)", "is in colour"),
    "stack": ("", "labels = numpy.stack([labels] * 2)", "save one 2-D image of instance ids"),
    "unreadable": ("", "(given.output / image.name).write_bytes(b'no image'); continue", "neither TIFF nor PNG"),
    "masks": ("", "labels = (labels > 0).astype(numpy.uint8) * 255", "a mask, not instances"),
    "crash": ("raise RuntimeError('out of luck')", "", "training ended with code 1: RuntimeError: out of luck"),
    "late": ("", "raise RuntimeError('no memory')", "prediction ended with code 1: RuntimeError: no memory"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "", "training ended by signal 9"),
    "greedy": ("\n    while True: pass", "", "processor seconds, more than 1.2 times its budget of 2 seconds"),
    "packages": ("import no_such_package", "", "No module named 'no_such_package'"),
}


def write_tool(folder: Path, training: str = "", writing: str = "") -> Path:
    """Write the folder of a tool that runs in the project's own environment; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    source = WORKS.replace("BEFORE_TRAINING", training or "pass").replace("BEFORE_WRITING", writing or "pass")
    (folder / "run.py").write_text(source)
    (folder / "card.md").write_text("# A tool for tests\n")
    (folder / "tool.toml").write_text('python = ["3.11"]\n')
    return folder
