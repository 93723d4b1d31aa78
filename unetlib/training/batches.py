"""Training batches from caches, as a pure function of the seed and the update: tiles are cut, normalised and turned.

Flips, quarter turns and the crop cost nothing, so they happen here and not in the cache.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unetlib.imaging.distance_targets import restored
from unetlib.imaging.normalisation import GreyScale, statistics
from unetlib.networks.symmetries import dihedral
from unetlib.networks.tiling import context_px, mirror_index
from unetlib.training.cached_variants import Variants
from unetlib.training.crops import Crop, Crops
from unetlib.training.settings import RunSettings


class Batches:
    """Batches of tiles from one or several caches, at the places that `Crops` draws.

    caches: one list of Variants per dataset. A padding="valid" network gets `context_px(depth)` more on each side of a
    tile, mirrored at the image border; outside the image weights are 0. With distance targets, the target of a pixel is
    the mask, the distance to its cell's edge and that to the neighbour.
    """

    def __init__(
        self, caches: Sequence[Sequence[Variants]], settings: RunSettings, *, seed: int, device: str = "cpu"
    ) -> None:
        if not caches or not all(caches):
            raise ValueError("a dataset has no training frame; check the split's roles")
        self.sources = [list(cache) for cache in caches]
        self.distances = settings.target.kind == "distances"
        if self.distances and any(each.distances is None for source in self.sources for each in source):
            raise ValueError("target.kind is distances, but a cache holds no distance targets; make it again")
        self.tile_px = settings.batch.tile_px
        self.context = context_px(settings.model.depth) if settings.model.padding == "valid" else 0
        self.crops = Crops(self.sources, settings, seed=seed)
        self.normalisation = settings.normalisation
        self.device = device
        self._grey_scales: dict[tuple[int, int, int], GreyScale] = {}

    def cut(self, crop: Crop) -> tuple[NDArray[np.float32], NDArray[np.generic], NDArray[np.float32]]:
        """Return the crop's normalised image with context, target and weights, before flips and turns.

        The target is the mask, (H, W) uint8, or float32 (3, H, W) with the distances.
        """
        variants = self.sources[crop.source][crop.frame]
        _, height, width = variants.image.shape
        rows, columns = (
            mirror_index(start - self.context, start + self.tile_px + self.context, side)
            for start, side in ((crop.row, height), (crop.column, width))
        )
        whole = variants.image[crop.variant]
        image = self._grey_scale_of(crop, whole).of(whole[np.ix_(rows, columns)])
        # Only the image is mirrored: outside of it the mask is empty and the weight 0.
        inside = (
            slice(max(crop.row, 0), min(crop.row + self.tile_px, height)),
            slice(max(crop.column, 0), min(crop.column + self.tile_px, width)),
        )
        placed = tuple(
            slice(part.start - start, part.stop - start)
            for part, start in zip(inside, (crop.row, crop.column), strict=True)
        )
        mask = np.zeros((self.tile_px, self.tile_px), np.uint8)
        weight = np.zeros((self.tile_px, self.tile_px), np.float32)
        mask[placed] = variants.mask[crop.variant][inside]
        weight[placed] = variants.weight[crop.variant][inside]
        if not self.distances or variants.distances is None:
            return image, mask, weight
        target = np.zeros((3, self.tile_px, self.tile_px), np.float32)
        target[0] = mask
        target[1:, *placed] = restored(variants.distances[crop.variant][:, *inside])
        return image, target, weight

    def _grey_scale_of(self, crop: Crop, whole: NDArray) -> GreyScale:
        key = (crop.source, crop.frame, crop.variant)
        if key not in self._grey_scales:
            self._grey_scales[key] = statistics(whole, self.normalisation)
        return self._grey_scales[key]

    def __call__(self, update: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return image (B, 1, in, in) float32, target (B, out, out) int64 and weight (B, out, out) float32.

        With distance targets the target is (B, 3, out, out) float32.
        """
        images, masks, weights = [], [], []
        for crop in self.crops.of(update):
            image, mask, weight = (dihedral(torch.from_numpy(part), crop.turn) for part in self.cut(crop))
            images.append(image[None])
            masks.append(mask if mask.is_floating_point() else mask.long())
            weights.append(weight)
        return (
            torch.stack(images).to(self.device),
            torch.stack(masks).to(self.device),
            torch.stack(weights).to(self.device),
        )
