"""Tables of small studies, made by unetlib.evaluation from invented scores."""

import numpy as np
import pandas as pd

from unetlib.evaluation import ablation, run_facts, tables
from unetlib.evaluation.contrasts import Contrasts
from unetlib.networks.run_record import RunFacts
from unetlib.report.doubts import Networks
from unetlib.report.study_scores import Study

DATASETS, EXPERIMENTS = ["cells", "nuclei"], ["reference", "modern", "multi-dataset"]
LEVELS = {"reference": 0.7, "modern": 0.8, "multi-dataset": 0.5}


def scores(seeds=(0, 1, 2), levels=LEVELS, noise=0.01, images=4):
    """Long rows of every network on every dataset; 0.2 lower on a dataset that it was not trained on."""
    generator, rows = np.random.default_rng(0), []
    for experiment, level in levels.items():
        for train in ["all"] if experiment == "multi-dataset" else DATASETS:
            for test in DATASETS:
                for seed in seeds:
                    for image in range(images):
                        iou = level - 0.2 * (train not in (test, "all")) + noise * generator.standard_normal()
                        run = {"experiment": experiment, "train_dataset": train, "test_dataset": test}
                        run |= {"fold": 0, "seed": seed, "image": f"i{image}"}
                        values = {"iou": iou, "dice": 2 * iou / (1 + iou)}
                        values |= {"predicted_foreground": 0.2, "true_foreground": 0.2, "pixels": 100}
                        rows += [run | {"metric": metric, "value": value} for metric, value in values.items()]
    return pd.DataFrame(rows)


def trivial(level=0.3, images=4):
    rows = [
        {"baseline": name, "test_dataset": test, "fold": 0, "image": f"i{image}", "metric": "iou", "value": value}
        for name, value in (("otsu", level), ("all-background", 0.0))
        for test in DATASETS
        for image in range(images)
    ]
    return pd.DataFrame(rows)


def study(baseline=0.3, aliases=None, spread=False, **options):
    """The Study of those scores; every experiment but multi-dataset has 16 base filters.

    spread: it has the scores themselves too, so that the spread between its networks is known.
    """
    made = scores(**options)
    named = {"datasets": DATASETS, "experiments": EXPERIMENTS}
    judged = named | {"primary_metrics": dict.fromkeys(DATASETS, "iou")}
    return Study(
        comparison=tables.comparison(made, trivial(baseline), **judged),
        ablation=ablation.ablation(
            made, ablation.Arms(**named, reference="reference"), primary_metrics=judged["primary_metrics"]
        ),
        transfer=tables.transfer(made, **named),
        reference="reference",
        networks=Networks({"reference": 16, "modern": 16, "multi-dataset": 32}),
        aliases=aliases or {},
        contrasts=Contrasts(tables.with_weights(tables.on_training_dataset(made, DATASETS), None)) if spread else None,
    )


CHANGE_NAMES = {"datasets": ["cells", "nuclei"], "experiments": ["reference", "changed"]}
CHANGE_PRIMARY = {"cells": "iou", "nuclei": "iou"}


def tables_of_change(
    values: list[float], *, floor: float = 0.3, abroad: float = 0.1, images: int = 12
) -> dict[str, pd.DataFrame]:
    """A reference of IoU 0.8 on cells and a change worth `values`, one seed each, with a trivial baseline."""
    rows, facts = [], []
    for seed, effect in enumerate(values):
        for experiment, value in (("reference", 0.8), ("changed", 0.8 + effect)):
            for tested, score, predicted in (("cells", value, 0.2), ("nuclei", abroad, 0.9)):
                for image in range(images):
                    run = (experiment, "cells", tested, 0, seed, str(image))
                    rows += [(*run, "iou", score), (*run, "dice", score), (*run, "pixels", 100.0)]
                    rows += [(*run, "predicted_foreground", predicted), (*run, "true_foreground", 0.2)]
            facts.append(
                {"experiment": experiment, "train_dataset": "cells", "fold": 0, "seed": seed, "train_seconds": 9}
            )
    rows += [("reference", "nuclei", "nuclei", 0, 0, "a", metric, 0.5) for metric in ("iou", "dice")]
    scores = pd.DataFrame(rows, columns=tables.LONG)
    trivial = pd.DataFrame(
        [("otsu", "cells", 0, str(image), "iou", floor) for image in range(images)],
        columns=["baseline", "test_dataset", "fold", "image", "metric", "value"],
    )
    unlearned = trivial.rename(columns={"baseline": "experiment"}).assign(train_dataset=tables.NO_TRAINING)
    beside = pd.concat([scores, *(unlearned.assign(seed=seed) for seed in range(len(values)))])
    return {
        "comparison": tables.comparison(scores, trivial, primary_metrics=CHANGE_PRIMARY, **CHANGE_NAMES),
        "ablation": ablation.ablation(
            beside, ablation.Arms(**CHANGE_NAMES, reference="reference"), primary_metrics=CHANGE_PRIMARY
        ),
        "transfer": tables.transfer(scores, **CHANGE_NAMES),
        "costs": run_facts.cost_table([RunFacts(**row) for row in facts], **CHANGE_NAMES),
    }


SIZE_ROWS = [
    ("train-1", 0.5, 0.4, 0.6),
    ("train-4", 0.7, 0.6, 0.75),
    ("train-16", 0.8, np.nan, np.nan),
    ("modern", 0.9, 0.8, 1),
]
SIZE_COMPARISON = pd.DataFrame(
    [
        {"test_dataset": "cells", "experiment": name, "train_dataset": "cells", "metric": "iou", "mean": mean}
        | {"low": low, "high": high, "n": 12, "runs": 2, "primary": True}
        for name, mean, low, high in [("reference", 0.8, 0.7, 0.85), *SIZE_ROWS]
    ]
)

WATERFALL = pd.DataFrame(  # a protocol of three steps, of which the first reports its best validation score
    [
        {"protocol": "as-theirs", "document": "somebody2020", "dataset": "cells", "metric": metric, "step": step}
        | {"flaw": flaw, "experiment": name, "reported": reported, "score": score, "low": low, "high": high}
        | {"change": change, "change_low": change - 0.05, "change_high": change + 0.05, "compared_on": rests}
        | {"runs": 2, "images": images, "clusters": images and 1, "n": 2 * images, "resampled": resampled}
        | {"primary": metric == "iou"}
        for metric in ("iou", "dice")
        for step, flaw, name, reported, score, low, high, change, rests, images, resampled in (
            (0, "", "theirs", "validation", 0.9, np.nan, np.nan, np.nan, "", 0, ""),
            (1, "the best score of validation", "theirs", "test", 0.8, 0.7, 0.9, -0.1, "validation", 6, "images"),
            (2, "frames of the same film", "reference", "test", 0.65, 0.6, 0.7, -0.15, "other images", 9, "images"),
        )
    ]
)
