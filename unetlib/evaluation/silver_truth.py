"""Quality of silver truth: its scores against the gold truth of the frames that have both."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean

import pandas as pd

from unetlib.datasets.dataset import Dataset
from unetlib.evaluation.image_metrics import score_image

COLUMNS = ("dataset", "sequence", "frames", "objects", "seg", "dice", "trained_on")


def silver_quality(folder: Path) -> Iterator[dict[str, object]]:
    """Yield a row (COLUMNS) for each sequence of a dataset folder that has frames with both truths.

    Silver truth is scored like a prediction: pixels without gold truth are excluded, SEG is pooled over gold objects,
    and Dice is the mean over frames. These scores limit what can be expected of a network trained on silver truth.
    trained_on: the number of these frames whose silver truth is used for training.
    """
    dataset = Dataset(folder)
    found: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for frame in dataset.frames:
        if (silver := dataset.silver(frame.frame)) is not None:
            truth, ignore = dataset.truth(frame.frame)
            scores = score_image(truth, silver, ignore=ignore)
            found[frame.sequence].append(scores | {"trained_on": float(frame.training_truth == "silver")})
    for sequence, rows in sorted(found.items()):
        objects = sum(row["objects"] for row in rows)
        yield {
            "dataset": folder.name,
            "sequence": sequence,
            "frames": len(rows),
            "objects": int(objects),
            "seg": sum(row["seg"] * row["objects"] for row in rows) / objects if objects else None,
            "dice": fmean(row["dice"] for row in rows),
            "trained_on": int(sum(row["trained_on"] for row in rows)),
        }


def silver_line(row: Mapping[str, object]) -> str:
    """Return a row as a line of the log.

    >>> silver_line(dict(zip(COLUMNS, ("cells", "01", 9, 80, 0.9651, 0.97, 9))))
    'cells, sequence 01: silver against gold truth: SEG 0.965, Dice 0.970 (9 frames, 80 objects)'
    """
    seg = "none" if row["seg"] is None else f"{row['seg']:.3f}"
    what = f"SEG {seg}, Dice {row['dice']:.3f} ({row['frames']} frames, {row['objects']} objects)"
    return f"{row['dataset']}, sequence {row['sequence']}: silver against gold truth: {what}"


def silver_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text."""
    shown = table.assign(**{name: table[name].map("{:.3f}".format) for name in ("seg", "dice")})
    titles = {"frames": "frames with both", "objects": "gold objects", "seg": "SEG", "dice": "Dice"}
    return shown.rename(columns={**titles, "trained_on": "trained on by silver"})
