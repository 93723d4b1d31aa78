"""Space on the disk is reserved before pixels are written to a map, so that a full disk is an error and no crash."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from builders.images import write_stack

from unetlib.io import mapped_files, stacks
from unetlib.io.calibration import Calibration
from unetlib.io.mapped_files import reserve, temporary_array
from unetlib.io.stack_writer import create_stack

ROOT = Path(__file__).parents[2]
needs_fallocate = pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system reserves no space")


def taken(path):
    return path.stat().st_blocks * 512


@needs_fallocate
def test_a_stack_has_its_space_before_it_has_its_pixels(tmp_path):
    shape = (3, 700, 700)
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(4 * np.prod(shape))
    with (tmp_path / "whole").open("wb") as file:
        reserve(file, 4 * int(np.prod(shape)))
    if not taken(tmp_path / "hole") < taken(tmp_path / "whole"):
        pytest.skip("this file system has no holes, or reserves nothing")
    for dtype in (np.uint8, np.float32, np.uint32):  # ImageJ's format, and OME
        create_stack(tmp_path / f"{dtype.__name__}.tif", "T", shape, dtype, Calibration())
        assert taken(tmp_path / f"{dtype.__name__}.tif") >= np.dtype(dtype).itemsize * np.prod(shape)


def test_a_temporary_array_is_writable_zeros_without_a_name(tmp_path):
    array = temporary_array(tmp_path, np.float32, (5, 700))
    assert not array.any() and list(tmp_path.iterdir()) == []
    array[3] = 7
    assert array.sum() == 7 * 700


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_that_reserves_nothing_is_used_all_the_same(tmp_path, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, "not here")

    monkeypatch.setattr(mapped_files.os, "posix_fallocate", refuse, raising=False)
    assert temporary_array(tmp_path, np.uint8, (9, 9)).shape == (9, 9)


def test_a_packed_image_is_unpacked_into_space_that_is_reserved(tmp_path, monkeypatch):
    """A large page is decoded into a temporary file, whatever its byte order."""
    monkeypatch.setattr(stacks, "MAPPED_PX", 100)
    pixels = np.arange(2000, dtype=np.uint16).reshape(40, 50)
    for order in "<>":
        tifffile.imwrite(tmp_path / "packed.tif", pixels, compression="zlib", byteorder=order, rowsperstrip=7)
        with stacks.open_stack(tmp_path / "packed.tif", tmp_path) as pages:
            assert isinstance(pages.plane(0).data, np.memmap)
            np.testing.assert_array_equal(pages.plane(0)[:, :], pixels)


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
from unetlib.cli import main
sys.exit(main(sys.argv[1:]))
"""


@needs_fallocate
@pytest.mark.parametrize(
    "arguments",
    [
        "predict demo-nuclei movie.tif -o out",
        "measure labels.tif -o out/cells.csv",
        "export demo-nuclei --to onnx -o out/m.onnx",
    ],
)
def test_a_limit_of_the_file_size_is_one_line_that_names_the_file(tmp_path, arguments):
    if "export" in arguments:
        pytest.importorskip("onnxruntime")
    write_stack(tmp_path / "movie.tif", np.random.default_rng(0).integers(0, 255, (3, 90, 90), np.uint8), "TYX")
    labels = np.arange(30 * 900, dtype=np.uint16).reshape(3, 90, 100)[:, ::2].repeat(2, axis=1)
    write_stack(tmp_path / "labels.tif", labels, "TYX")
    (tmp_path / "out").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", FULL, *arguments.split()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert "out/" in error and "larger than files may be on this device" in error
    assert done.returncode == 1 and list((tmp_path / "out").iterdir()) == []
