"""What selects a network: the Dice of whole validation images, by overlap-tile, without augmentation."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.imaging.settings import Normalisation
from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.predict import Tiling, predict
from unetlib.training.settings import RunSettings
from unetlib.training.variants import warp


def dice(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Return the Dice of two masks, 1 when both are empty.

    A deliberate copy of the metric: a change of the scoring code must not invalidate trained networks.
    """
    both = int(truth.sum()) + int(predicted.sum())
    return 2 * int((truth & predicted).sum()) / both if both else 1.0


@dataclass(frozen=True)
class ValidationImage:
    """A normalised image as networks see it, its true mask and the pixels whose truth is known, both (H, W).

    The image is (⌈H/binning⌉, ⌈W/binning⌉).
    """

    image: NDArray[np.float32]
    mask: NDArray[np.bool_]
    known: NDArray[np.bool_]
    binning: int = 1


def load(dataset: Dataset, frames: Sequence[str], normalisation: Normalisation) -> list[ValidationImage]:
    """Return the validation images of these frames, with gold truth where there is any, else silver."""
    images = []
    for frame in frames:
        is_gold = dataset.frame(frame).annotation in ("gold", "partial")
        labels, ignore = dataset.truth(frame) if is_gold else dataset.training_truth(frame)
        factor = dataset.frame(frame).binning
        image = normalise(bin_image(dataset.image(frame), factor), normalisation)
        images.append(ValidationImage(image, labels > 0, ~ignore, factor))
    return images


class Validation:
    """Calling it with a network returns the mean Dice, 0 … 1, first over each dataset's images, then over datasets."""

    def __init__(self, datasets: Sequence[Sequence[ValidationImage]], *, threshold: float, tiling: Tiling) -> None:
        if not datasets or not all(datasets):
            raise ValueError("a dataset has no validation frame; raise split.validation_fraction")
        self.datasets, self.threshold, self.tiling = datasets, threshold, tiling

    def __call__(self, model: SegmentationNet) -> float:
        """Return the mean Dice of the network's masks."""
        return float(np.mean([np.mean([self._dice(model, image) for image in images]) for images in self.datasets]))

    def _dice(self, model: SegmentationNet, truth: ValidationImage) -> float:
        probability = predict(model, truth.image, self.tiling)
        mask = upsample(probability, truth.binning, truth.mask.shape) >= self.threshold
        return dice(truth.mask[truth.known], mask[truth.known])


class AugmentedTileValidation:
    """Optimistic validation, used only to measure the bias it causes: one random augmented tile per validation image.

    Calling it with a network returns the mean Dice, 0 … 1, of tiles drawn anew each time. The draws depend on the
    network's weights alone, so that a training that was interrupted draws the same ones.
    """

    def __init__(
        self, datasets: Sequence[tuple[Dataset, Sequence[str]]], settings: RunSettings, *, tiling: Tiling
    ) -> None:
        self.datasets, self.settings, self.tiling = datasets, settings, tiling

    def __call__(self, model: SegmentationNet) -> float:
        """Return the mean Dice, first over each dataset's tiles, then over datasets."""
        generator = torch.Generator().manual_seed(_seed_of(model))
        means = [
            np.mean([self._dice(model, dataset, frame, generator) for frame in frames])
            for dataset, frames in self.datasets
        ]
        return float(np.mean(means))

    def _dice(self, model: SegmentationNet, dataset: Dataset, frame: str, generator: torch.Generator) -> float:
        settings = self.settings
        how = settings.augmentation.scaled(dataset.length_scale(frame))
        image, labels, ignore = warp(*dataset.seen(frame), how, generator=generator)
        rows, columns = (_part(side, settings.batch.tile_px, generator) for side in image.shape)
        tile = normalise(image, settings.normalisation)[rows, columns]
        found = predict(model, tile, self.tiling) >= settings.threshold
        known = np.ones(found.shape, bool) if ignore is None else ~ignore[rows, columns]
        return dice((labels[rows, columns] > 0)[known], found[known])


def _part(side: int, wanted: int, generator: torch.Generator) -> slice:
    start = int(torch.randint(max(side - wanted, 0) + 1, (), generator=generator))
    return slice(start, start + wanted)


def _seed_of(model: SegmentationNet) -> int:
    digest = 0
    for part in model.state_dict().values():
        digest = zlib.crc32(part.detach().cpu().contiguous().numpy().tobytes(), digest)
    return digest
