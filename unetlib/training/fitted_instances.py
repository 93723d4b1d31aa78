"""How probabilities become cells, fitted to labelled images that train a network: smallest cell, watershed depth."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.subsets import evenly_spaced
from unetlib.evaluation.image_metrics import score_image
from unetlib.imaging.instances import foreground_plane, instances_from_probability
from unetlib.imaging.settings import InstanceSettings
from unetlib.networks.predict_images import BinnedImages, predict_images
from unetlib.networks.settings import ComputeSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork

DEPTHS_PX = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
LOOKED_AT = 8  # at most so many images choose
GAIN = 0.01  # of SEG + mAP: what another depth must be better by
SMALL = 5  # percentile of the areas of labelled cells that counts as that of a small cell
LEAST, MOST = 0.1, 0.5  # of it: the least and the largest area that a cell must have; smaller ones may be specks

Found = tuple[NDArray[np.float32], NDArray[np.integer], NDArray[np.bool_] | None]


def fitted(
    network: TrainedNetwork, dataset: Dataset, frames: Sequence[str], how: PredictionSettings, compute: ComputeSettings
) -> PredictionSettings:
    """Return prediction settings that suit the cells of these frames, which are those that trained the network.

    The smallest cell that is kept moves to between LEAST and MOST of a small labelled cell's area. The depth of a
    watershed is the one with the best SEG + mAP on at most LOOKED_AT frames. All else stays, also for networks whose
    cells are not parted by a watershed of their mask.
    """
    chosen = evenly_spaced(list(frames), LOOKED_AT)
    truths = {frame: dataset.best_truth(frame) for frame in chosen}
    areas = [area for labels, _ in truths.values() for area in np.bincount(labels.ravel())[1:] if area]
    instances = how.instances
    if areas:
        small = float(np.percentile(areas, SMALL))
        kept = int(np.clip(instances.min_area_px, LEAST * small, max(MOST * small, 1)))
        instances = instances.model_copy(update={"min_area_px": kept})
    if instances.seeds is None and instances.watershed_depth_px > 0:
        images = BinnedImages([dataset.folder]).of({dataset.folder.name: chosen})
        planes = predict_images(network, images, how.inference, compute).values()
        found = [(foreground_plane(each), *truth) for each, truth in zip(planes, truths.values(), strict=True)]
        instances = _best(found, list(_depths(instances)))
    return how.model_copy(update={"instances": instances})


def _depths(instances: InstanceSettings) -> Iterator[InstanceSettings]:
    """Yield the settings themselves, then those of other depths."""
    yield instances
    for depth in DEPTHS_PX:
        if depth != instances.watershed_depth_px:
            yield instances.model_copy(update={"watershed_depth_px": depth})


def _best(found: Sequence[Found], grid: Sequence[InstanceSettings]) -> InstanceSettings:
    """Return the best of the grid on these probabilities and truths; the first unless another is better by GAIN."""
    means = [float(np.mean([_score(*each, how) for each in found])) for how in grid]
    best = int(np.argmax(means))
    return grid[best] if means[best] > means[0] + GAIN else grid[0]


def _score(
    probability: NDArray[np.float32],
    labels: NDArray[np.integer],
    ignore: NDArray[np.bool_] | None,
    how: InstanceSettings,
) -> float:
    instances = instances_from_probability(probability, how)
    row = score_image(labels, instances, predicted_mask=probability >= how.threshold, ignore=ignore)
    return row["seg"] + row["map"]


def told(before: InstanceSettings, after: InstanceSettings) -> str:
    """Return in words what has changed, "" where nothing has."""
    parts = []
    if after.min_area_px != before.min_area_px:
        parts.append(f"smallest cell {after.min_area_px} px instead of {before.min_area_px}")
    if after.watershed_depth_px != before.watershed_depth_px:
        parts.append(f"watershed depth {after.watershed_depth_px:g} px instead of {before.watershed_depth_px:g}")
    return ", ".join(parts)
