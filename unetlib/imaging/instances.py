"""Instances from a foreground probability: connected components as in the paper, or split by watershed.

A network with distance targets gives two planes (2, H, W): the foreground probability, and the height of each pixel
within its cell, from which the seeds of a watershed are taken (`seeds`). Any other network gives one, (H, W).

A plane is labelled in strips of rows, so that memory stays bounded; an image in memory is a single strip.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.imaging.labels import LARGEST_ID, relabel
from unetlib.imaging.planes import STRIP_PX, Readable, strips
from unetlib.imaging.seeds import split_by_seeds
from unetlib.imaging.settings import InstanceSettings
from unetlib.imaging.watershed import split_touching


class InstanceError(ValueError):
    """Planes that instances cannot be found in as the settings say."""


def foreground_plane(planes: NDArray[Any]) -> NDArray[Any]:
    """Return the foreground probability, (H, W), of what a network gives, (H, W) or (2, H, W)."""
    return planes if planes.ndim == 2 else planes[0]


def instances_from_probability(probability: NDArray[Any], settings: InstanceSettings) -> NDArray[Any]:
    """Return the instances of a probability (H, W), numbered 1…n, as uint16 (int32 beyond 65535 instances).

    Instances are the 4-connected components of probability ≥ threshold, numbered in scan order. 4-connectivity keeps
    instances apart that the 1-px gap of the training labels separates only diagonally. With watershed_depth_px > 0,
    components are split at necks deeper than this (`watershed.split_touching` documents the order of the ids). With
    seeds, which need two planes (2, H, W), components that hold several are split (`seeds.split_by_seeds`).
    Instances smaller than min_area_px pixels are dropped. InstanceError for seeds without the plane that has them.
    """
    labels = np.empty(probability.shape[-2:], np.int32)
    count = label_plane(probability, labels, settings, strip_px=max(labels.size, 1))
    return labels.astype(np.uint16) if count <= LARGEST_ID else labels


def label_plane(
    planes: NDArray[Any], out: NDArray[Any], settings: InstanceSettings, *, strip_px: int = STRIP_PX
) -> int:
    """Write the instances of a network's planes, as by `instances_from_probability`, into `out` (H, W).

    Returns their number. Memory: one strip, and 50 bytes per component before small ones are dropped; a watershed needs
    memory in proportion to the largest component. All may be memory-mapped.
    """
    parts, seeds = strips(out.shape, strip_px), settings.seeds
    if seeds and planes.ndim == 2:
        raise InstanceError("instances grow from seeds, but the network has no distance targets; use another method")
    count = _components(foreground_plane(planes), out, settings, parts)
    if seeds or settings.watershed_depth_px > 0:
        if seeds:
            count = split_by_seeds(out, planes[1], depth=seeds.depth, smoothing_px=seeds.smoothing_px)
        else:
            count = split_touching(out, settings.watershed_depth_px)
        if settings.min_area_px > 1:
            areas = sum((np.bincount(out[rows].ravel(), minlength=count + 1) for rows in parts), np.int64(0))
            count = _renumber(out, parts, *_final_ids(np.asarray(areas), [], settings.min_area_px))
    return count


def remove_small(labels: NDArray[Any], min_area_px: int) -> NDArray[Any]:
    """Return the instances of at least `min_area_px` pixels, (H, W), renumbered 1…n in order if any was removed."""
    if min_area_px > 1 and labels.any():
        small = np.bincount(labels.ravel()) < min_area_px
        small[0] = False
        if small[labels].any():
            return relabel(np.where(small[labels], labels.dtype.type(0), labels))
    return labels


def _components(probability: Readable, out: NDArray[Any], settings: InstanceSettings, parts: list[slice]) -> int:
    """Write the connected components of at least min_area_px pixels into `out`; return their number."""
    areas: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    joined: list[NDArray[np.int64]] = []
    count = 0
    for rows in parts:
        found, here = ndimage.label(probability[rows, :] >= settings.threshold)
        if settings.min_area_px > 1:
            areas.append(np.bincount(found.ravel(), minlength=here + 1)[1:])
        else:  # every component is large enough, so that areas need not be counted
            areas.append(np.ones(here, np.int64))
        if rows.start:
            found[found > 0] += count
            # Components that touch the last row of the strip above are parts of the same instance.
            above, below = out[rows.start - 1].astype(np.int64), found[0].astype(np.int64)
            touching = (above > 0) & (below > 0)
            joined.append(np.unique(np.stack([above[touching], below[touching]], axis=1), axis=0))
        out[rows] = found
        count += here
    return _renumber(out, parts, *_final_ids(np.concatenate(areas), joined, settings.min_area_px))


def _renumber(out: NDArray[Any], parts: list[slice], ids: NDArray[np.int64], kept: int) -> int:
    """Replace each provisional id of `out` by its final one, in place; return the number of instances kept."""
    if kept < len(ids) - 1:
        final = ids.astype(out.dtype)
        for rows in parts:
            out[rows] = final[out[rows]]
    return kept


def _final_ids(
    areas: NDArray[np.int64], joined: list[NDArray[np.int64]], min_area_px: int
) -> tuple[NDArray[np.int64], int]:
    """Return the final id of each provisional one, and the number of final ids.

    Joined parts get the same id, small instances 0; ids follow scan order.
    """
    # Union-find over the pairs of touching parts. Only parts that were joined to a smaller id have an entry.
    root: dict[int, int] = {}

    def find(node: int) -> int:
        while node in root:
            root[node] = root.get(root[node], root[node])  # path halving
            node = root[node]
        return node

    for pairs in joined:
        for above, below in pairs.tolist():
            first, second = sorted((find(above), find(below)))
            if first != second:
                root[second] = first  # the smaller id comes first in scan order
    roots = np.arange(len(areas))
    roots[list(root)] = [find(node) for node in list(root)]
    total = np.bincount(roots, weights=areas, minlength=len(areas))
    keep = (roots == np.arange(len(roots))) & (total >= max(min_area_px, 1))
    keep[0] = False
    return (np.cumsum(keep) * keep)[roots], int(keep.sum())
