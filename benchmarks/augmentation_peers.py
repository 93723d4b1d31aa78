"""The augmentations of albumentations, MONAI and torchio with our parameter ranges; ImportError without the library."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

Triple = tuple[np.ndarray, np.ndarray, np.ndarray]  # image, mask, weights; (H, W)


def by_albumentations(triple: Triple) -> Callable[[], Triple]:
    """Affine, then elastic deformation by the library's own transforms; nearest-neighbour for mask and weights."""
    import albumentations as a

    steps = a.Compose(
        [
            a.Affine(rotate=(-15, 15), scale=(0.87, 1.15), translate_px=(-10, 10), border_mode=4, p=1),
            a.ElasticTransform(alpha=300, sigma=25, approximate=False, border_mode=4, p=1),
            a.RandomGamma((80, 120), p=1),
            a.RandomBrightnessContrast(0.05, 0.2, p=1),
            a.GaussNoise((0.01, 0.01), p=1),
        ],
        seed=0,
    )
    image, mask, weight = triple

    def run() -> Triple:
        found = steps(image=image[..., None], masks=[mask, weight])
        return found["image"].squeeze(-1), *found["masks"]

    return run


def by_monai(triple: Triple) -> Callable[[], Triple]:
    """Elastic and affine deformation in one interpolation, like ours."""
    from monai import transforms as t

    keys = ("image", "mask", "weight")
    side = triple[0].shape[0]
    steps = t.Compose(
        [
            t.Rand2DElasticd(
                keys,
                spacing=(side / 2, side / 2),
                magnitude_range=(10, 10),
                prob=1,
                rotate_range=0.26,
                scale_range=0.15,
                translate_range=10,
                mode=("bilinear", "nearest", "bilinear"),
                padding_mode="reflection",
            ),
            t.RandAdjustContrastd(("image",), prob=1, gamma=(0.83, 1.2)),
            t.RandScaleIntensityd(("image",), factors=0.2, prob=1),
            t.RandShiftIntensityd(("image",), offsets=0.05, prob=1),
            t.RandGaussianNoised(("image",), prob=1, std=0.02),
            t.ScaleIntensityd(("image",)),  # back to the range 0 … 1
        ]
    ).set_random_state(0)
    given = {name: part[None] for name, part in zip(keys, triple, strict=True)}

    def run() -> Triple:
        found = steps(given)
        image, mask, weight = (found[name][0].numpy() for name in keys)
        return image, mask, weight

    return run


def by_torchio(triple: Triple) -> Callable[[], Triple]:
    """Affine, then elastic deformation, in 3-D with one plane."""
    import torchio as tio

    image, mask, weight = (torch.from_numpy(part)[None, ..., None].float() for part in triple)
    steps = tio.Compose(
        [
            tio.RandomAffine(
                scales=(0.87, 1.15, 0.87, 1.15, 1, 1), degrees=(0, 0, 0, 0, -15, 15), translation=(10, 10, 0)
            ),
            tio.RandomElasticDeformation(num_control_points=(7, 7, 4), max_displacement=(15, 15, 0), locked_borders=0),
            tio.RandomGamma(0.2),
            tio.RandomNoise(std=(0, 0.02)),
            tio.RescaleIntensity((0, 1)),
        ]
    )
    given = tio.Subject(
        image=tio.ScalarImage(tensor=image), mask=tio.LabelMap(tensor=mask), weight=tio.LabelMap(tensor=weight)
    )

    def run() -> Triple:
        found: Any = steps(given)
        grey, label, weights = (found[name].data[0, ..., 0].numpy() for name in ("image", "mask", "weight"))
        return grey, label, weights

    return run


PEERS: Mapping[str, Callable[[Triple], Callable[[], Triple]]] = {
    "albumentations": by_albumentations,
    "MONAI": by_monai,
    "torchio": by_torchio,
}
