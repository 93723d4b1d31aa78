"""Select a network by its scores on whole validation images, predicted by overlap-tile without augmentation."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.binning import upsample
from unetlib.imaging.instances import foreground_plane
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.object_size import resized_planes
from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.predict import Tiling, predict
from unetlib.training.objective import Loss, ValidationScores
from unetlib.training.seen_images import seen_image
from unetlib.training.settings import RunSettings
from unetlib.training.variants import training_targets, warp

SURE = 1e-7  # probabilities are clipped this far from 0 and 1, where the logit is ±16


def dice(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Return the Dice of two masks, 1 if both are empty.

    A deliberate copy of the metric: a change of the scoring code must not invalidate trained networks.
    """
    both = int(truth.sum()) + int(predicted.sum())
    return 2 * int((truth & predicted).sum()) / both if both else 1.0


def iou(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Return the intersection over union of two masks, 1 if both are empty: D / (2 − D) for a Dice of D."""
    found = dice(truth, predicted)
    return found / (2 - found)


@dataclass(frozen=True)
class Targets:
    """The training target of an image at the network's resolution and the weight of each pixel, both (H', W')."""

    mask: NDArray[np.uint8]
    weight: NDArray[np.float32]

    def loss_of(self, probability: NDArray[np.float32], loss: Loss) -> float:
        """Return the loss of a foreground probability (H', W'), clipped to at least 1e-7 from 0 and 1."""
        margin = torch.from_numpy(probability).clamp(SURE, 1 - SURE).logit()
        logits = torch.stack([torch.zeros_like(margin), margin])[None]
        mask, weight = torch.from_numpy(self.mask).long(), torch.from_numpy(self.weight)
        return float(loss(logits, mask[None], weight[None]))


@dataclass(frozen=True)
class ValidationImage:
    """A normalised image at the network's resolution; its true mask and the pixels with known truth, both (H, W).

    The image and its targets, which the loss needs, are (⌈H/binning⌉, ⌈W/binning⌉), or of any size without a binning.
    """

    image: NDArray[np.float32]
    mask: NDArray[np.bool_]
    known: NDArray[np.bool_]
    binning: int | None = 1
    targets: Targets | None = None

    def at_full_size(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what a network gives for the image, (H', W') or (N, H', W'), at full size."""
        shape = self.mask.shape
        return resized_planes(planes, shape) if self.binning is None else upsample(planes, self.binning, shape)


def load(dataset: Dataset, frames: Sequence[str], settings: RunSettings) -> list[ValidationImage]:
    """Return the validation images of these frames, with gold truth if there is any, else silver.

    They have targets if the training selects by the loss.
    """
    images = []
    for frame in frames:
        labels, ignore = dataset.best_truth(frame)
        diameter = settings.resample.object_diameter_px
        seen = seen_image(dataset, frame, diameter, (labels, ignore))
        targets = None
        if settings.training.select_by == "loss":
            targets = Targets(*training_targets(seen.labels, seen.ignore, settings.cache.scaled(seen.length_scale)))
        binning = dataset.frame(frame).binning if diameter is None else None
        image = normalise(seen.image, settings.normalisation)
        images.append(ValidationImage(image, labels > 0, ~ignore, binning, targets))
    return images


def mean_scores(datasets: Sequence[Sequence[ValidationScores]]) -> ValidationScores:
    """Return the means, first over each dataset's images, then over datasets, of the scores that all images have."""

    def mean(name: str) -> float | None:
        values = [[getattr(scores, name) for scores in images] for images in datasets]
        if any(value is None for images in values for value in images):
            return None
        return float(np.mean([np.mean(images) for images in values]))

    return ValidationScores(mean("dice") or 0.0, mean("iou"), mean("loss"))


class Validation:
    """Validation on whole images: called with a network, it returns the mean Dice, and the mean loss given targets.

    The loss is that of the training, on each image at the network's resolution; of distance targets, only the mask's.
    """

    def __init__(
        self, datasets: Sequence[Sequence[ValidationImage]], *, threshold: float, tiling: Tiling, loss: Loss
    ) -> None:
        if not datasets or not all(datasets):
            raise ValueError("a dataset has no validation frame; raise split.validation_fraction")
        self.datasets, self.threshold, self.tiling, self.loss = datasets, threshold, tiling, loss

    def __call__(self, model: SegmentationNet) -> ValidationScores:
        """Return the mean scores of the network."""
        return mean_scores([[self._scores(model, image) for image in images] for images in self.datasets])

    def _scores(self, model: SegmentationNet, truth: ValidationImage) -> ValidationScores:
        probability = foreground_plane(predict(model, truth.image, self.tiling))
        mask = truth.at_full_size(probability) >= self.threshold
        loss = None if truth.targets is None else truth.targets.loss_of(probability, self.loss)
        return ValidationScores(dice(truth.mask[truth.known], mask[truth.known]), loss=loss)


class AugmentedTileValidation:
    """Optimistic validation, used only to measure the bias it causes: one random augmented tile per validation image.

    Calling it with a network returns the mean Dice and IoU, 0 … 1, of tiles drawn anew each time, and their loss where
    the training selects by it. The draws depend on the network's weights alone, so that a training that was interrupted
    draws the same ones.
    """

    def __init__(
        self, datasets: Sequence[tuple[Dataset, Sequence[str]]], settings: RunSettings, *, tiling: Tiling, loss: Loss
    ) -> None:
        self.datasets, self.settings, self.tiling, self.loss = datasets, settings, tiling, loss

    def __call__(self, model: SegmentationNet) -> ValidationScores:
        """Return the mean scores of the network."""
        generator = torch.Generator().manual_seed(_seed_of(model))
        return mean_scores(
            [[self._scores(model, dataset, frame, generator) for frame in frames] for dataset, frames in self.datasets]
        )

    def _scores(
        self, model: SegmentationNet, dataset: Dataset, frame: str, generator: torch.Generator
    ) -> ValidationScores:
        settings = self.settings
        seen = seen_image(dataset, frame, settings.resample.object_diameter_px)
        how = settings.augmentation.scaled(seen.length_scale)
        image, labels, ignore = warp(seen.image, seen.labels, seen.ignore, how, generator=generator)
        rows, columns = (_part(side, settings.batch.tile_px, generator) for side in image.shape)
        tile = normalise(image, settings.normalisation)[rows, columns]
        probability = foreground_plane(predict(model, tile, self.tiling))
        found = probability >= settings.threshold
        known = np.ones(found.shape, bool) if ignore is None else ~ignore[rows, columns]
        masks = (labels[rows, columns] > 0)[known], found[known]
        loss = None
        if settings.training.select_by == "loss":
            mask, weight = training_targets(labels, ignore, settings.cache.scaled(seen.length_scale))
            loss = Targets(mask[rows, columns], weight[rows, columns]).loss_of(probability, self.loss)
        return ValidationScores(dice(*masks), iou(*masks), loss)


def _part(side: int, wanted: int, generator: torch.Generator) -> slice:
    start = int(torch.randint(max(side - wanted, 0) + 1, (), generator=generator))
    return slice(start, start + wanted)


def _seed_of(model: SegmentationNet) -> int:
    digest = 0
    for part in model.state_dict().values():
        digest = zlib.crc32(part.detach().cpu().contiguous().numpy().tobytes(), digest)
    return digest
