"""What selects a network: the Dice of whole validation images, by overlap-tile, without augmentation."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unetlib.datasets.dataset import Dataset
from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.networks.predict import predict
from unetlib.training.variants import warp


def dice(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Return the Dice of two masks, 1 when both are empty. Twin of metrics' dice: scoring may change, training not."""
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


def load(dataset: Dataset, frames: Sequence[str], normalisation: str) -> list[ValidationImage]:
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

    def __init__(
        self,
        datasets: Sequence[Sequence[ValidationImage]],
        *,
        threshold: float,
        tile_px: int,
        batch: int,
        device: str,
        precision: str,
    ) -> None:
        if not datasets or not all(datasets):
            raise ValueError("a dataset has no validation frame; raise split.validation_fraction")
        self.datasets = datasets
        self.threshold = threshold
        self.how = {"tile_px": tile_px, "batch": batch, "device": device, "precision": precision}

    def __call__(self, model: nn.Module) -> float:
        """Return the mean Dice of the network's masks."""
        return float(np.mean([np.mean([self._dice(model, image) for image in images]) for images in self.datasets]))

    def _dice(self, model: nn.Module, truth: ValidationImage) -> float:
        seen = predict(model, truth.image, **self.how)  # type: ignore[arg-type]
        mask = upsample(seen, truth.binning, truth.mask.shape) >= self.threshold
        return dice(truth.mask[truth.known], mask[truth.known])


class AugmentedTileValidation:
    """Calling it with a network returns the mean Dice, 0 … 1, of tiles drawn anew each time.

    datasets: each with its validation frames. The draws depend on the network's weights alone, so that a training
    that was interrupted sees the same ones. how: keyword arguments of `infer.predict`.
    """

    def __init__(
        self,
        datasets: Sequence[tuple[Dataset, Sequence[str]]],
        *,
        augmentation: Mapping[str, Any],
        normalisation: str,
        side_px: int,
        threshold: float,
        **how: Any,
    ) -> None:
        self.datasets = datasets
        self.warping = {name: value for name, value in augmentation.items() if name not in ("policy", "variants")}
        self.normalisation, self.side_px, self.threshold = normalisation, side_px, threshold
        self.how = how

    def __call__(self, model: nn.Module) -> float:
        """Return the mean Dice, first over each dataset's tiles, then over datasets."""
        generator = torch.Generator().manual_seed(_seed_of(model))
        means = [
            np.mean([self._dice(model, dataset, frame, generator) for frame in frames])
            for dataset, frames in self.datasets
        ]
        return float(np.mean(means))

    def _dice(self, model: nn.Module, dataset: Dataset, frame: str, generator: torch.Generator) -> float:
        image, labels, ignore = warp(*dataset.seen(frame), generator=generator, **self.warping)
        rows, columns = (_part(side, self.side_px, generator) for side in image.shape)
        seen = normalise(image, self.normalisation)[rows, columns]
        found = predict(model, seen, **self.how) >= self.threshold  # type: ignore[arg-type]
        known = np.ones(found.shape, bool) if ignore is None else ~ignore[rows, columns]
        return dice((labels[rows, columns] > 0)[known], found[known])


def _part(side: int, wanted: int, generator: torch.Generator) -> slice:
    start = int(torch.randint(max(side - wanted, 0) + 1, (), generator=generator))
    return slice(start, start + wanted)


def _seed_of(model: nn.Module) -> int:
    digest = 0
    for part in model.state_dict().values():
        digest = zlib.crc32(part.detach().cpu().contiguous().numpy().tobytes(), digest)
    return digest
