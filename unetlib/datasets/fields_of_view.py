"""Group images of the same field of view: tiles whose edges continue each other, and repeated views."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

EDGE_CORRELATION = 0.9  # least correlation between the last row (column) of one tile and the first of the next
EDGE_RESIDUAL = 0.4  # most mean absolute difference between the two, in units of the larger standard deviation
EDGE_RIVAL = 0.7  # 1 − correlation must be at most this share of that of either edge's second-best match
VIEW_CORRELATION = 0.9  # least correlation between two 16×16 thumbnails of the same view
THUMBNAIL_PX = 16


def group_by_field(images: Mapping[str, np.ndarray], kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the group of each grey image: the first name (sorted) among the images of its field of view.

    Two images of the same size and kind are linked if their edges continue each other (each is by far the other's best
    match, by the constants above) or if their thumbnails agree; connected images are a group. Tiles that meet in empty
    background are not linked, but share no object. The corrected DSB2018 training set (664 images) has 264 groups:
    76 of four images (fields cut into 2×2 tiles), 131 single images; the largest has 16 (4×4).
    """
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for name in sorted(images):
        alike[(images[name].shape, kinds[name])].append(name)
    group = {name: name for name in images}
    for names in alike.values():
        stack = [images[name] for name in names]
        for i, j in [*_adjacent(stack), *_same_view(stack)]:
            one, other = sorted((group[names[i]], group[names[j]]))
            if one != other:
                group.update({name: one for name in names if group[name] == other})
    return group


def _adjacent(images: Sequence[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Yield (i, j) if image j continues image i to the right or below."""
    for end, start in ((np.s_[:, -1], np.s_[:, 0]), (np.s_[-1], np.s_[0])):
        ends = np.stack([image[end] for image in images]).astype(np.float64)
        starts = np.stack([image[start] for image in images]).astype(np.float64)
        correlation = _standard(ends) @ _standard(starts).T
        np.fill_diagonal(correlation, -1.0)
        best_start, best_end = correlation.argmax(axis=1), correlation.argmax(axis=0)
        for i, j in enumerate(best_start):
            best = correlation[i, j]
            if best_end[j] != i or best < EDGE_CORRELATION:
                continue
            rival = max(np.delete(correlation[i], j).max(), np.delete(correlation[:, j], i).max())
            if 1.0 - best > EDGE_RIVAL * (1.0 - rival):
                continue
            spread = max(ends[i].std(), starts[j].std())
            if np.abs(ends[i] - starts[j]).mean() <= EDGE_RESIDUAL * spread:
                yield i, int(j)


def _same_view(images: Sequence[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Yield the pairs (i, j), i < j, whose thumbnails correlate."""
    thumbnails = np.stack([_thumbnail(image).ravel() for image in images])
    correlation = _standard(thumbnails) @ _standard(thumbnails).T
    for i, j in np.argwhere(np.triu(correlation, 1) >= VIEW_CORRELATION):
        yield int(i), int(j)


def _thumbnail(image: np.ndarray) -> np.ndarray:
    """Return up to 16×16 means of equal blocks (remaining rows and columns at the end are left out)."""
    rows, columns = (min(THUMBNAIL_PX, n) for n in image.shape)
    height, width = (n // k for n, k in zip(image.shape, (rows, columns), strict=True))
    cut = image[: rows * height, : columns * width].astype(np.float64)
    return cut.reshape(rows, height, columns, width).mean(axis=(1, 3))


def _standard(rows: np.ndarray) -> np.ndarray:
    """Return the rows with mean 0 and norm 1, so that their products are correlations; constant rows become 0."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(length > 1e-9, length, 1.0) * (length > 1e-9)
