"""tiles: sizes against a level-by-level walk, plans against a count of every pixel."""

import doctest

import numpy as np
import pytest

from unetlib.networks import tiling

SIZES = (1, 2, 3, 4, 5, 15, 16, 17, 19, 20, 21, 33, 64, 100, 187, 388, 389, 520, 696)


def walk(input_px: int, depth: int) -> int | None:
    """The network's size, convolution by convolution; None where pooling or a convolution does not fit."""
    size, skips = input_px, []
    for level in range(depth):
        for _ in range(2):
            size -= 2
        if size <= 0:
            return None
        if level < depth - 1:
            skips.append(size)
            if size % 2:
                return None
            size //= 2
    for skip in reversed(skips):
        size *= 2
        assert (skip - size) % 2 == 0, "the crop is centred"
        size -= 4
    return size if size > 0 else None


def test_paper_sizes() -> None:
    assert tiling.valid_output(572, 5) == 388
    assert tiling.valid_input(388, 5) == 572
    assert tiling.context_px(5) == 92
    for k in range(40):
        assert tiling.valid_output(16 * k + 188, 5) == 16 * k + 4


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 6])
def test_sizes_equal_the_walk(depth: int) -> None:
    outputs = set()
    for input_px in range(1, 700):
        expected = walk(input_px, depth)
        if expected is None:
            with pytest.raises(tiling.TileError, match=f"{input_px} px does not fit"):
                tiling.valid_output(input_px, depth)
            continue
        outputs.add(expected)
        assert tiling.valid_output(input_px, depth) == expected
        assert tiling.valid_input(expected, depth) == input_px
        assert input_px - expected == 2 * tiling.context_px(depth)
    assert outputs and min(outputs) == tiling.smallest_output(depth)
    for px in range(-3, max(outputs)):
        assert tiling.is_valid_output(px, depth) == (px in outputs)
        if px not in outputs:
            with pytest.raises(tiling.TileError):
                tiling.valid_input(px, depth)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 50])
def test_mirror_index_walks_back_and_forth(n: int) -> None:
    index = tiling.mirror_index(-120, 130, n)
    position, direction, forward = 0, 1, []
    for _ in range(130):
        forward.append(position)
        if not 0 <= position + direction < n:
            direction = -direction
        position += direction if n > 1 else 0
    np.testing.assert_array_equal(index[120:], forward)
    np.testing.assert_array_equal(index[120::-1], forward[:121])
    if n >= 3:
        padded = np.pad(np.arange(n), n - 1, "reflect")
        np.testing.assert_array_equal(tiling.mirror_index(1 - n, 2 * n - 1, n), padded)


def check_plan(height: int, width: int, depth: int, padding: str, tile_px: int) -> tiling.Plan:
    plan = tiling.plan(height, width, depth=depth, padding=padding, tile_px=tile_px)
    step, kept = tiling.step_px(depth), np.zeros((height, width), int)
    sides = [px - 2 * plan.context_px for px in plan.input_px]
    assert max(sides) <= tile_px
    if padding == "valid":
        network_output = [tiling.valid_output(px, depth) for px in plan.input_px]
    else:
        assert plan.context_px % step == 0 and plan.context_px >= tiling.context_px(depth) + 2
        assert all(px % step == 0 for px in plan.input_px)
        network_output = list(plan.input_px)
    for tile in plan.tiles:
        kept[tile.target] += 1
        assert kept[tile.target].size, "no tile is fed for nothing"
        for axis, origin in enumerate((tile.row, tile.column)):
            target, crop = tile.target[axis], tile.crop[axis]
            assert origin % step == 0 and origin >= 0
            assert 0 <= crop.start < crop.stop <= network_output[axis]
            assert crop.stop - crop.start == target.stop - target.start
            border = plan.context_px if padding == "same" else 0
            assert target.start - crop.start == origin - border, "output pixel i shows image pixel origin + i"
        for index, size, n in zip(plan.source(tile), plan.input_px, (height, width), strict=True):
            assert len(index) == size and index.min() >= 0 and index.max() < n
    assert (kept == 1).all(), "every pixel exactly once"
    return plan


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_plan_keeps_every_pixel_once(depth: int, padding: str) -> None:
    random = np.random.default_rng(depth)
    for tile_px in (32, 36, 100, 388):
        for height in SIZES:
            check_plan(height, int(random.choice(SIZES)), depth, padding, tile_px)


def test_plan_feeds_what_the_output_shows() -> None:
    """A box of side 2·context+1 around each kept pixel lies in the tile's input, mirrored at the edge."""
    image = np.random.default_rng(0).random((50, 31))
    plan = tiling.plan(50, 31, depth=3, padding="valid", tile_px=16)
    context = tiling.context_px(3)
    mirrored = np.pad(image, context, "reflect") if context < 31 else None
    assert mirrored is not None and len(plan.tiles) > 4
    for tile in plan.tiles:
        window = image[np.ix_(*plan.source(tile))]
        rows, columns = (slice(s.start, s.stop + 2 * context) for s in tile.crop)
        expected = mirrored[
            tile.target[0].start : tile.target[0].stop + 2 * context,
            tile.target[1].start : tile.target[1].stop + 2 * context,
        ]
        np.testing.assert_array_equal(window[rows, columns], expected)


def test_plan_is_no_larger_than_it_must_be() -> None:
    small = check_plan(20, 3, 5, "valid", 388)
    assert small.input_px == (20 + 184, 4 + 184) and len(small.tiles) == 1
    u373 = check_plan(520, 696, 5, "valid", 388)
    assert len(u373.tiles) == 4
    assert u373.input_px == (276 + 184, 356 + 184)
    assert len(check_plan(388, 388, 5, "valid", 388).tiles) == 1
    assert len(check_plan(389, 388, 5, "valid", 388).tiles) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5, 5, "valid", 388), "0×5"),
        ((50, 5, 5, "valid", 4), "take 20 px or more"),
        ((5, 5, 5, "same", 15), "take 16 px or more"),
        ((5, 5, 0, "valid", 388), "depth 0"),
    ],
)
def test_bad_plans_say_why(arguments: tuple, message: str) -> None:
    height, width, depth, padding, tile_px = arguments
    with pytest.raises(tiling.TileError, match=message):
        tiling.plan(height, width, depth=depth, padding=padding, tile_px=tile_px)


def test_docstrings() -> None:
    assert doctest.testmod(tiling).failed == 0 and doctest.testmod(tiling).attempted > 0
