"""One augmented image with mask and weight map, against SciPy, albumentations, MONAI and torchio.

The augmentation is an elastic and affine deformation and a change of grey values. All contenders use linear
interpolation for image and weights (albumentations uses nearest-neighbour for the weights) and nearest-neighbour for
the mask, mirror at the borders, and use displacement fields of the same kind and size. Random numbers differ between
libraries, so only SciPy, which gets our field, is compared pixel by pixel. The other results are checked for
plausibility: shape and mask values are those of the input, grey values are in 0 … 1, and the mask has moved.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from benchmarks.augmentation_peers import PEERS, Triple
from benchmarks.inputs import cells, picture
from benchmarks.table import Row, WrongAnswer, check, faster, skipped
from benchmarks.timing import interleaved
from benchmarks.weight_maps import SETTINGS
from unetlib.imaging.weight_maps import weight_map
from unetlib.training import augmentation
from unetlib.training.settings import AugmentationSettings, CacheSettings
from unetlib.training.variants import training_targets, warp

GRID, SIGMA_PX = 3, 10.0  # control points per side and SD of their displacement, for the elastic deformation
AFFINE = {"rotation_deg": 15.0, "scale": 0.15, "shift_px": 10.0}
GREY = {"gamma": 0.2, "contrast": 0.2, "brightness": 0.05, "noise": 0.02}
WARP = AugmentationSettings(**AFFINE, **GREY, elastic_grid=GRID, elastic_sigma_px=SIGMA_PX, interpolation="bilinear")


@dataclass(frozen=True)
class Case:
    """Side of an image, number of its cells and their radius."""

    side_px: int
    count: int
    radius_px: float


FULL = Case(572, 30, 35)
TINY = Case(64, 4, 9)


def scene(case: Case) -> tuple[np.ndarray, Triple]:
    """Return instance labels, and from them an image (H, W) float32 in 0 … 1, a mask uint8 and a weight map float32."""
    labels = cells((case.side_px, case.side_px), case.count, case.radius_px)
    image = picture(labels).astype(np.float32) / 255
    return labels, (image, (labels > 0).astype(np.uint8), weight_map(labels, SETTINGS))


def field(generator: torch.Generator, shape: tuple[int, ...], batch: int = 1) -> torch.Tensor:
    """Return our random sampling grid, (B, H, W, 2)."""
    displacement = augmentation.elastic_field(generator, batch, *shape, grid=GRID, sigma_px=SIGMA_PX)
    return augmentation.sampling_grid(displacement, augmentation.affine_matrices(generator, batch, **AFFINE))


def moved(triple: Triple, grid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Resample a triple at the grid: image and weights (1, 2, H, W), and mask (1, 1, H, W)."""
    image, mask, weight = triple
    both = augmentation.resample(torch.from_numpy(np.stack([image, weight])[None]), grid, mode="bilinear")
    return both, augmentation.resample(torch.from_numpy(mask[None, None]).float(), grid, mode="nearest")


def ours(triple: Triple, generator: torch.Generator) -> Triple:
    """Return one augmented triple by unetlib."""
    both, mask = moved(triple, field(generator, triple[0].shape))
    image = augmentation.jitter_intensity(generator, both[:, :1], **GREY)
    return image[0, 0].numpy(), mask[0, 0].byte().numpy(), both[0, 1].numpy()


def by_scipy(triple: Triple, random: np.random.Generator, grid: np.ndarray | None = None) -> Triple:
    """Return one by the usual three calls of map_coordinates, at random coordinates or at those of `grid` (2, H, W)."""
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
    lattice = random.normal(0, SIGMA_PX, (2, GRID, GRID))
    zoom = [side / 3 for side in shape]
    displacement = np.stack([ndimage.zoom(part, zoom, order=3, grid_mode=True, mode="nearest") for part in lattice])
    angle, scale = np.radians(random.uniform(-15, 15)), np.exp(random.uniform(-0.14, 0.14))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    centre = (np.array(shape)[:, None, None] - 1) / 2
    return (
        np.tensordot(turn, np.indices(shape) - centre, 1) + centre + displacement + random.uniform(-10, 10, (2, 1, 1))
    )


def plausible(triple: Triple, found: Triple, who: str) -> str:
    """Check shape, range and mask values of an augmented triple and that its mask moved; WrongAnswer otherwise."""
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
    """Compare our interpolation with SciPy's at the same coordinates; WrongAnswer beyond rounding."""
    grid = field(torch.Generator().manual_seed(1), triple[0].shape)
    both, mask = moved(triple, grid)
    sides = np.array(triple[0].shape)[:, None, None] - 1
    where = (grid[0].flip(-1).permute(2, 0, 1).double().numpy() + 1) / 2 * sides
    image, expected_mask, weight = by_scipy(triple, np.random.default_rng(0), where)
    errors = [np.abs(both[0, 0].numpy() - image).max(), np.abs(both[0, 1].numpy() - weight).max() / triple[2].max()]
    wrong = float(np.mean(mask[0, 0].numpy() != expected_mask))
    check(wrong, 1e-3, "share of mask pixels that differ from SciPy's")
    return check(float(np.max(errors)), 1e-3, "difference from SciPy at the same coordinates")


def rows(case: Case = FULL, repeats: int = 15) -> Iterator[Row]:
    """Yield a row against SciPy and each peer, and one for our cache's work, which recomputes the weight map."""
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
        yield faster((*what, name), times["ours"], times[name], aim=aim, checked=checked)
    note = "instances warped, gap and weight map recomputed, as the cache stores them"
    yield faster((what[0], f"{what[1]}, weight map recomputed", "scipy"), times["cache"], times["scipy"], note=note)


def _cached(image: np.ndarray, labels: np.ndarray, generator: torch.Generator) -> Triple:
    grey, warped, _ = warp(image, labels, None, WARP, generator=generator)
    return grey, *training_targets(warped, None, CacheSettings(weight_map=SETTINGS))
