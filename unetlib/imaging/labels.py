"""Instance labels: 2-D integer arrays in which 0 is background and every other value is one instance."""

import numpy as np

LARGEST_ID = 65535  # label images are stored as uint16


def relabel(labels: np.ndarray) -> np.ndarray:
    """Return the instances renumbered 1…n in the order of their ids, (H, W) uint16 (int32 beyond 65535 instances).

    >>> relabel(np.array([[0, 7, 7], [3, 0, 9]])).tolist()
    [[0, 2, 2], [1, 0, 3]]
    """
    if labels.size == 0:
        return labels.astype(np.uint16)
    # A lookup table is faster than np.unique, which sorts all pixels, unless the ids are far beyond the pixel count.
    high = int(labels.max())
    if high <= 4 * labels.size:
        present = np.bincount(labels.ravel(), minlength=1) > 0
        present[0] = False
        count, new_ids = int(present.sum()), np.cumsum(present) * present
        dtype = np.uint16 if count <= LARGEST_ID else np.int32
        return new_ids.astype(dtype)[labels]
    ids, inverse = np.unique(labels, return_inverse=True)
    inverse = inverse.reshape(labels.shape) + (ids[0] != 0)
    return inverse.astype(np.uint16 if inverse.max() <= LARGEST_ID else np.int32)


def boxes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids present, (n,), and their bounding boxes (n, 4) int64: first row, end row, first and end column."""
    from scipy import ndimage  # imported here, because jobs that only read datasets need no SciPy

    found = ndimage.find_objects(labels)
    ids = [i for i, box in enumerate(found, start=1) if box is not None]
    edges = [(r.start, r.stop, c.start, c.stop) for r, c in (found[i - 1] for i in ids)]
    return np.array(ids, dtype=np.int64), np.array(edges, dtype=np.int64).reshape(-1, 4)


def separate_touching(labels: np.ndarray) -> np.ndarray:
    """Return the labels with a 1-px background gap between touching instances, same dtype, (H, W).

    A pixel becomes background if one of its 8-neighbours earlier in scan order (NW, N, NE, W) belongs to another
    instance of the given labels (lmb-freiburg/Unet-Segmentation, TrainingSample.java). Afterwards no 4- or 8-connected
    component of the mask contains pixels of two instances.

    >>> separate_touching(np.array([[1, 1, 2, 2], [1, 1, 2, 2]])).tolist()
    [[1, 1, 0, 2], [1, 0, 0, 2]]
    """
    gap = np.zeros(labels.shape, dtype=bool)
    for here, before in (
        (np.s_[1:, 1:], np.s_[:-1, :-1]),
        (np.s_[1:, :], np.s_[:-1, :]),
        (np.s_[1:, :-1], np.s_[:-1, 1:]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        gap[here] |= (labels[before] != labels[here]) & (labels[before] > 0)
    return np.where(gap, labels.dtype.type(0), labels)
