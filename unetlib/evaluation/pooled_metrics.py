"""Metrics of all pixels of a run's test images together, from the rows that a table of scores has of each image.

A pooled score is a ratio of sums, so it is the mean of the images' ratios weighted by their denominators: the sum of
both foregrounds (Dice), their union (IoU), the scored pixels (pixel accuracy). They are weighted means.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from unetlib.evaluation.long_table import RUN_COLUMNS

POOLED = {"iou_pooled": "iou", "dice_pooled": "dice", "pixel_accuracy_pooled": "pixel_accuracy"}  # → of one image
_NEEDED = ("dice", "true_foreground", "predicted_foreground", "pixels")


def pooled_rows(scores: pd.DataFrame, metrics: Iterable[str]) -> Iterator[pd.DataFrame]:
    """Yield the rows of these POOLED metrics: run, image, metric, and the value and weight of each image.

    Images without a foreground, true or predicted, have weight 0 in IoU and Dice. A metric is left out where the
    scores lack what its weights are made of.
    """
    own = scores[scores["metric"].isin({*_NEEDED, *POOLED.values()})]
    table = own.pivot(index=[*RUN_COLUMNS, "image"], columns="metric", values="value")
    table = table.reindex(columns=[*dict.fromkeys((*_NEEDED, *POOLED.values()))], fill_value=np.nan)
    foregrounds = (table["true_foreground"] + table["predicted_foreground"]) * table["pixels"]
    weights = {"dice": foregrounds, "iou": foregrounds * (1 - table["dice"] / 2), "pixel_accuracy": table["pixels"]}
    for metric in metrics:
        source = POOLED[metric]
        found = pd.DataFrame({"value": table[source], "weight": weights[source]}).dropna()
        yield found.reset_index().assign(metric=metric)
