"""Make the power table of docs/statistics.md from the published power.csv of all deposited studies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from unetlib.evaluation.power import EFFECTS
from unetlib.evaluation.tables import METRICS, read_long

PAGE, SECTION = "docs/statistics.md", "power"
LEAST_ARMS = 4  # from fewer, the SD of a network says little
SHOWN = ("seg", "iou", "dice", "map", "v_rand_thinned")
TITLES = ["test dataset", "metric", "study", "networks", "SD of a network", "d₀", "SD by images"]


def power_table(published: Path) -> list[str]:
    """Return the table as Markdown: what spreads a difference, and the seeds × folds that find each effect.

    Of datasets on which a study has at least LEAST_ARMS arms.
    """
    rows = sorted(row for path in published.glob("*/power.csv") for row in _of_study(path))
    if not rows:
        return ["No study with retrained networks has been deposited yet."]
    header = [*TITLES, *(f"for {effect}" for effect in EFFECTS)]
    lines = [f"| {' | '.join(cells)} |" for cells in (header, *rows)]
    return [lines[0], f"|---|---|---|{'---:|' * (len(header) - 3)}", *lines[1:]]


def _of_study(path: Path) -> Iterator[list[str]]:
    table = read_long(path)
    kept = table["metric"].isin(SHOWN) & table["network_sd"].notna() & (table["arms"] >= LEAST_ARMS)
    for row in table[kept].to_dict("records"):
        needs = [_text(row[f"needs_{effect}"]) for effect in EFFECTS]
        sds = [f"{row['network_sd']:.4f}", f"{row['network_df']:g}", f"{row['images_sd']:.4f}"]
        names = [str(row["test_dataset"]), METRICS[str(row["metric"])], path.parent.name]
        yield [*names, str(row["networks"]), *sds, *needs]


def _text(value: Any) -> str:
    return str(value) if pd.notna(value) and value else "–"
