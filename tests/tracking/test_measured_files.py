"""Tables of label files: pages, frames and z planes, scale, pairs of files, and what is refused."""

import numpy as np
import pytest
import tifffile
from builders.archives import texture
from builders.images import write_stack
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from unetlib.io.axes import Choice
from unetlib.io.images import ImageError
from unetlib.io.pairing import PairingError
from unetlib.tracking.label_files import AS_LABELS, LabelError, LabelOptions
from unetlib.tracking.measured_files import COLUMNS, IDENTITY, MeasureError, measure_file, pair
from unetlib.tracking.measurements import INTENSITY, MICROMETRES, SHAPE


def rows_of(path, intensity=None, pixel_size_um=None, options=AS_LABELS):
    return measure_file(path, intensity, pixel_size_um, options).rows


def test_a_frame_is_that_of_the_tracks(tmp_path):
    """The number of a mask that `track` wrote, where its tables stand beside it; else the page."""
    for name in ("mask007.tif", "cells7.tif"):
        tifffile.imwrite(tmp_path / name, np.eye(9, dtype=np.uint16))
    assert [row["frame"] for row in rows_of(tmp_path / "mask007.tif")] == [0]
    (tmp_path / "res_track.txt").touch()
    assert [row["frame"] for row in rows_of(tmp_path / "mask007.tif")] == [7]
    assert [row["frame"] for row in rows_of(tmp_path / "cells7.tif")] == [0]


def test_files_planes_and_their_scale(tmp_path):
    stack = np.zeros((3, 20, 30), np.uint16)
    stack[0, 2:4, 3:6], stack[2, 5, 5], stack[2, 7, 7] = 4, 1, 9
    write_stack(tmp_path / "labels.tif", stack, "TYX")
    tifffile.imwrite(tmp_path / "grey.tif", texture(3, 20, 30), photometric="minisblack")
    tifffile.imwrite(tmp_path / "float.tif", stack[0].astype(np.float32))  # as Fiji saves 32-bit labels
    found = rows_of(tmp_path / "labels.tif", tmp_path / "grey.tif")
    assert [(row["page"], row["frame"], row["label"]) for row in found] == [(0, 0, 4), (2, 2, 1), (2, 2, 9)]
    assert all(tuple(sorted(row)) == tuple(sorted(COLUMNS)) for row in found)
    assert found[0]["area_um2"] == pytest.approx(6 * 0.65**2)
    assert found[1]["intensity_mean"] == texture(3, 20, 30)[2, 5, 5]
    (row,) = rows_of(tmp_path / "float.tif", pixel_size_um=2.0)
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
        with pytest.raises((LabelError, ImageError), match=message):
            rows_of(tmp_path / "bad.tif")
    tifffile.imwrite(tmp_path / "small.tif", picture[:9])
    with pytest.raises(MeasureError, match=r"small\.tif: planes × rows × columns are 1×9×30, but 1×20×30"):
        rows_of(good, tmp_path / "small.tif")
    with pytest.raises(PairingError, match=r"good\.tif: no image of this name among the 2 that were given"):
        pair([good], [tmp_path / "other.tif", tmp_path / "another.tif"])
    with pytest.raises(ImageError, match="neither TIFF nor PNG"):
        (tmp_path / "text.tif").write_text("no image")
        rows_of(tmp_path / "text.tif")


def test_files_are_paired_by_name_in_whatever_order_they_come(tmp_path):
    labels, pictures = [], []
    for frame in range(1, 12):
        labels.append(tmp_path / f"t{frame}_labels.tif")
        pictures.append(tmp_path / f"t{frame}.tif")
        tifffile.imwrite(labels[-1], np.eye(9, dtype=np.uint16))
        tifffile.imwrite(pictures[-1], np.full((9, 9), 10 * frame, np.uint8))
    paired = pair(sorted(labels, key=str), pictures[::-1])
    assert paired == dict(zip(labels, pictures, strict=True))
    assert [rows_of(label, paired[label])[0]["intensity_mean"] for label in labels] == [10 * n for n in range(1, 12)]


def test_a_mask_is_measured_as_its_components_when_that_is_asked_for(tmp_path):
    mask = np.zeros((30, 90), np.uint8)
    mask[5:10, 5:10], mask[5:10, 40:45], mask[20:25, 80:85] = 1, 1, 1
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    with pytest.raises(LabelError, match=r"id 1 is in 3 pieces far apart: a mask, .* add --masks"):
        rows_of(tmp_path / "mask.tif")
    rows = rows_of(tmp_path / "mask.tif", options=LabelOptions(masks=True))
    assert [(row["label"], row["area_px"]) for row in rows] == [(1, 25), (2, 25), (3, 25)]


def one_cell_per_page(*lengths):
    """Label planes (…, 20, 30), each with one cell, of the size of its page's number."""
    stack = np.zeros((*lengths, 20, 30), np.uint16)
    for page, plane in enumerate(stack.reshape(-1, 20, 30)):
        plane[4, : page + 1] = 1
    return stack


@pytest.mark.parametrize(
    ("axes", "lengths", "places"),
    [
        ("TZ", (2, 3), [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]),
        ("Z", (3,), [(0, 0), (0, 1), (0, 2)]),
        ("T", (3,), [(0, None), (1, None), (2, None)]),
    ],
)
def test_every_page_has_its_frame_and_z_plane(tmp_path, axes, lengths, places):
    path = write_stack(tmp_path / "labels.tif", one_cell_per_page(*lengths), f"{axes}YX")
    found = rows_of(path)
    assert [(row["frame"], row["z"]) for row in found] == places
    assert [row["area_px"] for row in found] == [row["page"] + 1 for row in found] == list(range(1, len(places) + 1))


