"""Predict one plane of a user's image: resample and bin it if needed, and bring the result back to full size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.normalisation import NormalisedPlane, statistics
from unetlib.imaging.planes import BinnedPlane, Readable, strips, upsample_rows
from unetlib.imaging.resampling import resample
from unetlib.networks.image_scale import ImageScale
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork

Allocate = Callable[[Any, tuple[int, ...]], NDArray[Any]]  # dtype, shape: an array, which may be a mapped file


@dataclass(frozen=True)
class PageBuffers:
    """Buffers for the steps of a page, reused for every page; None for a step that is skipped.

    image: the resampled plane; binned: the probability of its binned pixels; probability: of its own pixels. The latter
    two are (2, H, W) for a network with distance targets.
    """

    image: NDArray[Any] | None = None
    binned: NDArray[np.float32] | None = None
    probability: NDArray[np.float32] | None = None


def page_buffers(
    dtype: np.dtype[Any], scale: ImageScale, binning: int, allocate: Allocate, *, planes: tuple[int, ...] = ()
) -> PageBuffers:
    """Return the buffers for the pages of an image of this dtype; values that float32 does not hold stay float64.

    planes: as of the network's model.
    """
    rows, columns = scale.predicted
    binned = allocate(np.float32, (*planes, -(-rows // binning), -(-columns // binning))) if binning > 1 else None
    if not scale.resampled:
        return PageBuffers(binned=binned)
    image = allocate(np.promote_types(dtype, np.float32), scale.predicted)
    return PageBuffers(image, binned, allocate(np.float32, (*planes, *scale.predicted)))


def predict_page(
    network: TrainedNetwork,
    plane: Readable,
    settings: PredictionSettings,
    buffers: PageBuffers,
    out: NDArray[np.float32],
    report: Callable[[float], None],
) -> None:
    """Write the foreground probability of a plane (H, W) into `out` (H, W); report gets the share done after each tile.

    With distance targets `out` is (2, H, W), for the height too.
    The plane is resampled to the size of buffers.image, binned, normalised and predicted; its probability comes back
    the same way. Memory is that of a tile or a strip.
    """
    from unetlib.networks.predict import Tiling, count_tiles, predict

    stored = plane
    if buffers.image is not None:
        resample(plane, buffers.image)
        plane = buffers.image
    full = out if buffers.probability is None else buffers.probability
    binned = BinnedPlane(plane, settings.binning)
    tiling = Tiling(device=network.device, precision=network.precision)
    symmetries = settings.inference.test_time_augmentation
    tiles = count_tiles(network.model, binned.shape, tiling, symmetries=symmetries)
    done = iter(range(1, tiles + 1))
    by = stored if settings.normalisation == "unit_range" else binned  # resampled pixels are of another type
    predict(
        network.model,
        NormalisedPlane(binned, statistics(by, settings.normalisation)),
        tiling,
        symmetries=symmetries,
        out=full if buffers.binned is None else buffers.binned,
        report=lambda: report(next(done) / tiles),
    )
    if buffers.binned is not None:
        for small, large in zip(each_plane(buffers.binned), each_plane(full), strict=True):
            for rows in strips(large.shape):
                large[rows] = upsample_rows(small, settings.binning, rows, large.shape)
    if buffers.probability is not None:
        for found, own in zip(each_plane(buffers.probability), each_plane(out), strict=True):
            resample(found, own)


def each_plane(planes: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the planes (H, W) of an array (H, W) or (N, H, W), without a copy."""
    return [planes] if planes.ndim == 2 else list(planes)
