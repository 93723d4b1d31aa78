"""The eight symmetries of the square: turns and mirror images of arrays, their inverses, and planes read turned."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unetlib.networks.blockwise import Readable


def dihedral(array: Tensor, turn: int) -> Tensor:
    """Return the last two axes flipped and turned by one of the 8 symmetries of the square (0 = unchanged)."""
    if not 0 <= turn < 8:
        raise ValueError(f"turn is {turn}; the square has symmetries 0 to 7")
    turned = torch.rot90(array, turn % 4, (-2, -1))
    return turned.flip(-1) if turn >= 4 else turned


def inverse_dihedral(array: Tensor, turn: int) -> Tensor:
    """Returns the array whose `augment.dihedral` by this turn was given."""
    return torch.rot90(array.flip(-1) if turn >= 4 else array, -(turn % 4), (-2, -1))


class TurnedPlane:
    """A plane as `augment.dihedral` turns it, read in parts."""

    def __init__(self, plane: Readable, turn: int) -> None:
        self.plane, self.turn = plane, turn
        self.shape = _turned_shape(plane.shape, turn)

    def __getitem__(self, part: tuple[slice, slice], /) -> NDArray[Any]:
        """Return these rows and columns of the turned plane; slices with start and stop."""
        # where the corners lie in the plane says which part of it holds them
        (top, bottom), (left, right) = ((each.start, each.stop - 1) for each in part)
        rows, columns = self._place(np.array([top, bottom]), np.array([left, right]))
        found = self.plane[slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)]
        return _turned(found, self.turn)

    def _place(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where pixels of the turned plane lie in the plane."""
        height, width = self.shape
        if self.turn >= 4:  # turned last: a mirror image
            columns = width - 1 - columns
        for _ in range(self.turn % 4):  # a quarter turn back
            rows, columns, height, width = columns, height - 1 - rows, width, height
        return rows, columns


def _turned_shape(shape: tuple[int, ...], turn: int) -> tuple[int, ...]:
    return (shape[1], shape[0]) if turn % 2 else tuple(shape)


def _turned(array: NDArray[Any], turn: int) -> NDArray[Any]:
    """A view of the array, turned as `augment.dihedral` does."""
    turned = np.rot90(array, turn % 4)
    return turned[:, ::-1] if turn >= 4 else turned
