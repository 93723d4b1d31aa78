"""Is it an instance image? Asked of the structure of the labels, wherever label images come in.

Masks, class maps and soft-edged masks hold whole numbers as well, but each of their numbers stands for many cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

PIECE_SHARE = 0.1  # a piece counts from this share of the largest of its id; smaller ones are slips of the hand
FEW_IDS = 10  # a class map has no more
VERY_FEW_IDS = 3  # with more, a cell may lie on another, or fill the image
LEAST_SHARE = 0.05  # of the foreground: an id that covers less does not decide
APART = 0.5  # pieces are far apart from a gap of this share of the longest side of the largest
MANY_PIECES = 5  # so many pieces are no cell, however near, unless they all lie within SPAN times the largest
SPAN = 1.5
LARGE = 0.25  # of the image: an id that reaches the edges and covers more is no cell
FULL = (255, 65535)  # what masks of 8 and 16 bit are saved with


@dataclass(frozen=True)
class Ids:
    """The ids of a label image, (n,) each: their pieces, whether these are of several cells, and their pixels."""

    ids: NDArray[np.int64]
    pieces: NDArray[np.int64]
    scattered: NDArray[np.bool_]
    area: NDArray[np.int64]


def instance_fault(labels: NDArray[np.integer]) -> str:
    """Return why whole numbers, (H, W), 0 = background, cannot be instances, or "" where they can.

    A fault is an id in several pieces far apart where that is not the exception; a large id that reaches four edges
    (three, where it is alone), or an id within another, where there are two or three; a background with an id; and a
    single id of 255 or 65535. A single cell, also in pieces that lie near each other, is none. None of the 1,746 label
    images of four public datasets (U373, GOWT1 and HeLa with their markers, DSB2018) has a fault.

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
    # A lone cell is seldom cut off on three sides; cells that have grown together are.
    if edges >= (3 if len(present) == 1 else 4) and len(present) <= VERY_FEW_IDS and not labels.all():
        share = float(np.mean(labels == widest))
        if share > LARGE:
            return f"id {widest} reaches {edges} edges and covers {share:.0%} of the image"
    if 1 < len(present) <= VERY_FEW_IDS and (pair := _nested(labels)):
        return f"id {pair[0]} lies within id {pair[1]}"
    return ""


def foreground(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the mask, (H, W), that values show: not 0; of a mask with soft edges, from half of its largest on.

    Edges are soft where values are fractions, or more than a class map has and each of them all over the image.
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
    """Return the 4-connected components, 1 … n, of the mask that values show (`foreground`)."""
    return np.asarray(ndimage.label(foreground(values))[0])


def pieces_far_apart(mask: NDArray[np.bool_]) -> int:
    """Return in how many pieces a mask, (H, W), is where they lie as several cells do; 1 where it can be one cell.

    >>> pieces_far_apart(np.array([[1, 0, 0, 1]], bool)), pieces_far_apart(np.array([[1, 1, 0, 0]], bool))
    (2, 1)
    """
    found = _ids(mask.astype(np.uint8))
    return int(found.pieces[0]) if found.scattered.any() else 1


def _scattered(found: Ids) -> str:
    """What makes the pieces of the ids those of several cells each, or ""."""
    share = found.area / found.area.sum()
    alone = found.scattered & (share >= LEAST_SHARE) & ((found.pieces > 2) | (len(found.ids) <= 2))
    few = len(found.ids) <= FEW_IDS and alone.any()
    if not few and found.scattered.mean() <= 0.5 and share[found.scattered].sum() <= 0.5:
        return ""
    worst = int(np.argmax(np.where(alone if few else found.scattered, found.pieces, 0)))
    return f"id {found.ids[worst]} is in {found.pieces[worst]} pieces far apart"


def _ids(labels: NDArray[np.integer]) -> Ids:
    """The ids and their 8-connected pieces."""
    from skimage.measure import label

    rows, columns = np.nonzero(labels)
    ids, names = np.unique(labels[rows, columns], return_inverse=True)
    compact = np.zeros(labels.shape, np.int32)
    compact[rows, columns] = names + 1
    piece = label(compact, connectivity=2, background=0)[rows, columns] - 1
    order = np.argsort(piece, kind="stable")
    area = np.bincount(piece)
    starts = np.cumsum(area) - area
    owner = names[order][starts]
    counts = area >= PIECE_SHARE * _largest(owner, area)[owner]
    boxes = np.stack(
        [way.reduceat(place[order], starts) for place in (rows, columns) for way in (np.minimum, np.maximum)], axis=1
    )
    by_owner = np.argsort(owner[counts], kind="stable")
    pieces = np.bincount(owner[counts], minlength=len(ids))
    groups = np.split(boxes[counts][by_owner], np.cumsum(pieces)[:-1])
    scattered = np.array([len(group) > 1 and _of_several_cells(group) for group in groups])
    return Ids(ids, pieces, scattered, np.bincount(owner, area).astype(np.int64))


def _of_several_cells(boxes: NDArray[np.int64]) -> bool:
    """Whether pieces, (n, 4) first and last row and column, lie as cells do and not as the pieces of one."""
    low, high = boxes[:, ::2], boxes[:, 1::2]
    side = int((high - low).max()) + 1
    if len(boxes) >= MANY_PIECES:
        return int((high.max(axis=0) - low.min(axis=0)).max()) + 1 > SPAN * side
    gaps = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2) - 1
    np.fill_diagonal(gaps, np.iinfo(np.int64).max)
    return bool(gaps.min(axis=1).max() > APART * side)


def _largest(owner: NDArray[np.int64], area: NDArray[np.int64]) -> NDArray[np.int64]:
    largest = np.zeros(owner.max() + 1, np.int64)
    np.maximum.at(largest, owner, area)
    return largest


def _widest(labels: NDArray[np.integer]) -> tuple[int, int]:
    """The id that reaches most of the four edges of the image, and how many; (0, 0) where none reaches any."""
    edges = [np.unique(edge) for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1])]
    ids, counts = np.unique(np.concatenate(edges), return_counts=True)
    counts[ids == 0] = 0
    most = int(np.argmax(counts))
    return (int(ids[most]), int(counts[most])) if counts[most] else (0, 0)


def _nested(labels: NDArray[np.integer]) -> tuple[int, int] | None:
    """An id whose neighbours over pixel sides are all of one other id, and that id; None where there is none."""
    neighbours: dict[int, set[int]] = {}
    for one, other in _contacts(np.pad(labels, 1)):
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    for own, others in sorted(neighbours.items()):
        if own and len(others) == 1 and 0 not in others:
            return own, others.pop()
    return None


def _contacts(labels: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    """The pairs of different values that meet over a pixel side."""
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        differ = one != other
        yield from map(tuple, np.unique(np.stack([one[differ], other[differ]], axis=1), axis=0).tolist())
