"""The pixel size survives reading and writing, whoever wrote it; a printer's resolution is not believed."""

import numpy as np
import pytest
import tifffile
from builders.archives import texture
from builders.ome import ome

from unetlib.io.calibration import Calibration, calibration_of
from unetlib.io.stack_writer import create_stack

PICTURE = texture(20, 30)


def read(path):
    with tifffile.TiffFile(path) as file:
        return calibration_of(file, "a.tif")


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
    assert found.notes(interval_given=False) == ()
    for value, wanted in zip((found.row_um, found.column_um, found.frame_interval_s), expected, strict=True):
        assert value == (None if wanted is None else pytest.approx(wanted, rel=1e-6))


LENGTH = (
    "its unit of length, {}, is not known; give its pixel size by --pixel-size (in a dataset's options: pixel_size_um)"
)
TIME = "its unit of time, {}, is not known; give its frame interval by --interval of track"
UNREAD = {  # how it was written: what is said
    "imagej-length": (
        {"imagej": True, "resolution": (4, 4), "metadata": {"unit": "furlong"}},
        LENGTH.format("'furlong'"),
    ),
    "imagej-time": ({"imagej": True, "metadata": {"finterval": 2, "tunit": "fortnight"}}, TIME.format("'fortnight'")),
    "ome-length": ({"description": ome(PhysicalSizeX=2, PhysicalSizeXUnit="ell")}, LENGTH.format("'ell'")),
    "ome-time": ({"description": ome(TimeIncrement=2, TimeIncrementUnit="moon")}, TIME.format("'moon'")),
    "ome-damaged": ({"description": ome().replace("</Pixels>", "</Pixel_>")}, "its OME-XML is damaged (mismatched tag"),
    "ome-cut": ({"description": ome()[:200]}, "its OME-XML is damaged (its end is missing), so that its planes count"),
    "ome-empty": ({"description": "<OME></OME>"}, "its OME-XML is damaged (it describes no image)"),
    "macroscope": (
        {"resolution": (400, 400), "resolutionunit": "CENTIMETER"},
        "its resolution of 1016 dpi (25 µm) is taken for a printer's; give its pixel size by --pixel-size (in a dataset"
        "'s options: pixel_size_um)",
    ),
}


@pytest.mark.parametrize("kind", UNREAD)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, kind):
    options, said = UNREAD[kind]
    tifffile.imwrite(tmp_path / "a.tif", PICTURE, **{"metadata": None, **options})
    found = read(tmp_path / "a.tif")
    (note,) = found.notes(interval_given=False)
    assert note.startswith(f"a.tif: {said}") and "\n" not in note
    assert (found.row_um, found.column_um, found.frame_interval_s) == (None, None, None)
    given = found.notes(pixel_size_given=True, interval_given=True)
    assert bool(given) == ("damaged" in said)  # for its planes are not known either


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600])
def test_the_resolution_of_a_screen_or_a_printer_is_no_news(tmp_path, dpi):
    tifffile.imwrite(tmp_path / "a.tif", PICTURE, resolution=(dpi, dpi), resolutionunit="INCH")
    assert read(tmp_path / "a.tif") == Calibration()
    tifffile.imwrite(tmp_path / "a.tif", PICTURE, resolution=(dpi / 2.54,) * 2, resolutionunit="CENTIMETER")
    assert read(tmp_path / "a.tif") == Calibration()


@pytest.mark.parametrize("unit", ["pixel", "pixels", ""])
def test_pixels_are_no_unit_that_was_lost(tmp_path, unit):
    tifffile.imwrite(tmp_path / "a.tif", PICTURE, imagej=True, resolution=(1, 1), metadata={"unit": unit})
    assert read(tmp_path / "a.tif").notes() == ()


@pytest.mark.parametrize("flag", ["lsm", "svs"])
def test_a_scale_in_tags_of_another_program_is_said(tmp_path, flag, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", PICTURE)
    monkeypatch.setattr(tifffile.TiffFile, "flags", property(lambda file: {flag}))
    (note,) = read(tmp_path / "a.tif").notes()
    assert "which is not read; give its pixel size by --pixel-size (in a dataset's options: pixel_size_um)" in note


@pytest.mark.parametrize("written", [{"imagej": True}, {"ome": True}])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint32])
def test_the_distance_of_z_planes_survives(tmp_path, written, dtype):
    """Read from ImageJ and OME, written as ImageJ and, for 32-bit labels, as OME; left out where there is one plane."""
    metadata = {
        "axes": "TZYX",
        "PhysicalSizeX": 0.5,
        "PhysicalSizeY": 0.5,
        "PhysicalSizeZ": 2000,
        "PhysicalSizeZUnit": "nm",
    }
    if written.get("imagej"):
        metadata = {"axes": "TZYX", "unit": "um", "spacing": 2.0}
    tifffile.imwrite(tmp_path / "a.ome.tif", texture(2, 3, 20, 30), resolution=(2, 2), metadata=metadata, **written)
    found = read(tmp_path / "a.ome.tif")
    assert (found.row_um, found.plane_um) == (0.5, 2.0)
    for axes, shape, kept in (("TZ", (2, 3, 20, 30), 2.0), ("T", (2, 20, 30), None)):
        create_stack(tmp_path / "b.tif", axes, shape, dtype, found).flush()
        assert read(tmp_path / "b.tif").plane_um == kept


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
