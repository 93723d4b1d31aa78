"""What selects a network: the Dice of whole validation images, by overlap-tile, without augmentation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from unetlib.binning import binned, enlarged
from unetlib.infer import predict
from unetlib.intensity import normalise
from unetlib.samples import Dataset


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
        image = normalise(binned(dataset.image(frame), factor), normalisation)
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
        mask = enlarged(seen, truth.binning, truth.mask.shape) >= self.threshold
        return dice(truth.mask[truth.known], mask[truth.known])
