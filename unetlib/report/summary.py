"""Sentences on a study's questions, findings and uncertainty, made from its tables alone."""

from collections.abc import Sequence

import pandas as pd

from unetlib.evaluation.decision import ALPHA, MARGIN
from unetlib.evaluation.intervals import CLUSTERS, IMAGES, SEEDS, resampled_units
from unetlib.evaluation.tables import NO_TRAINING
from unetlib.io.wording import counted
from unetlib.report.decided import effect_rows
from unetlib.report.display_tables import format_interval, format_value, metric_name, percent
from unetlib.report.table_rows import EffectRow, ScoreRow, TransferRow, records
from unetlib.study.result_checks import BEATS_TRIVIAL, FLAGGED

COVERED = {  # resampled unit → what an interval covers
    CLUSTERS: "further sequences or groups of images",
    IMAGES: "further images of the tested sequences or groups (not of others)",
}
LISTED_EXPERIMENTS = 6  # at most so many experiments are named in a warning


def findings(
    comparison: pd.DataFrame,
    ablation: pd.DataFrame,
    transfer: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    reference: str,
) -> dict[str, list[str]]:
    """Return sentences under the headings "Questions", "Findings" and "Uncertainty"."""
    best, effects = (table[table["primary"].astype(bool)] for table in (comparison, ablation))
    found = [_dataset_sentence(group, reference) for _, group in best.groupby("test_dataset", sort=False)]
    found += _transfer_sentences(transfer, reference)
    changes = [group for _, group in effects.groupby("experiment", sort=False)]
    changes.sort(key=lambda group: min(map(_clarity, effect_rows(group))))  # the clearest first
    found += [_effect_sentence(group, reference) for group in changes]
    return {
        "Questions": _questions(comparison, effects, costs, reference),
        "Findings": found or ["No network has been scored yet."],
        "Uncertainty": _uncertainty(best, effects),
    }


def warnings(checks: pd.DataFrame) -> dict[str, list[str]]:
    """Return the warnings of the report: one sentence per test dataset → the flagged results behind it.

    checks: the table with the columns `result_checks.COLUMNS`.
    """
    rows = checks[checks["check"] == BEATS_TRIVIAL]
    rows = rows.assign(flagged=rows["status"] == FLAGGED)
    found = {}
    for dataset, group in rows.groupby("dataset", sort=False):
        flagged = group[group["flagged"]]
        if flagged.empty:
            continue
        counts = group.groupby("experiment", sort=False)["flagged"].agg(["sum", "size"]).query("sum > 0")
        worst = [f"{name} ({bad} of {tested})" for name, bad, tested in counts.itertuples()]
        # "1 more experiments" would take the place of one name, so the list is cut only if two or more are left out.
        rest = [f"{len(worst) - LISTED_EXPERIMENTS} more experiments"] if len(worst) > LISTED_EXPERIMENTS + 1 else []
        sentence = (
            f"{dataset}: {len(flagged)} of {counted(len(group), 'network')} scored no better than the best trivial "
        )
        sentence += f"baseline: {_listed([*(worst[:LISTED_EXPERIMENTS] if rest else worst), *rest])}."
        found[sentence] = [f"{subject}: {detail}" for subject, detail in flagged[["subject", "detail"]].to_numpy()]
    others = checks[(checks["status"] == FLAGGED) & (checks["check"] != BEATS_TRIVIAL)]
    if len(others):
        found[f"{counted(len(others), 'other check')} flagged a result."] = [
            f"{row.check} of {row.subject}: {row.detail}" for row in others.itertuples()
        ]
    return found


def _dataset_sentence(rows: pd.DataFrame, reference: str) -> str:
    trained = records(rows[rows["train_dataset"] != NO_TRAINING], ScoreRow)
    trivial = records(rows[rows["train_dataset"] == NO_TRAINING], ScoreRow)
    dataset, metric = rows["test_dataset"].iloc[0], metric_name(rows["metric"].iloc[0])
    if not trained:
        return f"{dataset}: no network has been scored."
    base = [row for row in trained if row["experiment"] == reference]
    others = [row["mean"] for row in trained if row["experiment"] != reference]
    parts = [f"{reference} {_score(row)} ({_counts(row)})" for row in base]
    if others:
        ends = " to ".join(format_value(end) for end in dict.fromkeys((min(others), max(others))))
        parts.append(f"{counted(len(others), 'other experiment')} {ends}")
    text = f"{dataset}: {metric} of {'; '.join(parts)}"
    if trivial:
        floor = max(trivial, key=lambda row: row["mean"])
        text += f"; the best trivial baseline, {floor['experiment']}, {format_value(floor['mean'])}"
        below = [row["experiment"] for row in trained if row["mean"] <= floor["mean"]]
        text += f". No better than that baseline: {_listed(below)}" if below else ""
    return text + "."


def _counts(row: ScoreRow) -> str:
    return f"{counted(row['runs'], 'run')}, {counted(row['images'], 'test image')}"


def _score(row: ScoreRow) -> str:
    return format_interval(row["mean"], row["low"], row["high"])


def _effect_sentence(rows: pd.DataFrame, reference: str) -> str:
    """Return a sentence on the effect of one experiment on each dataset, the clearest first."""
    verdicts: dict[str, list[str]] = {}
    # Identical to the reference by construction and therefore not tested: `experiments.same_as_reference`.
    same = rows["p_holm"].isna() & (rows["difference"] == 0)
    if same.all():
        return f"{rows['experiment'].iloc[0]}: identical to {reference} on {_listed(list(rows['test_dataset']))}."
    for row in sorted(effect_rows(rows[~same]), key=_clarity):
        size = format_interval(row["difference"], row["low"], row["high"], signed=True)
        text = f"{row['test_dataset']} ({metric_name(row['metric'])} {size})"
        verdicts.setdefault(_verdict(row, reference), []).append(text)
    parts = [f"{verdict} on {_listed(where)}" for verdict, where in verdicts.items()]
    return f"{rows['experiment'].iloc[0]}: {'; '.join(parts)}."


