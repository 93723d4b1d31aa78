"""The eight symmetries of the square: turned and mirrored arrays, their inverses, and turned views of planes."""

from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unetlib.imaging.planes import Readable

Array = TypeVar("Array", Tensor, NDArray[Any])


def dihedral(array: Array, turn: int) -> Array:
    """Return the last two axes turned by one of the 8 symmetries of the square (0 = unchanged).

    turn % 4 quarter turns from the first to the second axis, then from turn 4 on a flip of the last axis. Of a NumPy
    array it is a view.
    """
    turned = _quarter_turns(array, _checked(turn) % 4)
    return _flipped(turned) if turn >= 4 else turned


def inverse_dihedral(array: Array, turn: int) -> Array:
    """Return the inverse of `dihedral` by this turn."""
    return _quarter_turns(_flipped(array) if _checked(turn) >= 4 else array, -(turn % 4))


class TurnedPlane:
    """A plane as `dihedral` turns it, read in parts."""

    def __init__(self, plane: Readable, turn: int) -> None:
        self.plane, self.turn = plane, turn
        height, width = plane.shape
        # where each pixel of the turned plane lies in the plane: views, which take no memory
        self._rows = dihedral(np.broadcast_to(np.arange(height)[:, None], (height, width)), turn)
        self._columns = dihedral(np.broadcast_to(np.arange(width), (height, width)), turn)
        self.shape = tuple(self._rows.shape)

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[Any]:
        """Return these rows and columns of the turned plane; slices with start and stop."""
        # the corners of a rectangle stay the corners of a rectangle, so they bound what must be read
        corners = np.ix_(*((each.start, each.stop - 1) for each in part))
        rows, columns = self._rows[corners], self._columns[corners]
        found = self.plane[slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)]
        return dihedral(found, self.turn)


def _checked(turn: int) -> int:
    if not 0 <= turn < 8:
        raise ValueError(f"turn is {turn}; the square has symmetries 0 to 7")
    return turn


def _quarter_turns(array: Array, count: int) -> Array:
    if isinstance(array, Tensor):
        return torch.rot90(array, count, (-2, -1))
    return np.rot90(array, count, (-2, -1))


def _flipped(array: Array) -> Array:
    if isinstance(array, Tensor):
        return torch.flip(array, (-1,))
    return np.flip(array, -1)
