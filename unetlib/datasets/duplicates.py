"""Find frames that show the same image: identical pixels, or the same image with noise, other contrast or rotated."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.frames import FrameRecord

THUMBNAIL_PX = 32
SURROUNDINGS = 9  # side of the mean filter in thumbnail pixels: slower changes (illumination) are removed
# Least correlation between two thumbnails of the same image. In five public datasets (1,306 frames), thumbnails of
# different groups correlate by at most 0.50 in their best orientation. An image correlates with itself by 0.90 or more
# after 2 % noise, a gamma of 0.5 or 2, halving or a shift by 1 px; by 0.85 in the median after 10 % noise or 3 px.
LEAST_CORRELATION = 0.8
_ROWS = 1024  # rows of the correlation matrix that are held in memory at once


class ImageIdentity(NamedTuple):
    """What is compared between images: a checksum of the grey values, and a thumbnail of mean 0 and norm 1."""

    checksum: str
    thumbnail: NDArray[np.float32]


def identify(image: NDArray[np.generic]) -> ImageIdentity:
    """Return the identity of a grey image, (H, W); integers in 8 and 16 bits have the same identity."""
    whole = image.dtype.kind in "ui"
    values = image.astype(np.uint16) if whole else image.astype(np.float32)
    digest = hashlib.sha256(f"{values.dtype.str} {values.shape}".encode())
    digest.update(np.ascontiguousarray(values).tobytes())
    return ImageIdentity(digest.hexdigest(), _thumbnail(image))


def find_duplicates(
    identities: Mapping[str, ImageIdentity], groups: Mapping[str, str], *, near: bool = True
) -> dict[str, str]:
    """Return, for each frame that shows the same image as others, the first of these frames.

    Identical images are found everywhere. Similar ones, including rotated and mirrored copies, are searched (if
    `near`) only between different groups: frames of a movie resemble each other, and a split keeps them together.
    """
    first = {name: name for name in identities}
    for one, other in [*_equal(identities), *(_nearly_equal(identities, groups) if near else ())]:
        _join(first, one, other)
    roots = {name: _root(first, name) for name in identities}
    shared = {root for name, root in roots.items() if name != root}
    return {name: root for name, root in roots.items() if root in shared}


def joined_groups(groups: Mapping[str, str], duplicates: Mapping[str, str]) -> dict[str, str]:
    """Return the group of each frame, after single-frame groups have joined a group that shows the same image.

    Groups of several frames, which somebody put into one folder, are not merged; a split handles the images that they
    share.
    """
    sizes = Counter(groups.values())
    alike: dict[str, list[str]] = defaultdict(list)
    for name, first in duplicates.items():
        alike[first].append(name)
    joined = dict(groups)
    for names in alike.values():
        own = {groups[name] for name in names}
        target = min(own, key=lambda group: (sizes[group] == 1, group))
        joined.update({name: target for name in names if sizes[groups[name]] == 1})
    return joined


def group_duplicates(
    frames: Sequence[FrameRecord], identities: Mapping[str, ImageIdentity], *, near: bool = True
) -> list[FrameRecord]:
    """Return the frames with joined groups, the first frame of each frame's duplicates, and the image's checksum."""
    groups = {frame.frame: frame.group for frame in frames}
    duplicates = find_duplicates(identities, groups, near=near)
    joined = joined_groups(groups, duplicates)
    return [
        replace(
            frame,
            group=joined[frame.frame],
            duplicate_of=duplicates.get(frame.frame, ""),
            image_sha256=identities[frame.frame].checksum,
        )
        for frame in frames
    ]


def _equal(identities: Mapping[str, ImageIdentity]) -> Iterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for name, found in identities.items():
        if found.checksum in known:
            yield known[found.checksum], name
        known.setdefault(found.checksum, name)


def _nearly_equal(identities: Mapping[str, ImageIdentity], groups: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    sizes = sorted({found.thumbnail.shape for found in identities.values()})
    for size in sizes:
        names = [name for name, found in identities.items() if found.thumbnail.shape == size]
        stack = np.stack([identities[name].thumbnail for name in names])
        _, group = np.unique([groups[name] for name in names], return_inverse=True)
        flat = stack.reshape(len(names), -1)
        # Thumbnails have norm 1, so that a matrix product gives all correlations at once.
        for start in range(0, len(names), _ROWS):
            rows = slice(start, start + _ROWS)
            highest = np.max([flat[rows] @ turned.reshape(len(names), -1).T for turned in _turned(stack)], axis=0)
            highest[group[rows, None] == group[None, :]] = 0
            for i, j in np.argwhere(highest >= LEAST_CORRELATION):
                yield names[start + int(i)], names[int(j)]


def _turned(stack: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Yield the thumbnails in all orientations: the 8 symmetries of a square, or the 4 of a rectangle."""
    step = 1 if stack.shape[1] == stack.shape[2] else 2
    for mirrored in (stack, stack[:, :, ::-1]):
        for turns in range(0, 4, step):
            yield np.rot90(mirrored, turns, axes=(1, 2))


def _thumbnail(image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return up to 32×32 block means without slow changes, of mean 0 and norm 1 (all 0 if nothing is left)."""
    edges = [np.linspace(0, side, min(side, THUMBNAIL_PX) + 1).astype(int) for side in image.shape]
    sums = image.astype(np.float64)
    for axis, edge in enumerate(edges):
        sums = np.add.reduceat(sums, edge[:-1], axis=axis)
    means = sums / np.outer(*map(np.diff, edges))
    even = means - _illumination(means)
    rest = even - ndimage.uniform_filter(even, SURROUNDINGS, mode="nearest")
    rest -= rest.mean()
    length = float(np.linalg.norm(rest))
    still = length <= 1e-6 * float(np.abs(means).max(initial=1.0)) * means.size**0.5  # only rounding errors are left
    return np.zeros(rest.shape, np.float32) if still else (rest / length).astype(np.float32)


def _illumination(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the best-fitting quadratic surface; without removing it, the local mean is biased at the edges."""
    rows, columns = (np.linspace(-1, 1, side) for side in means.shape)
    terms = [np.multiply.outer(rows**i, columns**j).ravel() for i in range(3) for j in range(3 - i)]
    surface = np.stack(terms, axis=1)
    weights = np.linalg.lstsq(surface, means.ravel(), rcond=None)[0]
    return np.asarray((surface @ weights).reshape(means.shape))


def _root(first: dict[str, str], name: str) -> str:
    while first[name] != name:
        name = first[name]
    return name


def _join(first: dict[str, str], one: str, other: str) -> None:
    low, high = sorted((_root(first, one), _root(first, other)))
    first[high] = low