def test_a_stack_without_names_is_a_movie(tmp_path):
    tifffile.imwrite(tmp_path / "labels.tif", one_cell_per_page(5), photometric="minisblack")
    assert [(row["page"], row["frame"], row["z"]) for row in rows_of(tmp_path / "labels.tif")] == [
        (page, page, None) for page in range(5)
    ]


def test_a_z_plane_and_a_channel_are_chosen_of_what_has_several(tmp_path):
    """Labels of one z plane, made by `predict --z 2`, and labels of all, with an image of 3 frames and 2 z planes."""
    grey = np.arange(6, dtype=np.uint16).reshape(3, 2, 1, 1) * 10 + np.zeros((20, 30), np.uint16)
    image = write_stack(tmp_path / "grey.tif", grey, "TZYX")
    of_one = write_stack(tmp_path / "one.tif", one_cell_per_page(3), "TYX")
    of_all = write_stack(tmp_path / "all.tif", one_cell_per_page(3, 2), "TZYX")
    options = LabelOptions(Choice(z=2))
    assert [row["intensity_mean"] for row in rows_of(of_one, image, options=options)] == [10, 30, 50]
    found = rows_of(of_all, image, options=options)
    assert [(row["area_px"], row["intensity_mean"]) for row in found] == [(2, 10), (4, 30), (6, 50)]
    both = write_stack(tmp_path / "both.tif", one_cell_per_page(3, 2), "TCYX")
    with pytest.raises(ImageError, match=r"both\.tif: has 2 channels; choose one: --channel 1 to 2"):
        rows_of(both)
    assert [row["area_px"] for row in rows_of(both, options=LabelOptions(Choice(channel=2)))] == [2, 4, 6]


def write(path, array, unit, resolution, **metadata):
    tifffile.imwrite(path, array, imagej=True, resolution=resolution, metadata={"unit": unit, **metadata})
    return path


def test_what_is_said_of_the_scale(tmp_path):
    cells = np.eye(9, dtype=np.uint16)
    odd = write(tmp_path / "odd.tif", cells, "furlong", (2, 2))
    good = write(tmp_path / "good.tif", cells, "um", (2, 2))
    other = write(tmp_path / "other.tif", cells, "um", (4, 4))
    remedy = "give its pixel size by --pixel-size (in a dataset's options: pixel_size_um)"
    said = f"{odd}: its unit of length, 'furlong', is not known; {remedy}"
    assert measure_file(odd, None, None).notes == measure_file(odd, odd, None).notes[:1] == (said,)
    assert measure_file(odd, None, 0.5).notes == ()
    assert measure_file(odd, good, None).notes == ()  # the image says it
    assert measure_file(odd, good, None).rows[0]["pixel_size_um"] == 0.5
    (note,) = measure_file(good, other, None).notes
    assert note == f"{good}: its pixels are 0.5 µm, which counts, but 0.25 µm in {other}; --pixel-size overrules both"
    assert measure_file(good, other, 0.5).notes == ()


STORED = st.sampled_from(["uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"])
ODD = [np.nan, np.inf, -np.inf, 0.5, -1.0, 2.0**63, 2.0**64 - 2048, 2.0**53, 70000.0, 1e30]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORED, st.lists(st.sampled_from([*range(6), *ODD]), min_size=1, max_size=4), st.booleans())
def test_every_cell_is_in_the_table_under_its_stored_id_or_the_file_is_refused(tmp_path, dtype, values, masks):
    """Whatever numbers a program stores: none is rounded, wrapped or left out without a word."""
    limit = np.iinfo(dtype) if np.dtype(dtype).kind in "ui" else None
    assume(limit is None or all(each == each // 1 and limit.min <= each <= int(limit.max) for each in values))
    stored = np.zeros((9, 40), dtype)
    for number, value in enumerate(values):
        stored[2:5, 8 * number + 2 : 8 * number + 6] = int(value) if limit else value
    tifffile.imwrite(tmp_path / "labels.tif", stored)
    try:
        found = rows_of(tmp_path / "labels.tif", options=LabelOptions(masks=masks))
    except LabelError as error:
        assert "\n" not in str(error) and not (masks and np.isfinite(stored).all())
        return
    assert np.isfinite(stored).all()
    if not masks:
        assert [row["label"] for row in found] == sorted({int(each) for each in stored[stored != 0]})


def test_grey_values_that_are_not_numbers_are_said(tmp_path):
    labels = np.zeros((9, 20), np.uint16)
    labels[2:5, 2:5], labels[2:5, 9:12] = 1, 2
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    for value in (np.nan, np.inf):
        picture = texture(9, 20).astype(np.float32)
        picture[0, 0] = value  # outside of the cells
        tifffile.imwrite(tmp_path / "grey.tif", picture)
        assert measure_file(tmp_path / "labels.tif", tmp_path / "grey.tif", None).notes == ()
        picture[3, 3] = value
        tifffile.imwrite(tmp_path / "grey.tif", picture)
        (note,) = measure_file(tmp_path / "labels.tif", tmp_path / "grey.tif", None).notes
        assert note == f"{tmp_path / 'grey.tif'}: 1 cell with NaN or infinity among the grey values, as in the table"
