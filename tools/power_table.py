"""Write the power table of docs/statistics.md from the published tables of all studies: python -m tools.power_table.

A study that was published with its power.csv has a row per test dataset and metric from there. Of an older one the SD
of networks comes from the SD over runs in its comparison, where networks were retrained, and the variance that images
leave from the intervals of its ablation, where they were about images alone: both need no scores of images.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from tools.marked_sections import write_section
from unetlib.evaluation.decision import Spread, design_to_decide
from unetlib.evaluation.intervals import IMAGES, SEEDS, Part, resampled_units
from unetlib.evaluation.power import EFFECTS, MOST_FOLDS
from unetlib.evaluation.tables import METRICS, NO_TRAINING, read_long
from unetlib.evaluation.variance_prior import fit_prior

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/statistics.md"
KEYS = ["test_dataset", "metric"]
SHOWN = ("seg", "iou", "iou_membrane", "dice", "map", "v_rand_thinned")
TITLES = ["test dataset", "metric", "study", "networks", "SD of a network", "d₀", "SD by images"]


def lines(results: Path) -> list[str]:
    """Return the table as Markdown: what spreads a difference, and the seeds × folds that find each effect."""
    header = [*TITLES, *(f"for {effect}" for effect in EFFECTS)]
    found = [
        "`python -m tools.power_table`",
        "",
        f"| {' | '.join(header)} |",
        f"|---|---|---|{'---:|' * (len(header) - 3)}",
    ]
    rows = sorted(row for study in sorted(results.glob("*/costs.csv")) for row in _of_study(study.parent))
    return [*found, *(f"| {' | '.join(row)} |" for row in rows)]


def _of_study(folder: Path) -> Iterator[list[str]]:
    if (folder / "power.csv").is_file():
        for row in read_long(folder / "power.csv").to_dict("records"):
            if pd.notna(row["network_sd"]):
                needs = [_text(row[f"needs_{effect}"]) for effect in EFFECTS]
                sds = [f"{row['network_sd']:.4f}", f"{row['network_df']:g}", f"{row['images_sd']:.4f}"]
                names = [str(row["test_dataset"]), METRICS.get(row["metric"], row["metric"]), folder.name]
                yield [*names, str(row["networks"]), *sds, *needs]
        return
    table = read_long(folder / "comparison.csv")
    table = table[(table["train_dataset"] != NO_TRAINING) & table["metric"].isin(SHOWN)]
    images = _by_images(folder.parent)
    for (dataset, metric), rows in table.groupby(KEYS, sort=True):
        again = rows[[SEEDS in resampled_units(str(each)) for each in rows["resampled"]]]
        deviations, runs = (again[name].to_numpy(dtype=float) for name in ("sd", "runs"))
        prior, _ = fit_prior([Part(float(sd**2), float(count - 1)) for sd, count in zip(deviations, runs, strict=True)])
        if prior.df:
            left = images.get((str(dataset), str(metric)), 0.0)
            spread = Spread(float(np.sqrt(2 * prior.variance)), left, prior.df)
            designs = [design_to_decide(effect, spread, MOST_FOLDS) for effect in EFFECTS]
            found = [f"{np.sqrt(prior.variance):.4f}", f"{prior.df:g}", f"{np.sqrt(left):.4f}" if left else "–"]
            names = [str(dataset), METRICS[str(metric)], folder.name, f"{runs.sum():.0f}"]
            yield [*names, *found, *(f"{each.seeds} × {each.folds}" if each else "–" for each in designs)]


def _by_images(results: Path) -> dict[tuple[str, str], float]:
    """Return the median variance that the images of a fold leave in a difference, of studies with one network each."""
    parts = [read_long(path) for path in sorted(results.glob("*/ablation.csv"))]
    table = pd.concat(parts)
    alone = table["resampled"].map(lambda each: resampled_units(str(each)) and SEEDS not in resampled_units(str(each)))
    table = table[alone.astype(bool) & (table["train_dataset"] != NO_TRAINING)]
    units = np.where(table["resampled"] == IMAGES, table["images"], table["clusters"])
    half = (table["high"] - table["low"]) / 2 / stdtrit(np.maximum(units - 1, 1), 0.975)
    return {
        (str(a), str(b)): float(value) for (a, b), value in (half**2).groupby([table[k] for k in KEYS]).median().items()
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else "–"


def main() -> None:
    write_section(PAGE, "power", "tools/power_table.py", lines(ROOT / "docs/results"))


if __name__ == "__main__":
    main()
