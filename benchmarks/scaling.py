"""Growth of time and memory with size: the slope on log-log axes, where 1 is linear, and a figure of all curves."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.inference import Case, image_of, in_a_process, network, normal, ours
from benchmarks.inputs import cells, guessed
from benchmarks.planning import planned, seeds_overlay
from benchmarks.table import Row
from benchmarks.timing import interleaved
from benchmarks.weight_maps import SETTINGS
from benchmarks.workflow_copy import workflow
from unetlib.evaluation.image_metrics import score_image
from unetlib.imaging.weight_maps import weight_map


@dataclass(frozen=True)
class Growth:
    """A measured curve: seconds or MiB at each size."""

    name: str
    size: str
    sizes: tuple[float, ...]
    values: tuple[float, ...]
    unit: str = "s"
    aim: str = "≤ 1.1"

    @property
    def slope(self) -> float:
        """The exponent of the power law fitted by least squares."""
        return float(np.polyfit(np.log(self.sizes), np.log(np.maximum(self.values, 1e-9)), 1)[0])


@dataclass(frozen=True)
class Sizes:
    """Sizes to measure: sides in px, numbers of cells, images, and seeds of the CPU study."""

    sides: Sequence[int] = (512, 1024, 2048)
    counts: Sequence[int] = (50, 200, 800)
    images: Sequence[int] = (1, 2, 4)
    seeds: Sequence[int] = (1, 10, 30)
    filters: int = 16
    depth: int = 5
    tile_px: int = 388
    repeats: int = 5


TINY = Sizes((48, 96), (4, 8), (1, 2), (), filters=2, depth=3, tile_px=36, repeats=1)


def growths(sizes: Sizes = Sizes()) -> Iterator[Growth]:
    """Yield every curve: by pixels at a constant density of cells, by cells at a constant size of the image."""
    density = 400 / (576 * 720)
    by_side = {side: cells((side, side), max(2, round(density * side**2)), 8) for side in sizes.sides}
    pixels = tuple(float(side**2) for side in sizes.sides)
    yield Growth("weight map", "pixels", pixels, _timed(sizes, by_side, lambda labels: weight_map(labels, SETTINGS)))
    yield Growth("metrics", "pixels", pixels, _scored(sizes, by_side))
    side = max(sizes.sides)
    by_count = {count: cells((side, side), count, 8) for count in sizes.counts}
    counts = tuple(map(float, sizes.counts))
    times = _timed(sizes, by_count, lambda labels: weight_map(labels, SETTINGS))
    yield Growth("weight map", "cells", counts, times)
    yield Growth("metrics", "cells", counts, _scored(sizes, by_count))
    cases = {s: Case(s, sizes.filters, sizes.depth, sizes.tile_px) for s in sizes.sides}
    model, images = network(next(iter(cases.values()))), {s: normal(image_of(case)) for s, case in cases.items()}
    passes = {s: (lambda s=s: ours(cases[s], model, images[s], half=True)) for s in sizes.sides}
    found = interleaved(passes, repeats=sizes.repeats)
    yield Growth("inference", "pixels", pixels, tuple(found[s].median for s in sizes.sides))
    yield Growth("inference, memory", "pixels", pixels, tuple(map(_peak_mib, cases.values())), "MiB")
    several = {n: (lambda n=n: [passes[sizes.sides[0]]() for _ in range(n)]) for n in sizes.images}
    found = interleaved(several, repeats=sizes.repeats)
    images_seen = tuple(map(float, sizes.images))
    yield Growth("inference", "images", images_seen, tuple(found[n].median for n in sizes.images))
    if sizes.seeds:
        yield planning(sizes.seeds)


def _peak_mib(case: Case) -> float:
    """Return the peak memory of predicting a memory-mapped image in a new process, including interpreter and torch."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "image.npy", image_of(case))
        return float(in_a_process("ours", case, Path(folder), threads=2)["peak_mib"])


def _timed(sizes: Sizes, scenes: dict[int, np.ndarray], work: Callable[[np.ndarray], object]) -> tuple[float, ...]:
    calls = {key: (lambda labels=labels: work(labels)) for key, labels in scenes.items()}
    times = interleaved(calls, repeats=sizes.repeats)
    return tuple(times[key].median for key in scenes)


def _scored(sizes: Sizes, scenes: dict[int, np.ndarray]) -> tuple[float, ...]:
    pairs = {key: (labels, guessed(labels)) for key, labels in scenes.items()}
    calls = {key: (lambda pair=pair: score_image(*pair)) for key, pair in pairs.items()}
    times = interleaved(calls, repeats=sizes.repeats)
    return tuple(times[key].median for key in scenes)


def planning(seeds: Sequence[int]) -> Growth:
    """Return the time of a dry run against the number of jobs, for the CPU study with increasing numbers of seeds."""
    with workflow() as folder:
        overlay = "studies/cpu.yaml"
        planned(folder, [overlay])  # untimed: the first run compiles bytecode
        plans = [planned(folder, [overlay, seeds_overlay(folder, count)]) for count in seeds]
    jobs, seconds = zip(*plans, strict=True)
    return Growth("planning", "jobs", tuple(map(float, jobs)), tuple(seconds))


def rows(figure: Path, sizes: Sizes = Sizes()) -> Iterator[Row]:
    """Draw all curves and yield the slope of each."""
    found = list(growths(sizes))
    draw(found, figure)
    for each in found:
        note = ", ".join(f"{value:.3g}" for value in each.values)
        n = f"{len(each.sizes)} sizes"
        yield Row(
            "scaling",
            f"{each.name} by {each.size}",
            "–",
            each.slope,
            "slope",
            aim=each.aim,
            n=n,
            note=f"{note} {each.unit}",
        )


def draw(found: Sequence[Growth], path: Path) -> None:
    """Draw every curve on log-log axes, one panel per kind of size, with dotted lines of linear growth."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kinds = list(dict.fromkeys(each.size for each in found))
    figure = Figure(figsize=(3.2 * len(kinds), 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    for place, kind in enumerate(kinds, start=1):
        axes = figure.add_subplot(1, len(kinds), place)
        for each in (one for one in found if one.size == kind):
            (line,) = axes.loglog(each.sizes, each.values, "o-", label=f"{each.name}, {each.unit}: {each.slope:.2f}")
            linear = [each.values[0] * size / each.sizes[0] for size in each.sizes]
            axes.loglog(each.sizes, linear, ":", color=line.get_color(), linewidth=1)
        axes.set_xlabel(kind)
        axes.legend(fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
