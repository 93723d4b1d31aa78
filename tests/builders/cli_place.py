"""A folder with a model, images and labels of every kind, and command lines typed in it."""

from pathlib import Path

import numpy as np
import tifffile
from builders.archives import png
from builders.images import save, spots, write_stack

from unetlib import cli

PREDICT, MEASURE, TRACK = "predict model.pt {} -o out", "measure {} -o cells.csv", "track {} -o tracks"


def walking_cells(*lengths):
    """Label planes (…, 40, 60), in each one cell of 8 × 8 px, 3 px farther on."""
    stack = np.zeros((*lengths, 40, 60), np.uint16)
    for number, plane in enumerate(stack.reshape(-1, 40, 60)):
        plane[10:18, 3 * number : 3 * number + 8] = 1
    return stack


def fill_place(folder):
    """Write a model, and images and labels of every kind that needs a choice, into the current folder."""
    save(folder / "model.pt")
    for name, axes, lengths in (("movie", "T", (3,)), ("c", "C", (3,)), ("z", "Z", (3,)), ("tz", "TZ", (3, 2))):
        write_stack(f"{name}.tif", spots(*lengths, 40, 60), f"{axes}YX")
        write_stack(f"{name}_labels.tif", walking_cells(*lengths), f"{axes}YX")
    write_stack("tc_labels.tif", walking_cells(3, 2), "TCYX")
    Path("plane.png").write_bytes(png(spots(40, 60)))
    tifffile.imwrite("bits.tif", spots(40, 60) > 90)
    mask = (spots(2, 40, 60) > 90).astype(np.uint8) * 255
    write_stack("mask.tif", mask, "TYX")
    tifffile.imwrite("halves.tif", walking_cells(2) / np.float32(2), photometric="minisblack")


def run_line(line):
    return cli.main(line.split())
