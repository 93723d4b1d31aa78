"""Metrics pooled over all pixels of a run's test images, computed from the scores of the single images.

A pooled score is a ratio of sums. It equals the mean of the images' ratios, weighted by their denominators: the sum of
both foregrounds for Dice, their union for IoU, the scored pixels for pixel accuracy. No pixels need to be read again.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from unetlib.evaluation.long_table import RUN_COLUMNS

# pooled metric → the metric of one image that it pools
POOLED = {"iou_pooled": "iou", "dice_pooled": "dice", "pixel_accuracy_pooled": "pixel_accuracy"}
_NEEDED = ("dice", "true_foreground", "predicted_foreground", "pixels")


def pooled_rows(scores: pd.DataFrame, metrics: Iterable[str]) -> Iterator[pd.DataFrame]:
    """Yield the rows of these POOLED metrics: run, image, metric, and the value and weight of each image.

    Images with neither true nor predicted foreground have weight 0 in IoU and Dice. Images are left out if the scores
    lack the rows from which the weights are computed.
    """
    own = scores[scores["metric"].isin({*_NEEDED, *POOLED.values()})]
    table = own.pivot(index=[*RUN_COLUMNS, "image"], columns="metric", values="value")
    table = table.reindex(columns=[*dict.fromkeys((*_NEEDED, *POOLED.values()))], fill_value=np.nan)
    foregrounds = (table["true_foreground"] + table["predicted_foreground"]) * table["pixels"]
    # With Dice D and S = |A| + |B|, the union is S − |A ∩ B| = S·(1 − D/2).
    weights = {"dice": foregrounds, "iou": foregrounds * (1 - table["dice"] / 2), "pixel_accuracy": table["pixels"]}
    for metric in metrics:
        source = POOLED[metric]
        found = pd.DataFrame({"value": table[source], "weight": weights[source]}).dropna()
        yield found.reset_index().assign(metric=metric)
