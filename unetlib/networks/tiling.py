"""Overlap-tile geometry in integers (Ronneberger 2015, figure 2): sizes, mirrored borders, tile plans."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


class TileError(ValueError):
    """A size does not fit the network's pooling grid."""


def step_px(depth: int) -> int:
    """Side of one bottom-level pixel in image pixels: 2^(depth−1), 16 for the paper's five levels."""
    if depth < 1:
        raise TileError(f"a network has at least one level, found depth {depth}; set depth to 1 or more")
    return int(2 ** (depth - 1))


def context_px(depth: int) -> int:
    """Border that an unpadded network loses on each side: 6·2^(depth−1) − 4, 92 for five levels."""
    return 6 * step_px(depth) - 4


def valid_output(input_px: int, depth: int) -> int:
    """Output side of the unpadded network for an input side (572 → 388); TileError where it does not fit."""
    size = input_px
    for _ in range(depth - 1):
        size -= 4
        if size <= 0 or size % 2:
            raise TileError(_no_fit(input_px, depth))
        size //= 2
    size -= 4
    for _ in range(depth - 1):
        size = 2 * size - 4
    if size <= 0:
        raise TileError(_no_fit(input_px, depth))
    return size


def _no_fit(input_px: int, depth: int) -> str:
    rule = f"{step_px(depth)}k+{smallest_output(depth) + 2 * context_px(depth)}"
    return f"an input of {input_px} px does not fit {depth} unpadded levels; take {rule} px (k ≥ 0)"


def valid_input(output_px: int, depth: int) -> int:
    """Input side that the unpadded network turns into exactly `output_px` (388 → 572); else TileError."""
    if not is_valid_output(output_px, depth):
        rule = f"{step_px(depth)}k+{smallest_output(depth)}"
        raise TileError(f"no input gives {output_px} px at depth {depth}; take an output of the form {rule} (k ≥ 0)")
    return output_px + 2 * context_px(depth)


def smallest_output(depth: int) -> int:
    """The smallest output side of the unpadded network (4 px for three levels and more)."""
    return (4 - 1) % step_px(depth) + 1


def is_valid_output(px: int, depth: int) -> bool:
    """Whether some input gives an unpadded output of `px`: px = 16k+4 for five levels."""
    smallest = smallest_output(depth)
    return px >= smallest and (px - smallest) % step_px(depth) == 0


def mirror_index(start: int, stop: int, n: int) -> np.ndarray:
    """Indices into n samples of positions start..stop−1, mirrored without end, the edge not repeated (int64).

    >>> mirror_index(-3, 6, 3).tolist()
    [1, 2, 1, 0, 1, 2, 1, 0, 1]
    """
    if n < 1:
        raise TileError(f"cannot mirror {n} samples; give an image of at least 1 px")
    period = max(2 * (n - 1), 1)
    position = np.arange(start, stop) % period
    return np.minimum(position, period - position) if n > 1 else position


@dataclass(frozen=True)
class Tile:
    """One pass: its output starts at image (row, column); output[crop] is kept as image[target]."""

    row: int
    column: int
    target: tuple[slice, slice]
    crop: tuple[slice, slice]


@dataclass(frozen=True)
class Plan:
    """All tiles of one image; every tile has the same input shape, so that they can share a batch.

    `input_px` = (rows, columns) to feed; `context_px` = mirrored border around the kept output, each side.
    """

    height: int
    width: int
    input_px: tuple[int, int]
    context_px: int
    tiles: tuple[Tile, ...]

    def source(self, tile: Tile) -> tuple[np.ndarray, np.ndarray]:
        """Mirrored row and column indices of a tile's input: `image[np.ix_(*plan.source(tile))]`."""
        row, column = tile.row - self.context_px, tile.column - self.context_px
        return (
            mirror_index(row, row + self.input_px[0], self.height),
            mirror_index(column, column + self.input_px[1], self.width),
        )


def plan(height: int, width: int, *, depth: int, padding: str, tile_px: int) -> Plan:
    """The plan that keeps each of height × width pixels exactly once, in tiles of output side ≤ `tile_px`.

    Offsets are multiples of 2^(depth−1), so that pooling cells fall alike in every tile: for the unpadded
    network tiled equals untiled. Each axis takes the smallest side that needs no more tiles than `tile_px`
    (520 rows at 388: two of 276). Padding "same" feeds a margin of context_px(depth) + 4, a multiple of the
    grid, which keeps the zero padding out of every kept pixel (up-convolution; bilinear reaches further).
    """
    if height < 1 or width < 1:
        raise TileError(f"cannot tile an image of {height}×{width} px; give at least 1×1")
    step = step_px(depth)
    smallest = smallest_output(depth) if padding == "valid" else step
    border = context_px(depth) if padding == "valid" else 6 * step
    offset = 0 if padding == "valid" else border
    side_rows, rows = _spans(height, tile_px, smallest, step)
    side_columns, columns = _spans(width, tile_px, smallest, step)
    tiles = tuple(
        Tile(
            row=r0,
            column=c0,
            target=(slice(r0, r1), slice(c0, c1)),
            crop=(slice(offset, offset + r1 - r0), slice(offset, offset + c1 - c0)),
        )
        for r0, r1 in rows
        for c0, c1 in columns
    )
    return Plan(height, width, (side_rows + 2 * border, side_columns + 2 * border), border, tiles)


def _spans(length: int, tile_px: int, smallest: int, step: int) -> tuple[int, list[tuple[int, int]]]:
    """Side of the tiles along one axis, and the kept part (start, stop) of each."""
    sides = list(_sides(tile_px, smallest, step, length))
    if not sides:
        need = smallest if length <= smallest else smallest + step * (smallest < step)
        raise TileError(f"a tile of {tile_px} px is too small for an image of {length} px; take {need} px or more")
    fewest = _count(length, sides[-1], step)
    side = next(side for side in sides if _count(length, side, step) == fewest)
    last = -(-max(length - side, 0) // step)  # in steps of the grid: the first start that reaches the end
    # evenly spaced starts, rounded down to the grid; each tile keeps its part up to the next start
    starts = [step * (i * last // max(fewest - 1, 1)) for i in range(fewest)]
    return side, list(zip(starts, [*starts[1:], length], strict=True))


def _sides(tile_px: int, smallest: int, step: int, length: int) -> Iterator[int]:
    """Valid output sides up to `tile_px`, rising, that can cover `length` from starts on the grid."""
    for side in range(smallest, tile_px + 1, step):
        if side >= min(length, step):
            yield side


def _count(length: int, side: int, step: int) -> int:
    """Tiles of `side` that cover `length` when they start on the grid."""
    last = -(-max(length - side, 0) // step)  # ceiling division
    return 1 + -(-last // max(side // step, 1))


def takes_tile(side_px: int, *, depth: int, padding: str) -> bool:
    """Return whether a network takes output tiles of this side."""
    return is_valid_output(side_px, depth) if padding == "valid" else side_px % step_px(depth) == 0


def largest_tile(side_px: int, *, depth: int, padding: str) -> int:
    """Return the largest output tile of at most this side that a network takes, or its smallest one.

    >>> largest_tile(388, depth=5, padding="same"), largest_tile(384, depth=5, padding="valid")
    (384, 372)
    """
    sides = [side for side in range(1, side_px + 1) if takes_tile(side, depth=depth, padding=padding)]
    return sides[-1] if sides else smallest_output(depth) if padding == "valid" else step_px(depth)
