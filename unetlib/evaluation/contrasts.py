"""The paired difference of any two arms of a study, from the scores of every image."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from unetlib.evaluation.aggregation import TELLS_COLLAPSE, spreads
from unetlib.evaluation.intervals import Interval
from unetlib.evaluation.score_grids import Arm
from unetlib.evaluation.spread import Spread

BOUNDS = (-1.0, 1.0)  # the range of a difference of two scores


@dataclass(frozen=True)
class Contrast:
    """A mean paired difference: its interval, its SD over runs (NaN for one run), and its counts."""

    interval: Interval
    sd: float
    runs: int
    images: int
    n: int


@dataclass(frozen=True)
class Contrasts:
    """Differences of arms on a test dataset. rows: see `tables.with_weights`; networks: see `aggregation.spreads`."""

    rows: pd.DataFrame
    networks: Mapping[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, str], list[Spread]] = field(default_factory=dict, repr=False, compare=False)

    def difference(self, left: Arm, right: Arm, test_dataset: str, metric: str) -> Contrast | None:
        """Return left minus right on the same runs and images, None if they share none.

        None, too, if only one of them was trained on another dataset: the two kinds of networks share no variance
        model.
        """
        for spread in self.spreads(test_dataset, metric):
            if {left, right} <= set(spread.grid.values) and left != right:
                found, scores = spread.difference(left, right, BOUNDS), spread.grid.difference(left, right)
                if found is None or scores is None:
                    return None
                sd = float(np.std(scores.run_means, ddof=1)) if len(scores.folds) > 1 else float("nan")
                counted = int((scores.weights > 0).sum())
                return Contrast(found, sd, len(scores.folds), scores.values.shape[1], counted)
        return None

    def spreads(self, test_dataset: str, metric: str) -> list[Spread]:
        """Return the spread of the scores on a test dataset, separately for networks trained on another dataset."""
        place = test_dataset, metric
        if place not in self._known:
            datasets = set(self.rows["test_dataset"])
            rows = self.rows[self.rows["test_dataset"] == test_dataset]
            own = rows[rows["metric"].isin({metric, TELLS_COLLAPSE})]
            self._known[place] = [spread for key, spread in spreads(own, self.networks, datasets) if key == place]
        return self._known[place]
