"""The pixel size survives reading and writing, whoever wrote it; a printer's resolution is not believed."""

import numpy as np
import pytest
import tifffile
from builders.archives import texture

from unetlib.io.calibration import Calibration, calibration_of
from unetlib.io.stack_writer import create_stack

PICTURE = texture(20, 30)


def read(path):
    with tifffile.TiffFile(path) as file:
        return calibration_of(file, "a.tif")


def ome(**pixels):
    keys = " ".join(f'{name}="{value}"' for name, value in pixels.items())
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        f'DimensionOrder="XYZCT" Type="uint8" SizeX="30" SizeY="20" SizeZ="1" SizeC="1" SizeT="1" {keys}>'
        "<TiffData/></Pixels></Image></OME>"
    )


WRITTEN = {  # how it was written: (row, column, seconds)
    "imagej-um": ({"imagej": True, "resolution": (4, 2), "metadata": {"unit": "um"}}, (0.5, 0.25, None)),
    "imagej-micron": ({"imagej": True, "resolution": (4, 4), "metadata": {"unit": "micron"}}, (0.25, 0.25, None)),
    "imagej-escape": ({"imagej": True, "resolution": (4, 4), "metadata": {"unit": "\\u00B5m"}}, (0.25, 0.25, None)),
    "imagej-nm": ({"imagej": True, "resolution": (0.005, 0.005), "metadata": {"unit": "nm"}}, (0.2, 0.2, None)),
    "imagej-micrometers": (
        {"imagej": True, "resolution": (2, 2), "metadata": {"unit": "micrometers"}},
        (0.5, 0.5, None),
    ),
    "imagej-mm": ({"imagej": True, "resolution": (20, 20), "metadata": {"unit": "mm"}}, (50, 50, None)),
    "imagej-large": ({"imagej": True, "resolution": (0.04, 0.04), "metadata": {"unit": "um"}}, (25, 25, None)),
    "imagej-screen": ({"imagej": True, "resolution": (72, 72), "metadata": {"unit": "inch"}}, (None, None, None)),
    "imagej-hour": ({"imagej": True, "metadata": {"finterval": 0.5, "tunit": "hr"}}, (None, None, 1800)),
    "imagej-pixels": ({"imagej": True, "resolution": (1, 1), "metadata": {"unit": "pixel"}}, (None, None, None)),
    "imagej-time": ({"imagej": True, "metadata": {"finterval": 10, "tunit": "min"}}, (None, None, 600)),
    "cm": ({"resolution": (20000, 20000), "resolutionunit": "CENTIMETER"}, (0.5, 0.5, None)),
    "inch": ({"resolution": (254000, 254000), "resolutionunit": "INCH"}, (0.1, 0.1, None)),
    "printer": ({"resolution": (300, 300), "resolutionunit": "INCH"}, (None, None, None)),
    "no-unit": ({"resolution": (4, 4), "resolutionunit": "NONE"}, (None, None, None)),
    "nothing": ({}, (None, None, None)),
    "ome-um": ({"description": ome(PhysicalSizeX=0.3, PhysicalSizeY=0.4, TimeIncrement=5)}, (0.4, 0.3, 5)),
    "ome-nm": (
        {"description": ome(PhysicalSizeX=300, PhysicalSizeXUnit="nm", PhysicalSizeY=300, PhysicalSizeYUnit="nm")},
        (0.3, 0.3, None),
    ),
    "ome-width": ({"description": ome(PhysicalSizeX=0.5)}, (0.5, 0.5, None)),
    "ome-none": ({"description": ome()}, (None, None, None)),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_others_wrote(tmp_path, kind):
    options, expected = WRITTEN[kind]
    tifffile.imwrite(tmp_path / "a.tif", PICTURE, **options)
    found = read(tmp_path / "a.tif")
    for value, wanted in zip((found.row_um, found.column_um, found.frame_interval_s), expected, strict=True):
        assert value == (None if wanted is None else pytest.approx(wanted, rel=1e-6))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.float32])
@pytest.mark.parametrize(
    ("axes", "shape"), [("", (20, 30)), ("T", (3, 20, 30)), ("TZ", (2, 2, 20, 3)), ("I", (4, 20, 3))]
)
def test_what_we_write_is_read_again(tmp_path, dtype, axes, shape):
    calibration = Calibration(0.65, 0.65, 600.0)
    stack = create_stack(tmp_path / "a.tif", axes, shape, dtype, calibration)
    values = np.arange(stack.size).reshape(stack.shape).astype(dtype)
    stack[:] = values
    stack.flush()
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        np.testing.assert_array_equal(file.asarray().reshape(stack.shape), values)
        found = calibration_of(file, "a.tif")
        assert len(file.series) == 1 and file.series[0].axes.endswith("YX")
        assert file.is_imagej == (dtype != np.uint32)  # a type that ImageJ's own format does not have
        assert file.pages.first.compression == 1 and not file.pages.first.is_tiled  # Fiji opens it without plug-ins
    assert found.pixel_size_um("a.tif") == pytest.approx(0.65, rel=1e-6)
    assert found.frame_interval_s == 600.0


def test_more_than_4_gib_is_bigtiff_with_its_scale(tmp_path, monkeypatch):
    monkeypatch.setattr("unetlib.io.stack_writer.LARGEST_CLASSIC_BYTES", 1000)
    create_stack(tmp_path / "a.tif", "T", (3, 20, 30), np.float32, Calibration(0.5, 0.5)).flush()
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff and file.series[0].shape == (3, 20, 30)
        assert calibration_of(file, "a.tif").pixel_size_um("a") == pytest.approx(0.5)


def test_equal_contents_give_equal_bytes(tmp_path):
    for name in "ab":
        create_stack(tmp_path / name, "T", (3, 20, 30), np.uint16, Calibration(0.5, 0.5, 60)).flush()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_pixels_that_are_not_square_have_no_one_size():
    with pytest.raises(ValueError, match=r"a\.tif: pixels of 0.5 × 0.4 µm are not square"):
        Calibration(0.5, 0.4).pixel_size_um("a.tif")
    assert Calibration(0.5, None).pixel_size_um("a.tif") is None