def _clarity(row: EffectRow) -> int:
    """Return the rank of an effect, the clearest first; `_verdict` has the words for each rank.

    0: clear; 1: equivalent; 2: significant, but trained once; 3: the interval excludes zero; 4: it contains zero; 5:
    there is no interval.
    """
    if pd.isna(row["low"]):
        return 5
    if row["clear"]:
        return 0
    if row["equivalent"]:
        return 1
    if not (row["low"] > 0 or row["high"] < 0):
        return 4
    return 2 if row["p_holm"] < ALPHA else 3


def _verdict(row: EffectRow, reference: str) -> str:
    """Return the words for an effect, by the rank of `_clarity`."""
    way = "higher" if row["difference"] > 0 else "lower"
    return (
        f"clearly {way} than {reference}",
        f"no difference beyond ± {MARGIN} to {reference}",
        f"{way} than {reference} for these networks, each trained only once,",
        f"{way} than {reference}, but not clearly after correction for all comparisons,",
        "undecided",
        "undecided by a single run and image",
    )[_clarity(row)]


def _transfer_sentences(transfer: pd.DataFrame, reference: str) -> list[str]:
    rows = transfer[transfer["experiment"] == reference]
    elsewhere = (rows["train_dataset"] != rows["test_dataset"]) & rows["train_dataset"].isin(rows["test_dataset"])
    abroad = sorted(records(rows[elsewhere], TransferRow), key=lambda row: row["iou"])
    if not abroad:
        return []
    worst, best = abroad[0], abroad[-1]
    local = {
        row["test_dataset"]: row for row in records(rows, TransferRow) if row["train_dataset"] == row["test_dataset"]
    }
    better = [row for row in abroad if row["test_dataset"] in local and row["iou"] > local[row["test_dataset"]]["iou"]]
    far = max(abroad, key=lambda row: abs(row["predicted_foreground"] - row["true_foreground"]))
    return [
        f"Transfer: {reference} on a dataset it was not trained on has IoU from {_trip(worst)} to {_trip(best)}. "
        f"Foreground is furthest off in {far['train_dataset']} → {far['test_dataset']}: "
        f"{percent(far['predicted_foreground'])} predicted, {percent(far['true_foreground'])} true.",
        *(_better_elsewhere(row, local[row["test_dataset"]], reference) for row in reversed(better)),
    ]


def _better_elsewhere(row: TransferRow, local: TransferRow, reference: str) -> str:
    """Return a sentence on a network that outscores, on a dataset it was not trained on, the network trained on it."""
    own, foreign = (format_value(each["iou"]) for each in (local, row))
    text = f"{row['test_dataset']}: {reference} trained on {row['train_dataset']} alone has IoU {foreign} there, above "
    return f"{text}{own} of {reference} trained on {row['test_dataset']} itself."


def _trip(row: TransferRow) -> str:
    score = format_interval(row["iou"], row["iou_low"], row["iou_high"])
    return f"{score} ({row['train_dataset']} → {row['test_dataset']})"


def _questions(comparison: pd.DataFrame, effects: pd.DataFrame, costs: pd.DataFrame, reference: str) -> list[str]:
    runs = costs[costs["experiment"] != "total"]
    changes = list(dict.fromkeys(effects["experiment"]))
    datasets = list(dict.fromkeys(comparison["test_dataset"]))
    question = f"How well does a U-Net segment {_listed(datasets)}, and how much does each component contribute?"
    scale = f"{counted(len(runs), 'network')} trained in {_duration(runs['train_seconds'].sum())}"
    scale += f" and scored on {_listed(datasets)}, on test images that had no part in training or model selection."
    each = "Each of " if len(changes) > 1 else ""
    compared = f"{each}{_listed(changes)} is compared with {reference} on the same test images, fold and seed."
    return [question, scale, *([compared] if changes else [])]


def _uncertainty(best: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    trained = best[best["train_dataset"] != NO_TRAINING]
    if trained.empty:
        return ["No network has been scored yet."]
    low, high = trained["runs"].min(), trained["runs"].max()
    spread = counted(low, "run") if low == high else f"{low} to {high} runs"
    text = [
        f"A score is the mean over {spread} (folds × seeds), each over its test images. Square brackets hold the 95 % "
        "interval of that mean, of what is named here (docs/statistics.md)."
    ]
    for resampled, rows in trained.fillna({"resampled": ""}).groupby("resampled", sort=False):
        text.append(f"{_listed(list(dict.fromkeys(rows['test_dataset'])))}: {_covered(str(resampled))}.")
    if len(effects):
        tested = int(effects["p_holm"].notna().sum())
        clear = int(effects["clear"].astype(bool).sum())
        text.append(
            f"Clear comparisons with the reference: {clear} of {tested}. A difference is clear when the networks were "
            f"trained more than once and p < {ALPHA} after Holm's correction among the comparisons that answer one "
            "question on one dataset."
        )
    return text


def _covered(resampled: str) -> str:
    """Return the sources of variation that an interval covers, from the units that it resamples."""
    units = resampled_units(resampled)
    about = [words for unit, words in COVERED.items() if unit in units]
    if SEEDS in units:
        return f"intervals cover {' and '.join([*about, 'retrained networks'])}"
    if about:
        return f"intervals cover {about[0]}, but not retraining: each network was trained once"
    return "no interval, because one image and one run have no spread"


def _listed(names: Sequence[str] | pd.Series) -> str:
    names = [str(name) for name in names]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
