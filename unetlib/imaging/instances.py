"""Instances from a foreground probability: connected components as in the paper, or split by watershed.

A plane is labelled strip by strip: an image in memory is one strip, a plane in a file as many as fit into memory.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.imaging.labels import LARGEST_ID, relabel
from unetlib.imaging.planes import STRIP_PX, Readable, strips
from unetlib.imaging.settings import InstanceSettings
from unetlib.imaging.watershed import split_touching


def instances_from_probability(probability: NDArray[Any], settings: InstanceSettings) -> NDArray[Any]:
    """Return the instances of a probability (H, W), numbered 1…n, as uint16 (int32 beyond 65535 instances).

    They are the components of probability ≥ threshold that are connected over pixel sides, in scan order, so that
    instances stay apart which the 1-px gap of the training labels separates only diagonally. With a
    watershed_depth_px, components are cut at necks deeper than this (`watershed.split_touching`, which also says the
    order of the ids then). Instances under min_area_px pixels are dropped.
    """
    labels = np.empty(probability.shape, np.int32)
    count = label_plane(probability, labels, settings, strip_px=max(labels.size, 1))
    return labels.astype(np.uint16) if count <= LARGEST_ID else labels


def label_plane(
    probability: Readable, out: NDArray[Any], settings: InstanceSettings, *, strip_px: int = STRIP_PX
) -> int:
    """Write the instances of a plane, as `instances_from_probability` finds them, into `out` (H, W); return how many.

    Memory: a strip, and 50 bytes per component before the small ones are dropped; with a watershed what the largest
    component takes. `out` may be mapped.
    """
    parts = strips(probability.shape, strip_px)
    count = _components(probability, out, settings, parts)
    if settings.watershed_depth_px > 0:
        count = split_touching(out, settings.watershed_depth_px)
        if settings.min_area_px > 1:
            areas = sum((np.bincount(out[rows].ravel(), minlength=count + 1) for rows in parts), np.int64(0))
            count = _renumber(out, parts, *_final_ids(np.asarray(areas), [], settings.min_area_px))
    return count


def remove_small(labels: NDArray[Any], min_area_px: int) -> NDArray[Any]:
    """Return the instances of at least `min_area_px` pixels, (H, W), renumbered 1…n in order if any were removed."""
    if min_area_px > 1 and labels.any():
        small = np.bincount(labels.ravel()) < min_area_px
        small[0] = False
        if small[labels].any():
            return relabel(np.where(small[labels], labels.dtype.type(0), labels))
    return labels


def _components(probability: Readable, out: NDArray[Any], settings: InstanceSettings, parts: list[slice]) -> int:
    """Write the connected components of at least min_area_px pixels into `out`; return how many there are."""
    areas: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    joined: list[NDArray[np.int64]] = []
    count = 0
    for rows in parts:
        found, here = ndimage.label(probability[rows, :] >= settings.threshold)
        if settings.min_area_px > 1:
            areas.append(np.bincount(found.ravel(), minlength=here + 1)[1:])
        else:  # every component is large enough
            areas.append(np.ones(here, np.int64))
        if rows.start:
            found[found > 0] += count
            above, below = out[rows.start - 1].astype(np.int64), found[0].astype(np.int64)
            touching = (above > 0) & (below > 0)
            joined.append(np.unique(np.stack([above[touching], below[touching]], axis=1), axis=0))
        out[rows] = found
        count += here
    return _renumber(out, parts, *_final_ids(np.concatenate(areas), joined, settings.min_area_px))


def _renumber(out: NDArray[Any], parts: list[slice], ids: NDArray[np.int64], kept: int) -> int:
    """Replace each id of `out` by its final one, in place; return how many instances are kept."""
    if kept < len(ids) - 1:
        final = ids.astype(out.dtype)
        for rows in parts:
            out[rows] = final[out[rows]]
    return kept


def _final_ids(
    areas: NDArray[np.int64], joined: list[NDArray[np.int64]], min_area_px: int
) -> tuple[NDArray[np.int64], int]:
    """The id of each provisional id, and their number: parts joined, the small ones 0, in scan order."""
    root: dict[int, int] = {}  # of those that were joined to a smaller id

    def find(node: int) -> int:
        while node in root:
            root[node] = root.get(root[node], root[node])
            node = root[node]
        return node

    for pairs in joined:
        for above, below in pairs.tolist():
            first, second = sorted((find(above), find(below)))
            if first != second:
                root[second] = first  # the smaller one comes first in scan order
    roots = np.arange(len(areas))
    roots[list(root)] = [find(node) for node in list(root)]
    total = np.bincount(roots, weights=areas, minlength=len(areas))
    keep = (roots == np.arange(len(roots))) & (total >= max(min_area_px, 1))
    keep[0] = False
    return (np.cumsum(keep) * keep)[roots], int(keep.sum())
