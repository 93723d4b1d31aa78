"""What a mistake pretends to be worth: two experiments on the images that both were tested on, over all folds.

An audit names an honest experiment and an illusion, the same but for one mistake: leaking frames of a video into
training, letting touching instances merge, and whatever else can be stated as an experiment. Folds are not paired: a
leaky split tests the same images in other folds. An image's values are paired by seed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from unetlib.tables import METRICS, WEIGHTS

COLUMNS = ["audit", "dataset", "metric", "honest", "illusion", "difference_points", "images", "seeds", "n"]
COLUMNS += ["honest_train_frames", "illusion_train_frames", "headline"]
TITLES = {"difference_points": "difference (points)", "honest_train_frames": "honest: training frames"}
TITLES |= {"illusion_train_frames": "illusion: training frames"}
PAIR = ["train_dataset", "seed", "image", "metric"]


def audits(
    scores: pd.DataFrame,
    facts: Iterable[Mapping[str, Any]],
    pairs: Mapping[str, Mapping[str, str]],
    *,
    datasets: Sequence[str],
    experiments: Sequence[str],
    headline: Mapping[str, str],
) -> pd.DataFrame:
    """One row per audit, dataset and metric, of networks tested where they were trained.

    pairs: audit → {honest, illusion}, experiments; an audit that is not of `experiments` alone is left out. facts: of
    the networks (experiment, train_dataset, roles). Columns: honest and illusion are means over the n pairs of image
    and seed, SEG pooled over reference objects; difference_points = 100·(illusion − honest); images and seeds are
    distinct ones; …_train_frames is the mean number of training frames per fold, for a split may change that too
    (empty where no facts are given). Images that only one side was tested on, or without a value, are left out.
    """
    own = scores[scores["train_dataset"] == scores["test_dataset"]]
    frames = _training_frames(facts)
    rows: list[dict[str, Any]] = []
    for audit, sides in pairs.items():
        names = (sides["honest"], sides["illusion"])
        if not set(names) <= set(experiments):
            continue
        both = _paired(own, *names)
        for dataset in datasets:
            trained = [frames.get((name, dataset), np.nan) for name in names]
            for metric in METRICS:
                cell = both[(both["train_dataset"] == dataset) & (both["metric"] == metric)]
                if len(cell):
                    place = {"audit": audit, "dataset": dataset, "metric": metric}
                    counted = dict(zip(COLUMNS[-3:-1], trained, strict=True))
                    rows.append(place | _summary(cell) | counted | {"headline": headline.get(dataset) == metric})
    return pd.DataFrame(rows, columns=COLUMNS)


def _paired(own: pd.DataFrame, honest: str, illusion: str) -> pd.DataFrame:
    """The values of both sides for each dataset, seed, image and metric, and the weight of the image in a mean."""
    sides = [own.loc[own["experiment"] == name, [*PAIR, "value"]] for name in (honest, illusion)]
    both = sides[0].merge(sides[1], on=PAIR, suffixes=("_honest", "_illusion"), validate="one_to_one")
    both["weight"] = 1.0
    for metric, by in WEIGHTS.items():
        weights = both[both["metric"] == by].set_index(PAIR[:-1])["value_honest"]  # of the truth: alike on both sides
        chosen = both["metric"] == metric
        keys = pd.MultiIndex.from_frame(both.loc[chosen, PAIR[:-1]])
        both.loc[chosen, "weight"] = weights.reindex(keys).to_numpy(dtype=float)
    known = both[["value_honest", "value_illusion"]].notna().all(axis=1) & (both["weight"] > 0)
    return both[known].sort_values(PAIR)


def _summary(cell: pd.DataFrame) -> dict[str, Any]:
    honest, illusion = (float(np.average(cell[f"value_{s}"], weights=cell["weight"])) for s in ("honest", "illusion"))
    counts = {"images": cell["image"].nunique(), "seeds": cell["seed"].nunique(), "n": len(cell)}
    return {"honest": honest, "illusion": illusion, "difference_points": 100 * (illusion - honest), **counts}


def _training_frames(facts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """The mean number of training frames of each experiment's networks of a dataset."""
    found: dict[tuple[str, str], list[int]] = {}
    for fact in facts:
        for dataset, roles in fact["roles"].items():
            if dataset == fact["train_dataset"]:
                found.setdefault((fact["experiment"], dataset), []).append(len(roles["train"]))
    return {key: float(np.mean(counts)) for key, counts in found.items()}


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The table as text, headline metrics alone."""
    rows = table[table["headline"].astype(bool)].drop(columns="headline")
    text = {"metric": rows["metric"].map(METRICS)}
    text |= {name: rows[name].map("{:.3f}".format) for name in ("honest", "illusion")}
    text |= {"difference_points": rows["difference_points"].map(lambda value: f"{value:+.1f}".replace("-", "−"))}
    frames = ("honest_train_frames", "illusion_train_frames")
    text |= {name: rows[name].map(lambda value: "–" if pd.isna(value) else f"{value:g}") for name in frames}
    return rows.assign(**text).rename(columns=TITLES).reset_index(drop=True)
