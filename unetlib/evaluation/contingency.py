"""The overlap table of two label images, from which all instance scores are computed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.labels import relabel

DENSE_CELLS = 1 << 22  # a table of up to this many cells is counted densely, a larger one by sorting


class ScoreError(ValueError):
    """A pair of images that cannot be scored."""


@dataclass(frozen=True)
class Contingency:
    """The non-zero cells of the overlap table of two label images, and the sizes of their labels, all int64.

    `overlap[k]` pixels have the true label `row[k]` and the predicted label `column[k]`. Labels are renumbered
    0…n in the order of their ids, 0 = background. `row_size[i]` and `column_size[j]` are the pixels of each label.
    """

    row: np.ndarray
    column: np.ndarray
    overlap: np.ndarray
    row_size: np.ndarray
    column_size: np.ndarray

    @property
    def pixels(self) -> int:
        """The number of pixels counted."""
        return int(self.overlap.sum())

    def keep(self, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> "Contingency":
        """Return the table in which all other labels are background, as if counted from the changed images.

        rows and columns say which labels to keep, (n + 1,) each in the order of the table.
        """
        if rows.all() and columns.all():
            return self
        new_row, new_column = (np.cumsum(kept) - kept[0] for kept in (rows, columns))
        row = np.where(rows, new_row, 0)[self.row]
        column = np.where(columns, new_column, 0)[self.column]
        return _table(row, column, self.overlap, int(new_row[-1]) + 1, int(new_column[-1]) + 1)


def contingency(truth: np.ndarray, predicted: np.ndarray) -> Contingency:
    """Count the overlap table of two label images of equal shape (any); ScoreError if the shapes differ."""
    if truth.shape != predicted.shape:
        raise ScoreError(f"truth is {truth.shape} but the prediction is {predicted.shape}; score equal sizes")
    true, guess = truth.ravel(), predicted.ravel()
    starts = _run_starts(true, guess)  # counting runs instead of pixels: 7.7 → 1.2 ms for 576×720 px, 400 objects
    lengths = np.diff(starts, append=truth.size)
    rows, columns = relabel(true[starts]).astype(np.int64), relabel(guess[starts])
    return _table(rows, columns, lengths, int(rows.max(initial=0)) + 1, int(columns.max(initial=0)) + 1)


def majority(table: Contingency) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, column and overlap of each true object and the predicted object that covers more than half of it.

    This is the Cell Tracking Challenge's matching rule; a predicted object may cover several true ones.
    """
    row, column, overlap = object_pairs(table)
    covers = 2 * overlap > table.row_size[row]
    return row[covers], column[covers], overlap[covers]


def object_pairs(table: Contingency) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, column and overlap of every pair of a true and a predicted object that share a pixel."""
    both = (table.row > 0) & (table.column > 0)
    return table.row[both], table.column[both], table.overlap[both]


def _table(row: np.ndarray, column: np.ndarray, pixels: np.ndarray, height: int, width: int) -> Contingency:
    """Sum the pixels of equal pairs (row, column) into a table of height × width labels."""
    place = row * width  # one integer per pair, so that pairs can be counted or sorted at once
    place += column
    if height * width <= DENSE_CELLS:
        counts = np.bincount(place, pixels, minlength=height * width)
        cells = np.flatnonzero(counts)
        overlap = counts[cells]
    else:
        cells, found = np.unique(place, return_inverse=True)
        overlap = np.bincount(found, pixels, minlength=len(cells))
    row, column = np.divmod(cells, width)
    row_size = np.bincount(row, overlap, minlength=height).astype(np.int64)
    column_size = np.bincount(column, overlap, minlength=width).astype(np.int64)
    return Contingency(row, column, overlap.astype(np.int64), row_size, column_size)


def _run_starts(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the indices at which runs of equal pairs begin in two arrays of equal length, (runs,)."""
    begins = np.ones(one.shape, dtype=bool)
    np.not_equal(one[1:], one[:-1], out=begins[1:])
    begins[1:] |= other[1:] != other[:-1]
    return np.flatnonzero(begins)
