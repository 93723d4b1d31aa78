"""One augmented triple (image, mask, weights): elastic, affine and grey in one resample, against scipy and three peers.

All interpolate image and weights linearly and the mask by its nearest pixel (albumentations the weights too), mirror at
the borders, and move pixels by fields of the same kind and size. What is random differs from library to library, so
that outputs are compared pixel by pixel only with scipy, which gets our field; of a peer's it is checked that it has
the same shape, only the mask's values, grey values in 0 … 1, and that it moved the picture.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from benchmarks.clock import interleaved
from benchmarks.scenes import cells, picture
from benchmarks.table import Row, WrongAnswer, check, faster, skipped
from benchmarks.weights import SETTINGS
from unetlib.imaging.weight_maps import weight_map
from unetlib.training import augmentation
from unetlib.training.variants import training_targets, warp

ELASTIC = {"grid": 3, "sigma_px": 10.0}
AFFINE = {"rotation_deg": 15.0, "scale": 0.15, "shift_px": 10.0}
GREY = {"gamma": 0.2, "contrast": 0.2, "brightness": 0.05, "noise": 0.02}
WARP = {"elastic_grid": 3, "elastic_sigma_px": 10.0, **AFFINE, "interpolation": "bilinear", **GREY}

Triple = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Case:
    """A scene."""

    side_px: int
    count: int
    radius_px: float


FULL = Case(572, 30, 35)
TINY = Case(64, 4, 9)


def scene(case: Case) -> tuple[np.ndarray, Triple]:
    """Instance labels, and image (H, W) float32 in 0 … 1, mask uint8, weights float32 made from them."""
    labels = cells((case.side_px, case.side_px), case.count, case.radius_px)
    image = picture(labels).astype(np.float32) / 255
    return labels, (image, (labels > 0).astype(np.uint8), weight_map(labels, **SETTINGS))


def field(generator: torch.Generator, shape: tuple[int, ...], batch: int = 1) -> torch.Tensor:
    """Our random sampling grid, (B, H, W, 2)."""
    displacement = augmentation.elastic_field(generator, batch, *shape, **ELASTIC)
    return augmentation.sampling_grid(displacement, augmentation.affine_matrices(generator, batch, **AFFINE))


def moved(triple: Triple, grid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Image and weights (1, 2, H, W), and mask (1, 1, H, W), at the grid."""
    image, mask, weight = triple
    both = augmentation.resample(torch.from_numpy(np.stack([image, weight])[None]), grid, mode="bilinear")
    return both, augmentation.resample(torch.from_numpy(mask[None, None]).float(), grid, mode="nearest")


def ours(triple: Triple, generator: torch.Generator) -> Triple:
    """One augmented triple by unetlib."""
    both, mask = moved(triple, field(generator, triple[0].shape))
    image = augmentation.jitter_intensity(generator, both[:, :1], **GREY)
    return image[0, 0].numpy(), mask[0, 0].byte().numpy(), both[0, 1].numpy()


def by_scipy(triple: Triple, random: np.random.Generator, grid: np.ndarray | None = None) -> Triple:
    """The same as the documents do it, map_coordinates three times; grid: coordinates (2, H, W) to take."""
    image, mask, weight = triple
    where = _coordinates(random, image.shape) if grid is None else grid
    image, weight = (ndimage.map_coordinates(part, where, order=1, mode="mirror") for part in (image, weight))
    mask = ndimage.map_coordinates(mask, where, order=0, mode="mirror")
    if grid is not None:
        return image, mask, weight
    image = np.clip(image, 0, 1) ** random.uniform(0.85, 1.15)
    image = (image - image.mean()) * random.uniform(0.85, 1.15) + image.mean() + random.uniform(-0.05, 0.05)
    noise = random.normal(0, 0.01, image.shape)
    return np.clip(image + noise, 0, 1).astype(np.float32), mask, weight


