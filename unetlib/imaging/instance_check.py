"""Tell instance labels from masks and class maps by their structure, wherever label images are read.

Masks, class maps and masks with soft edges are whole numbers as well, but each of their values covers many cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

PIECE_SHARE = 0.1  # pieces below this share of the id's largest piece are annotation slips and are ignored
FEW_IDS = 10  # a class map has at most this many values
VERY_FEW_IDS = 3  # with more ids than this, a cell may lie within another one or fill the image
LEAST_SHARE = 0.05  # of the foreground: ids that cover less are not considered
APART = 0.5  # pieces are far apart if the gap exceeds this share of the longest side of the largest piece
MANY_PIECES = 5  # this many pieces are not one cell, unless they all lie within SPAN times the largest piece
SPAN = 1.5
LARGE = 0.25  # of the image: an id that reaches the edges and covers more than this is not a cell
FULL = (255, 65535)  # the foreground value of masks saved in 8 and 16 bits


@dataclass(frozen=True)
class Ids:
    """The n ids of a label image, with arrays (n,): number of pieces, whether these are several cells, pixel count."""

    ids: NDArray[np.int64]
    pieces: NDArray[np.int64]
    scattered: NDArray[np.bool_]
    area: NDArray[np.int64]


def instance_fault(labels: NDArray[np.integer]) -> str:
    """Return why whole numbers, (H, W), 0 = background, cannot be instance labels, or "" if they can.

    These are faults: ids in several pieces far apart, unless they are exceptions; with at most three ids, a large one
    that reaches four edges (three if it is the only id), or one that lies within another; a background that has an id;
    a single id of 255 or 65535. A single cell is not a fault, even in several pieces, if they lie close together. None
    of the 1,746 label images of four public datasets (U373, GOWT1 and HeLa with their markers, DSB2018) has a fault.

    >>> instance_fault(np.array([[1, 0, 0, 2]]))
    ''
    >>> instance_fault(np.array([[1, 0, 0, 1]]))
    'id 1 is in 2 pieces far apart'
    """
    present = np.unique(labels)
    present = present[present > 0]
    if not len(present):
        return ""
    if len(present) == 1 and labels.dtype.itemsize <= 2 and present[0] == np.iinfo(labels.dtype).max in FULL:
        return f"it holds 0 and {present[0]} only"
    if fault := _scattered(_ids(labels)):
        return fault
    widest, edges = _widest(labels)
    if edges == 4 and len(present) > 1 and labels.all():
        return f"no pixel is 0, and id {widest} reaches all four edges"
    # A single cell is rarely cut off on three sides; touching cells under one id often are.
    if edges >= (3 if len(present) == 1 else 4) and len(present) <= VERY_FEW_IDS and not labels.all():
        share = float(np.mean(labels == widest))
        if share > LARGE:
            return f"id {widest} reaches {edges} edges and covers {share:.0%} of the image"
    if 1 < len(present) <= VERY_FEW_IDS and (pair := _nested(labels)):
        return f"id {pair[0]} lies within id {pair[1]}"
    return ""


def foreground(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the mask, (H, W), that the values represent: values other than 0, or ≥ half the maximum for soft edges.

    Edges are soft if values are fractions, or if there are more of them than in a class map, scattered over the image.
    """
    mask = np.asarray(values != 0)
    if values.dtype.kind == "b" or not mask.any():
        return mask
    if values.dtype.kind == "f":
        soft = not np.array_equal(values, np.floor(values))
    else:
        soft = len(np.unique(values[mask])) > FEW_IDS and bool(_scattered(_ids(values)))
    return np.asarray(values >= values.max() / 2) if soft else mask


def instances_of_mask(values: NDArray[Any]) -> NDArray[np.int32]:
    """Return the 4-connected components, 1 … n, of the mask that the values represent (`foreground`)."""
    return np.asarray(ndimage.label(foreground(values))[0])


def pieces_far_apart(mask: NDArray[np.bool_]) -> int:
    """Return the number of pieces of a mask, (H, W), if they lie apart like several cells; 1 if it can be one cell.

    >>> pieces_far_apart(np.array([[1, 0, 0, 1]], bool)), pieces_far_apart(np.array([[1, 1, 0, 0]], bool))
    (2, 1)
    """
    found = _ids(mask.astype(np.uint8))
    return int(found.pieces[0]) if found.scattered.any() else 1


