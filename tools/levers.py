"""Table and chart of what each part of the fast recipe is worth, from the CSVs of `benchmarks.learning`."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.special import stdtrit

from unetlib.evaluation.tables import METRICS
from unetlib.report.display_tables import format_interval
from unetlib.report.figures import BLUE, GREY, VERMILION, WIDTH_INCH, styled_figure

FILES = "learning/levers-*.csv"  # one per dataset
CHART = "learning/levers"
BASE = "fast-recipe"
PRIMARY = {"dsb2018": "map"}  # elsewhere SEG, also of EM's neurites
HEADER = (
    "| dataset | metric | arm | score at the end | arm − fast [95 %] | s to the last level of fast | updates | seeds |",
    "|---|---|---|---:|---:|---:|---:|---:|",
)


def read_points(published: Path) -> pd.DataFrame:
    """Return the evaluations of all datasets, with the `score` that counts on each; empty without published ones."""
    paths = sorted(published.glob(FILES))
    if not paths:
        return pd.DataFrame()
    points = pd.concat(map(pd.read_csv, paths), ignore_index=True)
    points["metric"] = points["dataset"].map(lambda name: PRIMARY.get(name, "seg"))
    points["score"] = [row[row["metric"]] for _, row in points.iterrows()]
    # The number of updates is no multiple of the evaluations: some trainings have one more, just before their end.
    training = ["dataset", "experiment", "seed"]
    parts = points.groupby(training)["update"].transform("size").groupby(points["dataset"]).transform("min")
    share = points["update"] / points.groupby(training)["update"].transform("max")
    points["evaluation"] = (share * parts).round().astype(int)
    return points.drop_duplicates([*training, "evaluation"], keep="last", ignore_index=True)


def last_scores(points: pd.DataFrame) -> pd.DataFrame:
    """Return the score at the end of each training: rows are arms in their order, columns are seeds."""
    last = points.groupby(["experiment", "seed"], sort=False)["score"].last().unstack("seed")
    return last.loc[points["experiment"].unique()]


def differences(points: pd.DataFrame) -> pd.DataFrame:
    """Return each arm − BASE at the end: mean over paired seeds, low and high of its 95 % interval.

    The spread between seeds is pooled over the arms of the dataset, as three differences alone say little of it. It
    covers retraining; the validation images are the same for all.
    """
    last = last_scores(points)
    paired = last.drop(index=BASE) - last.loc[BASE]
    seeds = paired.notna().sum(axis=1)
    freedom = int((seeds - 1).sum())
    squares = float(paired.sub(paired.mean(axis=1), axis=0).pow(2).to_numpy().sum())
    half = stdtrit(freedom, 0.975) * np.sqrt(squares / freedom / seeds) if freedom else np.nan
    mean = paired.mean(axis=1)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})


def curve(points: pd.DataFrame, arm: str) -> pd.DataFrame:
    """Return an arm's evaluations: mean seconds, and mean and SD of the score over seeds."""
    own = points[points["experiment"] == arm].groupby("evaluation")
    return pd.DataFrame(
        {
            "seconds": own["processor_seconds"].mean(),
            "mean": own["score"].mean(),
            "sd": own["score"].std().fillna(0.0),
            "updates": own["update"].mean(),
        }
    )


def seconds_to(level: float, found: pd.DataFrame) -> float | None:
    """Return when the mean curve first reaches the level, interpolated between evaluations; None where it never does.

    >>> seconds_to(0.5, pd.DataFrame({"seconds": [10.0, 20.0], "mean": [0.4, 0.6]}))
    15.0
    """
    seconds, means = found["seconds"].to_numpy(dtype=float), found["mean"].to_numpy(dtype=float)
    reached = np.flatnonzero(means >= level)
    if not len(reached):
        return None
    at = int(reached[0])
    if at == 0:
        return float(seconds[0])
    share = (level - means[at - 1]) / (means[at] - means[at - 1])
    return float(seconds[at - 1] + share * (seconds[at] - seconds[at - 1]))


def levers_table(published: Path) -> list[str]:
    """Return the lines of the table: a row per dataset and arm; a sentence where nothing was measured yet."""
    points = read_points(published)
    if points.empty:
        return ["Not measured yet."]
    lines = [*HEADER]
    for dataset, own in points.groupby("dataset", sort=False):
        gained, metric = differences(own), str(own["metric"].iloc[0])
        level = float(curve(own, BASE)["mean"].iloc[-1])
        seeds = last_scores(own).notna().sum(axis=1)
        for arm in own["experiment"].unique():
            found = curve(own, arm)
            end, when = found.iloc[-1], seconds_to(level, found)
            gain = "–"
            if arm != BASE:
                gain = format_interval(*gained.loc[arm].astype(float), signed=True)
            score = f"{end['mean']:.3f} ± {end['sd']:.3f}"
            time = "never" if when is None else f"{when:.0f}"
            cells = (dataset, METRICS[metric], arm, score, gain, time, f"{end['updates']:.0f}", seeds[arm])
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def levers_chart(points: pd.DataFrame) -> Figure:
    """Plot for each dataset the curves of all arms, and what each gains; the fast recipe and the best arm have bands.

    Bands are ± one SD over seeds; the intervals below are of the difference at the end.
    """
    names = list(points["dataset"].unique())
    arms = [arm for arm in points["experiment"].unique() if arm != BASE]
    with styled_figure(WIDTH_INCH, 2.4 + 0.17 * len(arms)) as figure:
        grid = figure.subplots(2, len(names), squeeze=False, gridspec_kw={"height_ratios": [2, 0.2 + 0.15 * len(arms)]})
        for column, name in enumerate(names):
            own = points[points["dataset"] == name]
            gained, upper, lower = differences(own), *grid[:, column]
            best = str(gained["mean"].idxmax())
            for arm in gained.index:
                found = curve(own, str(arm))
                upper.plot(found["seconds"], found["mean"], color=GREY, linewidth=0.4)
            for arm, colour in ((BASE, "black"), (best, BLUE)):
                found = curve(own, arm)
                upper.plot(found["seconds"], found["mean"], color=colour, label=arm)
                upper.fill_between(
                    found["seconds"], found["mean"] - found["sd"], found["mean"] + found["sd"], color=colour, alpha=0.2,
                    linewidth=0,
                )  # fmt: skip
            metric = METRICS[str(own["metric"].iloc[0])]
            upper.set(title=name, xlabel="processor seconds", ylabel=f"{metric}, validation images")
            upper.legend(loc="lower right")
            for arm, (mean, low, high) in zip(gained.index, gained.to_numpy(dtype=float), strict=True):
                place = arms.index(str(arm))  # not every arm need be tried on every dataset
                colour = BLUE if low > 0 else VERMILION if high < 0 else GREY
                lower.plot([low, high], [place, place], color=colour, linewidth=1.2)
                lower.plot(mean, place, "o", color=colour, markersize=3)
            lower.axvline(0, color=GREY, linewidth=0.6, zorder=0)
            lower.set_yticks(range(len(arms)), arms if column == 0 else [""] * len(arms))
            lower.set(ylim=(len(arms) - 0.4, -0.6), xlabel=f"arm − {BASE}, {metric}")
            lower.tick_params(axis="y", length=0)
            lower.xaxis.set_major_locator(MaxNLocator(4))
    return figure