def _coordinates(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    lattice = random.normal(0, ELASTIC["sigma_px"], (2, 3, 3))
    zoom = [side / 3 for side in shape]
    displacement = np.stack([ndimage.zoom(part, zoom, order=3, grid_mode=True, mode="nearest") for part in lattice])
    angle, scale = np.radians(random.uniform(-15, 15)), np.exp(random.uniform(-0.14, 0.14))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    centre = (np.array(shape)[:, None, None] - 1) / 2
    return (
        np.tensordot(turn, np.indices(shape) - centre, 1) + centre + displacement + random.uniform(-10, 10, (2, 1, 1))
    )


def by_albumentations(triple: Triple) -> Callable[[], Triple]:
    """Affine and elastic apart, as the library offers them; both label planes by their nearest pixel."""
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
    """Elastic and affine in one resample, as ours."""
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
            t.ScaleIntensityd(("image",)),  # back into 0 … 1
        ]
    ).set_random_state(0)
    given = {name: part[None] for name, part in zip(keys, triple, strict=True)}

    def run() -> Triple:
        found = steps(given)
        image, mask, weight = (found[name][0].numpy() for name in keys)
        return image, mask, weight

    return run


def by_torchio(triple: Triple) -> Callable[[], Triple]:
    """Affine and elastic apart, in 3-D with one plane."""
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


def plausible(triple: Triple, found: Triple, who: str) -> str:
    """WrongAnswer unless `found` is an augmented version of the triple, in shape, range and mask values, and moved."""
    image, mask, _ = found
    if any(part.shape != before.shape for part, before in zip(found, triple, strict=True)):
        raise WrongAnswer(f"{who}: shapes {[part.shape for part in found]}, not {triple[0].shape}")
    if not set(np.unique(mask)) <= set(np.unique(triple[1])):
        raise WrongAnswer(f"{who}: the mask holds {np.unique(mask)[:5]}, not only the values it had")
    if not (np.isfinite(image).all() and image.min() >= -1e-4 and image.max() <= 1 + 1e-4):
        raise WrongAnswer(f"{who}: grey values {image.min():.3g} … {image.max():.3g}, not 0 … 1")
    if np.array_equal(mask, triple[1]):
        raise WrongAnswer(f"{who}: the mask has not moved")
    return "shape, range, mask values; moved"


def same_as_scipy(triple: Triple) -> str:
    """Compare our resample with scipy's at the same coordinates; WrongAnswer beyond rounding."""
    grid = field(torch.Generator().manual_seed(1), triple[0].shape)
    both, mask = moved(triple, grid)
    sides = np.array(triple[0].shape)[:, None, None] - 1
    where = (grid[0].flip(-1).permute(2, 0, 1).double().numpy() + 1) / 2 * sides
    image, expected_mask, weight = by_scipy(triple, np.random.default_rng(0), where)
    errors = [np.abs(both[0, 0].numpy() - image).max(), np.abs(both[0, 1].numpy() - weight).max() / triple[2].max()]
    wrong = float(np.mean(mask[0, 0].numpy() != expected_mask))
    check(wrong, 1e-3, "share of mask pixels unlike scipy's at its own coordinates")
    return check(float(np.max(errors)), 1e-3, "unlike scipy at the same coordinates")


def rows(case: Case = FULL, repeats: int = 15) -> Iterator[Row]:
    """Yield a row against scipy and each peer, and one for what the cache does: labels warped, weights anew."""
    labels, triple = scene(case)
    what = ("augmented triple", f"{case.side_px}², linear")
    generator, random = torch.Generator().manual_seed(0), np.random.default_rng(0)
    contenders: dict[str, Callable[[], object]] = {
        "ours": lambda: ours(triple, generator),
        "scipy": lambda: by_scipy(triple, random),
    }
    checks = {"scipy": same_as_scipy(triple)}
    plausible(triple, ours(triple, generator), "ours")
    for name, build in PEERS.items():
        try:
            contenders[name] = build(triple)
        except ImportError as error:
            yield skipped(*what, name, str(error))
            continue
        checks[name] = plausible(triple, contenders[name](), name)  # type: ignore[arg-type]
    whole = (triple[0] * 255).astype(np.uint8)
    contenders["cache"] = lambda: _cached(whole, labels, generator)
    times = interleaved(contenders, repeats=repeats)
    for name, checked in checks.items():
        aim = "≥ 8" if name == "scipy" else "≥ 1"
        yield faster(*what, name, times["ours"], times[name], aim=aim, checked=checked)
    note = "instances warped, gap and weight map made anew: what the cache writes"
    yield faster(what[0], f"{what[1]}, weights anew", "scipy", times["cache"], times["scipy"], note=note)


def _cached(image: np.ndarray, labels: np.ndarray, generator: torch.Generator) -> Triple:
    grey, warped, _ = warp(image, labels, None, generator=generator, **WARP)
    return grey, *training_targets(warped, None, SETTINGS)
