"""A small study's tables, made by unetlib.tables from invented scores: what the tests of claims read."""

import numpy as np
import pandas as pd

from unetlib.evaluation import ablation, tables
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


def study(baseline=0.3, aliases=None, **options):
    """The Study of those scores; every experiment but multi-dataset has 16 base filters."""
    made = scores(**options)
    named = {"datasets": DATASETS, "experiments": EXPERIMENTS}
    judged = named | {"headline": dict.fromkeys(DATASETS, "iou")}
    return Study(
        comparison=tables.comparison(made, trivial(baseline), **judged),
        ablation=ablation.ablation(made, **judged, reference="reference"),
        transfer=tables.transfer(made, **named),
        reference="reference",
        filters={"reference": 16, "modern": 16, "multi-dataset": 32},
        aliases=aliases or {},
    )
