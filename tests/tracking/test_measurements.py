"""Cells measured against shapes whose numbers are known from geometry."""

import math

import numpy as np
import pytest
from builders.archives import texture

from unetlib.tracking.measurements import INTENSITY, MICROMETRES, measure


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


def test_nothing_to_measure():
    assert measure(np.zeros((5, 6), int)) == []
