"""Make the table of aims: scores that small networks should reach, beside those of the published tuned studies."""

import csv
from pathlib import Path

AIMS = (  # dataset, metric, its display name, aim
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
HEADER = "| dataset | metric | aim | tuned [95 % interval] | networks | images | reached | study |"


def aims_table(folder: Path) -> list[str]:
    """Return the table's lines from the studies published under this folder; an untested aim has dashes."""
    scores: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
    for table in sorted(folder.glob(f"{STUDIES}/comparison.csv")):
        with table.open(newline="") as handle:
            rows = [row for row in csv.DictReader(handle) if row["experiment"] == EXPERIMENT]
        for row in rows:
            if row["train_dataset"] == row["test_dataset"]:
                scores[row["test_dataset"], row["metric"]] = (table.parent.name, row)
    lines = [_line(*aim, *scores.get(aim[:2], ())) for aim in AIMS]
    return [HEADER, "|---|---|---:|---:|---:|---:|---|---|", *lines]


def _line(dataset: str, metric: str, name: str, aim: float, study: str = "", row: dict[str, str] | None = None) -> str:
    if row is None:
        return f"| {dataset} | {name} | {aim} | – | – | – | not run | – |"
    low, high = (f"{float(row[end]):.3f}" if row[end] else "–" for end in ("low", "high"))
    mean = float(row["mean"])
    reached = "yes" if mean >= aim else f"no, {aim - mean:.3f} short"
    score = f"{mean:.3f} [{low}, {high}]"
    cells = (dataset, name, str(aim), score, row["runs"], row["images"], reached, f"[{study}]({study})")
    return f"| {' | '.join(cells)} |"
