"""Where tiles are cut: frames by their objects, tiles by foreground pixels, each against counting by hand."""

from collections import Counter

import numpy as np
import pytest

from unetlib.training.cached_variants import Variants
from unetlib.training.crops import Crops
from unetlib.training.settings import RunSettings

TILE = 12


def frame(objects, height=40, width=50, variants=1):
    """A frame of square objects of 2×2 px in a row, the same in each variant."""
    mask = np.zeros((variants, height, width), np.uint8)
    for number in range(objects):
        mask[:, 20:22, 4 * number + 1 : 4 * number + 3] = 1
    return Variants("a", mask * 100, mask, np.ones(mask.shape, np.float16))


def crops(sources, size=50, policy="full", **batch):
    settings = {"batch": {"tile_px": TILE, "size": size, **batch}, "augmentation": {"policy": policy}}
    return Crops(sources, RunSettings.read(settings), seed=3)


def test_frames_are_as_likely_as_they_have_objects():
    source = [frame(1), frame(0), frame(6), frame(3)]
    drawn = Counter(
        crop.frame for update in range(100) for crop in crops([source], draw_frames_by="objects").of(update)
    )
    for place, share in enumerate((0.1, 0, 0.6, 0.3)):
        assert drawn[place] / 5000 == pytest.approx(share, abs=0.03)
    plain = Counter(crop.frame for update in range(100) for crop in crops([source]).of(update))
    assert all(plain[place] / 5000 == pytest.approx(0.25, abs=0.03) for place in range(4))


def test_objects_are_counted_in_the_frame_itself_and_apart_in_each_source():
    """A diagonal neighbour is another object, as it is for predicted instances; sources stay equally likely."""
    diagonal = frame(0)
    diagonal.mask[0, 3, 3] = diagonal.mask[0, 4, 4] = 1
    drawn = crops([[diagonal, frame(1)], [frame(2), frame(1), frame(1)]], draw_frames_by="objects")
    assert [before.tolist() for before in drawn.objects_before] == [[2, 3], [2, 3, 4]]
    sources = Counter(crop.source for update in range(40) for crop in drawn.of(update))
    assert sources[0] / 2000 == pytest.approx(0.5, abs=0.05)


def test_a_source_without_objects_is_refused():
    with pytest.raises(ValueError, match=r"no object in its training frames; set batch\.draw_frames_by to frame"):
        crops([[frame(1)], [frame(0)]], draw_frames_by="objects")


def test_every_tile_by_the_foreground_has_its_pixel_in_the_middle():
    source = frame(0)
    places = [(20, 25), (0, 0), (39, 49), (7, 30)]
    for place in places:
        source.mask[0][place] = 1
    drawn = [crop for update in range(8) for crop in crops([[source]], foreground_share=1.0).of(update)]
    found = Counter((crop.row, crop.column) for crop in drawn)
    expected = {(14, 19), (0, 0), (28, 38), (1, 24)}  # the two corners are moved inside
    assert set(found) == expected and min(found.values()) > 400 / 8
    for crop in drawn:
        tile = source.mask[0][crop.row : crop.row + TILE, crop.column : crop.column + TILE]
        assert tile.shape == (TILE, TILE) and tile.any()


def test_a_share_of_the_tiles_is_centred_on_foreground():
    source = frame(0, 200, 200)
    source.mask[0, 100, 100] = 1
    drawn = [crop for update in range(40) for crop in crops([[source]], foreground_share=0.3).of(update)]
    centred = sum((crop.row, crop.column) == (94, 94) for crop in drawn)
    assert centred / len(drawn) == pytest.approx(0.3, abs=0.04)
    assert len({(crop.row, crop.column) for crop in drawn}) > 1000, "the others are anywhere"


def test_the_foreground_is_that_of_the_variant():
    source = frame(0, variants=2)
    source.mask[0, 10, 10] = source.mask[1, 30, 40] = 1
    drawn = crops([[source]], foreground_share=1.0).of(0)
    assert {(crop.variant, crop.row, crop.column) for crop in drawn} == {(0, 4, 4), (1, 24, 34)}


def test_small_images_and_images_without_foreground_are_as_without_the_option():
    small, empty = frame(1, height=10, width=30), frame(0)
    small.mask[0, 5, 29] = 1
    for crop in crops([[small]], foreground_share=1.0).of(0):
        assert crop.row == -1 and 0 <= crop.column <= 18
    starts = {(crop.row, crop.column) for crop in crops([[empty]], foreground_share=1.0).of(0)}
    assert len(starts) > 30


def test_a_batch_depends_on_seed_and_update_alone():
    how = {"draw_frames_by": "objects", "foreground_share": 0.5}
    one, other = (crops([[frame(2), frame(5)]], **how) for _ in range(2))
    other.of(0)
    assert one.of(7) == other.of(7) != one.of(8)