def _scattered(found: Ids) -> str:
    """Return why the ids cover several cells each, or "" if they do not."""
    # Either one of a few ids is enough (a class map), or most ids or most of the foreground (a mask with soft edges).
    share = found.area / found.area.sum()
    alone = found.scattered & (share >= LEAST_SHARE) & ((found.pieces > 2) | (len(found.ids) <= 2))
    few = len(found.ids) <= FEW_IDS and alone.any()
    if not few and found.scattered.mean() <= 0.5 and share[found.scattered].sum() <= 0.5:
        return ""
    worst = int(np.argmax(np.where(alone if few else found.scattered, found.pieces, 0)))
    return f"id {found.ids[worst]} is in {found.pieces[worst]} pieces far apart"


def _ids(labels: NDArray[np.integer]) -> Ids:
    """Return the ids and their 8-connected pieces."""
    from skimage.measure import label

    rows, columns = np.nonzero(labels)
    ids, names = np.unique(labels[rows, columns], return_inverse=True)
    # skimage's label separates touching pieces of different ids, so that one pass finds the pieces of every id.
    compact = np.zeros(labels.shape, np.int32)
    compact[rows, columns] = names + 1
    piece = label(compact, connectivity=2, background=0)[rows, columns] - 1
    order = np.argsort(piece, kind="stable")
    area = np.bincount(piece)
    starts = np.cumsum(area) - area
    owner = names[order][starts]
    counts = area >= PIECE_SHARE * _largest(owner, area)[owner]
    # Bounding boxes: minimum and maximum of the coordinates over the pixels of each piece, which are sorted by piece.
    boxes = np.stack(
        [way.reduceat(place[order], starts) for place in (rows, columns) for way in (np.minimum, np.maximum)], axis=1
    )
    by_owner = np.argsort(owner[counts], kind="stable")
    pieces = np.bincount(owner[counts], minlength=len(ids))
    groups = np.split(boxes[counts][by_owner], np.cumsum(pieces)[:-1])
    scattered = np.array([len(group) > 1 and _of_several_cells(group) for group in groups])
    return Ids(ids, pieces, scattered, np.bincount(owner, area).astype(np.int64))


def _of_several_cells(boxes: NDArray[np.int64]) -> bool:
    """Return whether pieces, (n, 4) first and last row and column, lie apart like cells, not like parts of one cell."""
    low, high = boxes[:, ::2], boxes[:, 1::2]
    side = int((high - low).max()) + 1
    if len(boxes) >= MANY_PIECES:
        return int((high.max(axis=0) - low.min(axis=0)).max()) + 1 > SPAN * side
    # Gap between every two boxes; a piece is far apart if even its nearest neighbour is beyond the limit.
    gaps = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2) - 1
    np.fill_diagonal(gaps, np.iinfo(np.int64).max)
    return bool(gaps.min(axis=1).max() > APART * side)


def _largest(owner: NDArray[np.int64], area: NDArray[np.int64]) -> NDArray[np.int64]:
    largest = np.zeros(owner.max() + 1, np.int64)
    np.maximum.at(largest, owner, area)
    return largest


def _widest(labels: NDArray[np.integer]) -> tuple[int, int]:
    """Return the id that touches most of the image's four edges, and how many; (0, 0) if none touches an edge."""
    edges = [np.unique(edge) for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1])]
    ids, counts = np.unique(np.concatenate(edges), return_counts=True)
    counts[ids == 0] = 0
    most = int(np.argmax(counts))
    return (int(ids[most]), int(counts[most])) if counts[most] else (0, 0)


def _nested(labels: NDArray[np.integer]) -> tuple[int, int] | None:
    """Return an id whose 4-connected neighbours all have one other id, and that id; None if there is no such pair."""
    neighbours: dict[int, set[int]] = {}
    # Padding makes the outside of the image a neighbour, 0: an id at the edge is not enclosed.
    for one, other in _contacts(np.pad(labels, 1)):
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    for own, others in sorted(neighbours.items()):
        if own and len(others) == 1 and 0 not in others:
            return own, others.pop()
    return None


def _contacts(labels: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of different values that are 4-connected neighbours."""
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        differ = one != other
        yield from map(tuple, np.unique(np.stack([one[differ], other[differ]], axis=1), axis=0).tolist())
