"""Cells measured against shapes whose numbers are known from geometry."""

import math

import numpy as np
import pytest
import tifffile
from builders.archives import texture
from builders.images import write_stack

from unetlib.io.images import ImageError
from unetlib.io.pairing import PairingError
from unetlib.tracking.measurements import (
    COLUMNS,
    IDENTITY,
    INTENSITY,
    MICROMETRES,
    SHAPE,
    MeasureError,
    measure,
    measure_file,
    measure_files,
)


def scene():
    """A 6×12 rectangle (id 7), a 9×9 L two pixels thick (id 3), a pixel in the corner (id 70000), a disc (id 12)."""
    labels = np.zeros((80, 90), np.int64)
    labels[10:16, 20:32] = 7
    labels[30:39, 5:7], labels[37:39, 5:14] = 3, 3
    labels[0, 0] = 70000
    rows, columns = np.mgrid[:80, :90]
    labels[np.hypot(rows - 55, columns - 60) <= 18] = 12
    return labels


def rows(**given):
    return {row["label"]: row for row in measure(scene(), **given)}


def test_a_rectangle():
    found = rows()[7]
    assert found["area_px"] == 72
    assert (found["centroid_row_px"], found["centroid_column_px"]) == (12.5, 25.5)
    # the variance of n points in a row is (n² − 1)/12, the axis of the ellipse four standard deviations
    assert found["major_axis_px"] == pytest.approx(4 * math.sqrt((12**2 - 1) / 12))
    assert found["minor_axis_px"] == pytest.approx(4 * math.sqrt((6**2 - 1) / 12))
    assert found["eccentricity"] == pytest.approx(math.sqrt(1 - 35 / 143))
    assert found["perimeter_px"] == 2 * (5 + 11)  # through the centres of its border pixels
    assert found["solidity"] == 1 and found["touches_border"] is False


def test_an_l_is_not_solid():
    found = rows()[3]
    assert found["area_px"] == 9 * 2 + 7 * 2
    # hull of the pixels' squares: 9×9 less the triangle between (row 30, column 7) and (row 37, column 14)
    assert found["solidity"] == pytest.approx(32 / (81 - 7 * 7 / 2), rel=0.1)
    assert found["centroid_row_px"] == pytest.approx((18 * 34 + 14 * 37.5) / 32)


def test_a_disc_is_round():
    found = rows()[12]
    assert found["area_px"] == pytest.approx(math.pi * 18**2, rel=0.01)
    assert found["major_axis_px"] == pytest.approx(36, rel=0.01) and found["eccentricity"] < 0.05
    assert found["perimeter_px"] == pytest.approx(2 * math.pi * 18, rel=0.06)
    assert found["solidity"] > 0.95


def test_a_pixel_in_the_corner_and_the_order_of_ids():
    assert list(rows()) == [3, 7, 12, 70000]
    found = rows()[70000]
    assert found["area_px"] == 1 and found["touches_border"] is True
    assert (found["centroid_row_px"], found["perimeter_px"]) == (0, 0)


def test_every_border_counts_as_one():
    for edge in (np.s_[0, 4], np.s_[-1, 4], np.s_[4, 0], np.s_[4, -1]):
        labels = np.zeros((9, 11), int)
        labels[edge] = 1
        labels[4, 4] = 2
        assert [row["touches_border"] for row in measure(labels)] == [True, False]


def test_micrometres_scale_lengths_once_and_areas_twice():
    known, unknown = rows(pixel_size_um=0.5), rows()
    for label, row in known.items():
        assert row["area_um2"] == row["area_px"] / 4 and row["pixel_size_um"] == 0.5
        for name in MICROMETRES[2:]:
            assert row[name] == row[f"{name[:-3]}_px"] / 2
        assert all(unknown[label][name] is None for name in MICROMETRES)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_intensities_are_those_of_each_cell(dtype):
    labels, picture = scene(), texture(80, 90).astype(dtype) * 250
    for row in measure(labels, picture):
        values = picture[labels == row["label"]].astype(float)  # the naive twin
        expected = (values.mean(), values.std(), values.min(), values.max(), values.sum())
        assert [row[name] for name in INTENSITY] == pytest.approx(expected)


def test_counts_are_whole_numbers():
    assert all(type(row["area_px"]) is int for row in rows().values())
    for dtype, kind in ((np.uint8, int), (np.int32, int), (np.float32, float)):
        for row in measure(scene(), texture(80, 90).astype(dtype)):
            assert {type(row[f"intensity_{name}"]) for name in ("min", "max", "sum")} == {kind}
            assert type(row["intensity_mean"]) is float


