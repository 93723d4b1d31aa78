"""Small tables and images, and one figure of every kind made from them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from builders.tables import WATERFALL
from matplotlib.figure import Figure

from unetlib.report import figures, image_panels, waterfalls

LABELS = np.zeros((12, 16), np.int32)
LABELS[2:6, 3:8], LABELS[6:9, 3:8] = 1, 2
IMAGE = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
ABLATION = pd.DataFrame(
    {
        "test_dataset": ["cells", "cells", "nuclei"],
        "experiment": ["no-skip", "modern", "no-skip"],
        "train_dataset": ["cells", "cells", "nuclei"],
        "metric": "iou",
        "difference": [-0.1, 0.02, 0.0],
        "low": [-0.2, -0.01, np.nan],
        "high": [0.0, 0.05, np.nan],
        "min": [-0.12, 0.0, 0.0],
        "max": [-0.08, 0.04, 0.0],
        "runs": [3, 3, 1],
        "p_holm": [0.0004, 0.4, np.nan],
        "clear": [True, False, False],
        "primary": True,
    }
)
TRANSFER = pd.DataFrame(
    {
        "experiment": "reference",
        "train_dataset": ["cells", "cells", "nuclei"],
        "test_dataset": ["cells", "nuclei", "nuclei"],
        "iou": [0.9, 0.2, 0.8],
        "iou_low": [0.88, np.nan, 0.75],
        "iou_high": [0.92, np.nan, 0.84],
        "predicted_foreground": [0.2, 0.95, 0.3],
        "true_foreground": [0.2, 0.3, 0.3],
    }
)
HISTORY = pd.DataFrame(
    [
        ("reference", "cells", 0, seed, update, 1.0 / update, 0.5 + update / 100 if update % 20 == 0 else np.nan)
        for seed in (0, 1)
        for update in (10, 20, 30, 40)
    ],
    columns=["experiment", "train_dataset", "fold", "seed", "update", "loss", "validation_dice"],
)
EXAMPLE = image_panels.Example("01_t001", IMAGE, LABELS, np.roll(LABELS, 2, 1), LABELS == 9, "IoU 0.5", 0.65)
FIGURES: dict[str, Callable[[], Figure]] = {
    "learning": lambda: figures.learning_curves(HISTORY, experiments=["reference"]),
    "forest": lambda: figures.ablation_forest(ABLATION, labels={"iou": "IoU"}),
    "waterfall": lambda: waterfalls.waterfall_chart(WATERFALL, {"as-theirs": 0.92}),
    "transfer": lambda: figures.transfer_heatmap(TRANSFER, experiment="reference"),
    "examples": lambda: image_panels.qualitative([EXAMPLE]),
    "weights": lambda: image_panels.weight_map(IMAGE, LABELS, LABELS + 1.0, LABELS * 0.0, LABELS + 1.0),
    "augmentation": lambda: image_panels.augmentation_gallery((IMAGE, LABELS), [(IMAGE.T[:12], LABELS)] * 4),
}
