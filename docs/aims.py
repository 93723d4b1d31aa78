"""What networks of the CPU's size should reach, beside what the committed tables of the tuned studies say."""

import csv
from pathlib import Path

AIMS = (  # dataset, metric, its name, aim
    ("phc-u373", "seg", "SEG", 0.88),
    ("dic-hela", "iou", "IoU", 0.80),
    ("dic-hela", "seg", "SEG", 0.75),
    ("isbi-em", "iou", "cell IoU", 0.905),
    ("isbi-em", "iou_membrane", "membrane IoU", 0.67),
    ("isbi-em", "v_rand_thinned", "V_rand after thinning", 0.95),
    ("dsb2018", "dice", "Dice", 0.91),
    ("dsb2018", "map", "mAP", 0.52),
)
STUDIES = "tuned-*"
EXPERIMENT = "tuned"


def lines(folder: Path) -> list[str]:
    """Return the table's lines from the studies published under this folder; an aim nobody tested has a dash."""
    found = {}
    for table in sorted(folder.glob(f"{STUDIES}/comparison.csv")):
        with table.open(newline="") as handle:
            rows = [row for row in csv.DictReader(handle) if row["experiment"] == EXPERIMENT]
        found |= {(r["test_dataset"], r["metric"]): (table.parent.name, r) for r in rows if _own(r)}
    head = ["| dataset | metric | aim | tuned [95 % interval] | networks | images | reached | study |"]
    return [*head, "|---|---|---:|---:|---:|---:|---|---|", *(_line(*aim, *found.get(aim[:2], ())) for aim in AIMS)]


def _own(row: dict[str, str]) -> bool:
    return row["train_dataset"] == row["test_dataset"]


def _line(dataset: str, metric: str, name: str, aim: float, study: str = "", row: dict[str, str] | None = None) -> str:
    if row is None:
        return f"| {dataset} | {name} | {aim} | – | – | – | not run | – |"
    low, high = (f"{float(row[end]):.3f}" if row[end] else "–" for end in ("low", "high"))
    mean = float(row["mean"])
    said = f"{mean:.3f} [{low}, {high}]"
    reached = "yes" if mean >= aim else f"no, {aim - mean:.3f} short"
    return f"| {dataset} | {name} | {aim} | {said} | {row['runs']} | {row['images']} | {reached} | [{study}]({study}) |"
