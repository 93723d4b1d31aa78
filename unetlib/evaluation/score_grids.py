"""The scores of a study's arms as arrays, by metric and test dataset, so that any two arms can be paired."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unetlib.evaluation.mean_scores import Scores

Floats = NDArray[np.float64]


class Arm(NamedTuple):
    """One side of a comparison: an experiment's networks that were trained on one dataset."""

    experiment: str
    train_dataset: str


@dataclass(frozen=True)
class Grid:
    """Values and weights of every arm, (R runs, I images), which are NaN and 0 if a run did not score an image.

    A run is a fold and a seed. folds (R,): the fold of each run; clusters and times (I,): see `Scores.of`.
    """

    values: Mapping[Arm, Floats]
    weights: Mapping[Arm, Floats]
    folds: NDArray[np.intp]
    clusters: NDArray[np.object_]
    times: Floats

    def scores(self, arm: Arm) -> Scores:
        """Return the scores of an arm."""
        return self._scores(self.values[arm], self.weights[arm])

    def difference(self, left: Arm, right: Arm) -> Scores | None:
        """Return the scores of one arm minus those of another on the same runs and images, None if they share none.

        The weights are those of the left arm.
        """
        values = self.values[left] - self.values[right]
        shared = np.isfinite(values).any()
        return self._scores(values, self.weights[left]) if shared else None

    def _scores(self, values: Floats, weights: Floats) -> Scores:
        runs = (np.isfinite(values) & (weights > 0)).any(1)
        return Scores.of(values[runs], weights[runs], self.folds[runs], self.clusters, self.times)


def grids(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, str], Grid]]:
    """Yield every (test dataset, metric) and its grid, sorted by name. rows: see `tables.with_weights`."""
    for (dataset, metric), group in rows.groupby(["test_dataset", "metric"], sort=True):
        run = group.groupby(["fold", "seed"], sort=True).ngroup().to_numpy()
        image = group.groupby("image", sort=True).ngroup().to_numpy()
        _, first_run = np.unique(run, return_index=True)
        _, first_image = np.unique(image, return_index=True)
        value, weight = (group[name].to_numpy(dtype=float) for name in ("value", "weight"))
        shape = len(first_run), len(first_image)
        values: dict[Arm, Floats] = {}
        weights: dict[Arm, Floats] = {}
        for names, places in sorted(group.groupby(["experiment", "train_dataset"]).indices.items()):
            arm = Arm(*(str(name) for name in cast(tuple[str, str], names)))
            values[arm], weights[arm] = np.full(shape, np.nan), np.zeros(shape)
            at = run[places], image[places]
            values[arm][at], weights[arm][at] = value[places], weight[places]
        folds = group["fold"].to_numpy()[first_run].astype(np.intp)
        clusters = group["cluster"].to_numpy(dtype=object)[first_image]
        times = group["time"].to_numpy(dtype=float)[first_image]
        yield (str(dataset), str(metric)), Grid(values, weights, folds, clusters, times)
