"""Make the table of aims: scores that small networks should reach, beside the best published recipe of ours."""

import re
from collections.abc import Iterator
from pathlib import Path

from unetlib.io.files import read_csv

AIMS = (  # dataset, metric, its display name, aim, aim for 13 processor minutes
    ("phc-u373", "seg", "SEG", 0.89, 0.90),
    ("dic-hela", "seg", "SEG", 0.84, 0.86),
    ("dic-hela", "map", "mAP", 0.70, 0.70),
    ("fluo-gowt1", "seg", "SEG", 0.85, 0.85),
    ("isbi-em", "iou", "cell IoU", 0.908, 0.910),
    ("isbi-em", "v_rand_thinned", "V_rand after thinning", 0.97, 0.972),
    ("dsb2018", "dice", "Dice", 0.91, 0.915),
    ("dsb2018", "seg", "SEG", 0.76, 0.76),
    ("dsb2018", "map", "mAP", 0.56, 0.60),
)
STUDIES = ("tuned-*", "recipes", "league")
RECIPES = re.compile(r"fast|tuned|nuclei-256")  # how the names of our own recipes begin
HEADER = (
    "| dataset | metric | aim | higher aim | best recipe | score [95 % interval] | over | networks | images | reached |"
    " study |",
    "|---|---|---:|---:|---|---:|---|---:|---:|---|---|",
)
COLUMNS = (
    "test_dataset",
    "experiment",
    "train_dataset",
    "metric",
    "mean",
    "low",
    "high",
    "runs",
    "images",
    "resampled",
)
Row = dict[str, str]


def aims_table(folder: Path) -> list[str]:
    """Return the table's lines from the studies published under this folder; an untested aim has dashes.

    The best recipe is that with the highest mean on the test images, so it is a little flattered.
    """
    lines = [_line(*aim, *_best(folder, *aim[:2])) for aim in AIMS]
    return [*HEADER, *lines]


def _best(folder: Path, dataset: str, metric: str) -> tuple[str, Row] | tuple[()]:
    found = [each for each in _rows(folder) if (each[1]["test_dataset"], each[1]["metric"]) == (dataset, metric)]
    return max(found, key=lambda each: float(each[1]["mean"]), default=())


def _rows(folder: Path) -> Iterator[tuple[str, Row]]:
    """Yield study and row of each of our recipes on the dataset that trained it."""
    for table in sorted(path for study in STUDIES for path in folder.glob(f"{study}/comparison.csv")):
        for row in read_csv(table, COLUMNS):
            if row["train_dataset"] == row["test_dataset"] and RECIPES.match(row["experiment"]) and row["mean"]:
                yield table.parent.name, row


def _line(
    dataset: str, metric: str, name: str, aim: float, higher: float, study: str = "", row: Row | None = None
) -> str:
    if row is None:
        return f"| {dataset} | {name} | {aim} | {higher} | – | – | – | – | – | not run | – |"
    low, high = (f"{float(row[end]):.3f}" if row[end] else "–" for end in ("low", "high"))
    score = f"{float(row['mean']):.3f} [{low}, {high}]"
    reached = _reached(row, aim, higher)
    cells = (
        dataset,
        name,
        aim,
        higher,
        row["experiment"],
        score,
        row["resampled"],
        row["runs"],
        row["images"],
        reached,
    )
    return f"| {' | '.join(map(str, cells))} | [{study}]({study}) |"


def _reached(row: Row, aim: float, higher: float) -> str:
    """Say by what the mean misses the aim, or which aim it reaches, and whether the interval lies above it."""
    mean, low = float(row["mean"]), float(row["low"] or "nan")
    if mean < aim:
        return f"no, {f'{aim - mean:.3f}' if aim - mean >= 0.0005 else 'less than 0.001'} short"
    which = "both" if mean >= higher and higher > aim else "yes"
    return which if low >= aim else f"{which}, by its mean"