def test_a_frame_is_that_of_the_tracks(tmp_path):
    """The number of a mask that `track` wrote, where its tables stand beside it; else the page."""
    for name in ("mask007.tif", "cells7.tif"):
        tifffile.imwrite(tmp_path / name, np.eye(9, dtype=np.uint16))
    assert [row["frame"] for row in measure_files([tmp_path / "mask007.tif"], None, None)] == [0]
    (tmp_path / "res_track.txt").touch()
    assert [row["frame"] for row in measure_files([tmp_path / "mask007.tif"], None, None)] == [7]
    assert [row["frame"] for row in measure_files([tmp_path / "cells7.tif"], None, None)] == [0]


def test_nothing_to_measure():
    assert measure(np.zeros((5, 6), int)) == []


def test_files_planes_and_their_scale(tmp_path):
    stack = np.zeros((3, 20, 30), np.uint16)
    stack[0, 2:4, 3:6], stack[2, 5, 5], stack[2, 7, 7] = 4, 1, 9
    write_stack(tmp_path / "labels.tif", stack, "TYX")
    tifffile.imwrite(tmp_path / "grey.tif", texture(3, 20, 30), photometric="minisblack")
    tifffile.imwrite(tmp_path / "float.tif", stack[0].astype(np.float32))  # as Fiji saves 32-bit labels
    found = list(measure_files([tmp_path / "labels.tif"], [tmp_path / "grey.tif"], None))
    assert [(row["page"], row["frame"], row["label"]) for row in found] == [(0, 0, 4), (2, 2, 1), (2, 2, 9)]
    assert all(tuple(sorted(row)) == tuple(sorted(COLUMNS)) for row in found)
    assert found[0]["area_um2"] == pytest.approx(6 * 0.65**2)
    assert found[1]["intensity_mean"] == texture(3, 20, 30)[2, 5, 5]
    (row,) = measure_files([tmp_path / "float.tif"], None, 2.0)
    assert (row["label"], row["area_um2"]) == (4, 24.0)
    assert set(COLUMNS) == set(IDENTITY + SHAPE + MICROMETRES + INTENSITY)


def test_refusals(tmp_path):
    good, picture = tmp_path / "good.tif", texture(20, 30)
    tifffile.imwrite(good, np.eye(20, 30, dtype=np.uint16))
    bad = {
        "a mask, not labels": (picture > 9).astype(np.uint8) * 255,
        "holds fractions": picture + np.float32(0.5),
        "negative id -1": picture.astype(np.int16) - 1 - picture.min(),
        "is in colour": texture(20, 30, 3),
    }
    for message, array in bad.items():
        tifffile.imwrite(tmp_path / "bad.tif", array, photometric="rgb" if array.ndim == 3 else "minisblack")
        with pytest.raises((MeasureError, ImageError), match=message):
            list(measure_files([tmp_path / "bad.tif"], None, None))
    tifffile.imwrite(tmp_path / "small.tif", picture[:9])
    with pytest.raises(MeasureError, match=r"small\.tif: planes × rows × columns are 1×9×30, but 1×20×30"):
        list(measure_files([good], [tmp_path / "small.tif"], None))
    with pytest.raises(PairingError, match=r"good\.tif: no image of this name among the 2 that were given"):
        list(measure_files([good], [tmp_path / "other.tif", tmp_path / "another.tif"], None))
    with pytest.raises(ImageError, match="neither TIFF nor PNG"):
        (tmp_path / "text.tif").write_text("no image")
        list(measure_files([tmp_path / "text.tif"], None, None))


def test_files_are_paired_by_name_in_whatever_order_they_come(tmp_path):
    labels, pictures = [], []
    for frame in range(1, 12):
        labels.append(tmp_path / f"t{frame}_labels.tif")
        pictures.append(tmp_path / f"t{frame}.tif")
        tifffile.imwrite(labels[-1], np.eye(9, dtype=np.uint16))
        tifffile.imwrite(pictures[-1], np.full((9, 9), 10 * frame, np.uint8))
    rows = list(measure_files(sorted(labels, key=str), pictures[::-1], None))
    assert [row["file"] for row in rows] == [str(path) for path in labels]  # t2 before t10
    assert [row["intensity_mean"] for row in rows] == [10 * frame for frame in range(1, 12)]


def test_a_mask_is_measured_as_its_components_when_that_is_asked_for(tmp_path):
    mask = np.zeros((30, 90), np.uint8)
    mask[5:10, 5:10], mask[5:10, 40:45], mask[20:25, 80:85] = 1, 1, 1
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    with pytest.raises(MeasureError, match=r"id 1 is in 3 pieces far apart: a mask, .* add --masks"):
        measure_file(tmp_path / "mask.tif", None, None)
    rows = measure_file(tmp_path / "mask.tif", None, None, masks=True)
    assert [(row["label"], row["area_px"]) for row in rows] == [(1, 25), (2, 25), (3, 25)]
