"""The TIFF files that we write, opened by the real ImageJ: CONTRIBUTING.md says how to have it."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from unetlib.io.calibration import Calibration
from unetlib.io.stack_writer import create_stack

PROGRAM = Path(__file__).parent / "imagej/ReadBack.java"
JAR = Path(os.environ.get("UNETLIB_IMAGEJ", "/usr/share/java/ij.jar"))
STACKS = [  # axes, lengths, and what ImageJ then counts as channels, slices and frames
    ("", (), (1, 1, 1)),
    ("T", (3,), (1, 1, 3)),
    ("Z", (2,), (1, 2, 1)),
    ("TZ", (3, 2), (1, 2, 3)),
]


def opened(paths):
    """What ImageJ finds in each file: the words of its first line, and its planes as numbers."""
    if not JAR.is_file() or shutil.which("javac") is None:
        pytest.skip("no ImageJ or no javac here: apt-get install imagej default-jdk-headless")
    command = ["java", "-Djava.awt.headless=true", "-cp", str(JAR), str(PROGRAM), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    found = []
    for line in done.stdout.splitlines():
        kind, *words = line.split(" ")
        if kind == "image":
            found.append((words, []))
        elif kind == "plane":
            found[-1][1].append(np.array(words, np.float64))
    return found


def test_imagej_reads_values_axes_pixel_size_and_frame_interval(tmp_path):
    rng = np.random.default_rng(0)
    calibration = Calibration(row_um=0.65, column_um=0.65, plane_um=2.0, frame_interval_s=60.0)
    written = {}
    for dtype, bits in ((np.uint8, 8), (np.uint16, 16), (np.float32, 32)):
        for axes, lengths, counts in STACKS:
            shape = (*lengths, 5, 7)
            values = rng.integers(0, 256 if bits == 8 else 65536, shape).astype(dtype)
            path = tmp_path / f"{bits}{axes}.tif"
            stack = create_stack(path, axes, shape, dtype, calibration)
            stack[:] = values.reshape(-1, 5, 7)
            stack.flush()
            written[path] = values.reshape(-1, 35), axes, counts, bits
    found = opened(written)
    assert len(found) == len(written) == 12
    for (words, planes), (values, axes, counts, bits) in zip(found, written.values(), strict=True):
        width, height, *numbers, depth = map(int, words[:6])
        assert (width, height, tuple(numbers), depth) == (7, 5, counts, bits)
        assert [float(word) for word in words[6:8]] == pytest.approx([0.65, 0.65])
        assert words[9] in ("um", "micron")
        if "Z" in axes:
            assert float(words[8]) == pytest.approx(2.0)
        if "T" in axes:
            assert float(words[10]) == pytest.approx(60.0)
        np.testing.assert_array_equal(planes, values)
