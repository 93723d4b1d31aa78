"""A way to validate that flatters, for an audit: one augmented tile of each validation image, the best of many tries.

Document 000 validated with the augmentation of the training, on a part of each image, and reported the best epoch.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from unetlib.cache import warp
from unetlib.infer import predict
from unetlib.intensity import normalise
from unetlib.samples import Dataset
from unetlib.validation import dice


class NoisyValidation:
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
