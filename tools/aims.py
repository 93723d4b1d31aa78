"""Make the table of aims: scores that small networks should reach, beside the best published recipe of ours."""

import re
from collections.abc import Iterator
from pathlib import Path

from unetlib.io.files import read_csv

AIMS = (  # dataset, metric, its display name, aim
    ("phc-u373", "seg", "SEG", 0.89),
    ("dic-hela", "seg", "SEG", 0.84),
    ("dic-hela", "map", "mAP", 0.70),
    ("fluo-gowt1", "seg", "SEG", 0.85),
    ("isbi-em", "iou", "cell IoU", 0.908),
    ("isbi-em", "v_rand_thinned", "V_rand after thinning", 0.97),
    ("dsb2018", "dice", "Dice", 0.91),
    ("dsb2018", "map", "mAP", 0.56),
)
STUDIES = ("tuned-*", "recipes", "league")
RECIPES = re.compile(r"fast|tuned|nuclei-256")  # how the names of our own recipes begin
HEADER = "| dataset | metric | aim | best recipe | score [95 % interval] | networks | images | reached | study |"
COLUMNS = ("test_dataset", "experiment", "train_dataset", "metric", "mean", "low", "high", "runs", "images")
Row = dict[str, str]


def aims_table(folder: Path) -> list[str]:
    """Return the table's lines from the studies published under this folder; an untested aim has dashes.

    The best recipe is that with the highest mean on the test images, so it is a little flattered.
    """
    lines = [_line(*aim, *_best(folder, *aim[:2])) for aim in AIMS]
    return [HEADER, "|---|---|---:|---|---:|---:|---:|---|---|", *lines]


def _best(folder: Path, dataset: str, metric: str) -> tuple[str, Row] | tuple[()]:
    found = [each for each in _rows(folder) if (each[1]["test_dataset"], each[1]["metric"]) == (dataset, metric)]
    return max(found, key=lambda each: float(each[1]["mean"]), default=())


def _rows(folder: Path) -> Iterator[tuple[str, Row]]:
    """Yield study and row of each of our recipes on the dataset that trained it."""
    for table in sorted(path for study in STUDIES for path in folder.glob(f"{study}/comparison.csv")):
        for row in read_csv(table, COLUMNS):
            if row["train_dataset"] == row["test_dataset"] and RECIPES.match(row["experiment"]) and row["mean"]:
                yield table.parent.name, row


def _line(dataset: str, metric: str, name: str, aim: float, study: str = "", row: Row | None = None) -> str:
    if row is None:
        return f"| {dataset} | {name} | {aim} | – | – | – | – | not run | – |"
    low, high = (f"{float(row[end]):.3f}" if row[end] else "–" for end in ("low", "high"))
    mean = float(row["mean"])
    short = f"{aim - mean:.3f}" if aim - mean >= 0.0005 else "less than 0.001"
    reached = "yes" if mean >= aim else f"no, {short} short"
    score = f"{mean:.3f} [{low}, {high}]"
    cells = (dataset, name, str(aim), row["experiment"], score, row["runs"], row["images"], reached)
    return f"| {' | '.join(cells)} | [{study}]({study}) |"
