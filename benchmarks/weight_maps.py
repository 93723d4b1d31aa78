"""Weight maps against the usual method, a distance transform (EDT) per instance and a sort, and against one EDT."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import ndimage

from benchmarks.inputs import cells
from benchmarks.table import Row, check, faster
from benchmarks.timing import Times, interleaved
from unetlib.imaging.settings import WeightMapSettings
from unetlib.imaging.weight_maps import weight_map

SETTINGS = WeightMapSettings(form="paper", w0=10, sigma_px=5, class_balance=0)
ERROR = 1e-5


@dataclass(frozen=True)
class Case:
    """A label image and its aims: the factor faster than the naive map, and the most EDTs of the image it may cost."""

    name: str
    shape: tuple[int, int]
    count: int
    radius_px: float
    naive_aim: str
    floor_aim: str = ""


FULL = (
    Case("1040×1388, 350 nuclei", (1040, 1388), 350, 22, "≥ 300", "≤ 2"),
    Case("576×720, 400 cells (PSC-like)", (576, 720), 400, 8, "≥ 100", "≤ 2"),
    Case("520×696, 7 cells (U373-like)", (520, 696), 7, 40, "≥ 12"),
)
TINY = (Case("60×70, 9 cells", (60, 70), 9, 7, "≥ 1", "≤ 2"),)


def naive(labels: np.ndarray) -> np.ndarray:
    """Return the map by its definition, from sorted distances to all instances; 4 bytes per pixel and instance."""
    ids = np.unique(labels[labels > 0])
    distances = np.empty((len(ids), *labels.shape), np.float32)
    for place, label in enumerate(ids):
        distances[place] = ndimage.distance_transform_edt(labels != label)
    distances.sort(axis=0)
    border = SETTINGS.w0 * np.exp(-np.square(distances[0] + distances[1]) / (2 * SETTINGS.sigma_px**2))
    return np.where(labels > 0, 1, 1 + border)


def rows(cases: tuple[Case, ...] = FULL, repeats: int = 15) -> Iterator[Row]:
    """Yield two rows per case. The slow naive map varies little, so one run is both the reference and its timing."""
    for case in cases:
        labels = cells(case.shape, case.count, case.radius_px)
        background = labels == 0
        started = time.perf_counter()
        expected = naive(labels)
        slow = Times((time.perf_counter() - started,))
        error = np.abs(expected - weight_map(labels, SETTINGS)).max()
        del expected
        checked = check(float(error), ERROR, "largest error against the definition")
        times = interleaved(
            {
                "ours": partial(weight_map, labels, SETTINGS),
                "one EDT": partial(ndimage.distance_transform_edt, background),
            },
            repeats=repeats,
        )
        what = ("weight map", case.name)
        yield faster((*what, "naive EDT per instance"), times["ours"], slow, aim=case.naive_aim, checked=checked)
        floor = faster(("", "", ""), times["one EDT"], times["ours"])
        yield Row(
            *what,
            "floor: one EDT of the image",
            floor.value,
            "× the floor",
            floor.low,
            floor.high,
            floor.n,
            case.floor_aim,
            times["ours"].median,
            times["one EDT"].median,
            checked,
        )
