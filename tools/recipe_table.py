"""Compare the recipes of studies/recipes.yaml with the tuned studies published before, from published tables alone."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean

from unetlib.evaluation.tables import METRICS
from unetlib.io.files import read_csv, write_csv

STUDY = "recipes"
MORE_SEEDS = "seeds"  # the same recipe with more seeds
BEFORE = {"phc-u373": "tuned-cells", "dic-hela": "tuned-cells", "isbi-em": "tuned-membranes", "dsb2018": "tuned-nuclei"}
BEFORE_EXPERIMENT = "tuned"
SHOWN = {
    "phc-u373": ("seg", "map", "dice"),
    "dic-hela": ("seg", "map", "dice"),
    "fluo-gowt1": ("seg", "map", "dice"),
    "isbi-em": ("iou", "iou_membrane", "v_rand_thinned"),
    "dsb2018": ("map", "seg", "dice"),
}
COLUMNS = (
    "dataset",
    "metric",
    "before",
    "before_lowest_fold",
    "before_folds",
    "before_seconds",
    "recipe",
    "processor_seconds",
    "after",
    "low",
    "high",
    "seeds",
    "sd_between_seeds",
)
Row = dict[str, str]


def recipe_rows(published: Path) -> Iterator[Row]:
    """Yield a row per dataset, metric and recipe from the tables of the studies published under this folder.

    before: the mean over the folds of the tuned study, and its lowest fold, with the mean seconds of a training; after:
    fold 0 alone, with its 95 % interval, and the standard deviation between seeds where there are several; of the study
    with more seeds where it has the recipe. A training takes one thread, so its seconds are processor seconds. Nothing
    where the study of recipes is not published.
    """
    if not (published / STUDY / "comparison.csv").is_file():
        return
    after, seconds = _own_scores(published / STUDY), _seconds(published / STUDY)
    more, more_seconds = {}, {}
    if (published / MORE_SEEDS / "comparison.csv").is_file():
        more, more_seconds = _own_scores(published / MORE_SEEDS), _seconds(published / MORE_SEEDS)
    for dataset, metrics in SHOWN.items():
        for metric in metrics:
            for experiment, first in after.get((dataset, metric), {}).items():
                second = more.get((dataset, metric), {}).get(experiment)
                row, times = (first, seconds) if second is None else (second, more_seconds)
                trained = times[_trainer(experiment, times, dataset), dataset]
                yield {
                    "dataset": dataset,
                    "metric": metric,
                    **_before(published, dataset, metric),
                    "recipe": experiment,
                    "processor_seconds": f"{trained:.0f}",
                    "after": row["mean"],
                    "low": row["low"],
                    "high": row["high"],
                    "seeds": row["runs"],
                    "sd_between_seeds": row["sd"],
                }


def recipe_table(published: Path) -> list[str]:
    """Return the lines of a Markdown table of the same rows."""
    rows = list(recipe_rows(published))
    if not rows:
        return ["The study of recipes has not been published yet."]
    lines = ["| dataset | metric | before (lowest fold), s | recipe | s | fold 0 [95 % interval] | SD | seeds |"]
    lines.append("|---|---|---:|---|---:|---:|---:|---:|")
    for row in rows:
        before = f"{_three(row['before'])} ({_three(row['before_lowest_fold'])}), {row['before_seconds'] or '–'}"
        interval = f" [{_three(row['low'])}, {_three(row['high'])}]" if row["low"] else ""
        cells = (row["dataset"], METRICS[row["metric"]], before if row["before"] else "–", row["recipe"])
        after = f"{_three(row['after'])}{interval} | {_three(row['sd_between_seeds'])}"
        lines.append(f"| {' | '.join(cells)} | {row['processor_seconds']} | {after} | {row['seeds']} |")
    return lines


def _own_scores(folder: Path) -> dict[tuple[str, str], dict[str, Row]]:
    """Return the scores of networks on the dataset that trained them: dataset and metric → experiment → row."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in read_csv(folder / "comparison.csv", ("experiment", "train_dataset", "test_dataset", "metric", "mean")):
        if row["train_dataset"] == row["test_dataset"]:
            found.setdefault((row["test_dataset"], row["metric"]), {})[row["experiment"]] = row
    return found


def _seconds(folder: Path) -> dict[tuple[str, str], float]:
    """Return the mean seconds of a training by experiment and dataset."""
    times: dict[tuple[str, str], list[float]] = {}
    for row in read_csv(folder / "costs.csv", ("experiment", "train_dataset", "train_seconds")):
        if row["train_dataset"]:
            times.setdefault((row["experiment"], row["train_dataset"]), []).append(float(row["train_seconds"]))
    return {key: fmean(values) for key, values in times.items()}


def _trainer(experiment: str, seconds: Mapping[tuple[str, str], float], dataset: str) -> str:
    """Return the experiment that trains the networks of another: the longest name that begins its own."""
    known = [name for name, of in seconds if of == dataset and experiment.startswith(name)]
    return max(known, key=len)


def _before(published: Path, dataset: str, metric: str) -> Row:
    empty = dict.fromkeys(("before", "before_lowest_fold", "before_folds", "before_seconds"), "")
    if dataset not in BEFORE:
        return empty
    folder = published / BEFORE[dataset]
    row = _own_scores(folder)[dataset, metric][BEFORE_EXPERIMENT]
    time = _seconds(folder)[BEFORE_EXPERIMENT, dataset]
    return {
        "before": row["mean"],
        "before_lowest_fold": row["min"] or row["mean"],
        "before_folds": row["runs"],
        "before_seconds": f"{time:.0f}",
    }


def _three(text: str) -> str:
    return f"{float(text):.3f}" if text else "–"


def write_rows(path: Path, published: Path) -> None:
    """Write the rows as CSV where there are any."""
    if rows := list(recipe_rows(published)):
        path.parent.mkdir(exist_ok=True)
        write_csv(path, rows, COLUMNS)
