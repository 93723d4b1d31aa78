"""Tables and numbers as a person reads them: display tables, Markdown, and what was asked and found in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from unetlib.tables import COUNTS, METRICS, NO_TRAINING

TITLES = {"test_dataset": "tested on", "train_dataset": "trained on", **METRICS}
FEW_RUNS = 3  # below this many runs no effect is called clear


def number(value: float, sd: float | None = None, *, signed: bool = False) -> str:
    """A score as text with three decimals: `0.912 ± 0.004`, `−0.120`; an en dash where there is no value."""
    if pd.isna(value):
        return "–"
    text = f"{round(value, 3) + 0.0:{'+' if signed else ''}.3f}".replace("-", "−")
    return text if sd is None or pd.isna(sd) else f"{text} ± {sd:.3f}"


def comparison_shown(comparison: pd.DataFrame) -> pd.DataFrame:
    """tables.comparison as text: one row per dataset and experiment, one `mean ± SD` per metric, runs, images, n."""
    keys = ["test_dataset", "experiment", "train_dataset"]
    metrics = [metric for metric in METRICS if metric in set(comparison["metric"]) - {"iou_background"}]
    rows = []
    for values, group in comparison.groupby(keys, sort=False):
        row: dict[str, Any] = dict(zip(keys, values, strict=True)) | dict.fromkeys(metrics, "–")
        row |= {r["metric"]: number(r["mean"], r["sd"]) for r in _records(group) if r["metric"] in metrics}
        rows.append(row | {count: group[count].max() for count in COUNTS})
    return pd.DataFrame(rows, columns=[*keys, *metrics, *COUNTS]).rename(columns=TITLES)


def ablation_shown(ablation: pd.DataFrame) -> pd.DataFrame:
    """tables.ablation as text, headline metrics only: difference ± SD, 95 % interval, range and agreement of runs."""
    rows = ablation[ablation["headline"].astype(bool)]
    shown = pd.DataFrame(
        {
            "tested on": rows["test_dataset"],
            "experiment": rows["experiment"],
            "trained on": rows["train_dataset"],
            "metric": rows["metric"].map(_shown),
            "reference": rows["reference"].map(number),
            "experiment scores": rows["variant"].map(number),
            "difference": [number(r["difference"], r["sd"], signed=True) for r in _records(rows)],
            "95 % interval": [_interval(r["low"], r["high"]) for r in _records(rows)],
            "range over runs": [_interval(r["min"], r["max"]) for r in _records(rows)],
            "runs that agree": [f"{r['agree']} of {r['runs']}" for r in _records(rows)],
        }
    )
    return shown.join(rows[COUNTS]).reset_index(drop=True)


def transfer_shown(transfer: pd.DataFrame) -> pd.DataFrame:
    """tables.transfer as text: scores as `mean ± SD`, foreground fractions in per cent side by side."""
    rows = transfer[["experiment", "train_dataset", "test_dataset"]].copy()
    for metric in [metric for metric in METRICS if metric in transfer]:
        pairs = zip(transfer[metric], transfer[f"{metric}_sd"], strict=True)
        rows[metric] = [number(mean, sd) for mean, sd in pairs]
    rows["predicted foreground"] = transfer["predicted_foreground"].map(_percent)
    rows["true foreground"] = transfer["true_foreground"].map(_percent)
    return rows.join(transfer[COUNTS]).rename(columns=TITLES)


def costs_shown(costs: pd.DataFrame) -> pd.DataFrame:
    """tables.costs as text: whole seconds and MiB, grouped digits."""
    whole = ["fold", "seed", "parameters", "updates", "best_update", "train_seconds", "peak_memory_mib", "threads"]
    titles = {"train_seconds": "training (s)", "peak_memory_mib": "peak memory (MiB)", "best_update": "best update"}
    shown = costs.copy().astype(object)
    for column in whole:
        shown[column] = ["–" if pd.isna(value) else f"{value:,.0f}" for value in costs[column]]
    shown = shown.where(shown.notna(), "–")
    return shown.rename(columns=TITLES | titles)


def to_markdown(table: pd.DataFrame) -> str:
    """The table as a Markdown pipe table: text to the left, everything that starts like a number to the right."""
    cells = [[_escaped(value) for value in row] for row in table.itertuples(index=False)]
    header = [_escaped(column) for column in table.columns]
    right = [all(row[i][:1] in "0123456789+−–" for row in cells) for i in range(len(header))]
    rule = ["---:" if numeric else ":---" for numeric in right]
    return "".join(f"| {' | '.join(row)} |\n" for row in [header, rule, *cells])


def findings(
    comparison: pd.DataFrame,
    ablation: pd.DataFrame,
    transfer: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    reference: str,
) -> dict[str, list[str]]:
    """Sentences under "What was asked", "What was found" and "How sure we are", made from the numbers alone."""
    best, effects = (table[table["headline"].astype(bool)] for table in (comparison, ablation))
    found = [_dataset_sentence(group, reference) for _, group in best.groupby("test_dataset", sort=False)]
    found += [_effect_sentence(group, reference) for _, group in effects.groupby("experiment", sort=False)]
    found += _transfer_sentences(transfer, reference)
    return {
        "What was asked": _asked(comparison, costs, reference),
        "What was found": found or ["No network has been scored yet."],
        "How sure we are": _sureness(best, effects),
    }


def _dataset_sentence(rows: pd.DataFrame, reference: str) -> str:
    trained = _records(rows[rows["train_dataset"] != NO_TRAINING])
    trivial = _records(rows[rows["train_dataset"] == NO_TRAINING])
    dataset, metric = rows["test_dataset"].iloc[0], _shown(rows["metric"].iloc[0])
    if not trained:
        return f"{dataset}: no network has been scored."
    top = max(trained, key=lambda row: row["mean"])
    text = f"{dataset}: {top['experiment']} scored highest, {metric} {number(top['mean'], top['sd'])}"
    text += f" ({_count(top['runs'], 'run')}, {_count(top['images'], 'test image')})"
    base = [row for row in trained if row["experiment"] == reference != top["experiment"]]
    text += "".join(f"; {reference} {number(row['mean'], row['sd'])}" for row in base)
    if trivial:
        floor = max(trivial, key=lambda row: row["mean"])
        text += f"; the best trivial baseline, {floor['experiment']}, {number(floor['mean'])}"
        below = [row["experiment"] for row in trained if row["mean"] <= floor["mean"]]
        text += f". No better than that baseline: {_listed(below)}" if below else ""
    return text + "."


def _effect_sentence(rows: pd.DataFrame, reference: str) -> str:
    """What one experiment changed on every dataset, the clearest first."""
    verdicts: dict[str, list[str]] = {}
    for row in sorted(_records(rows), key=_clarity):
        size = f"{_shown(row['metric'])} {number(row['difference'], signed=True)}{_brackets(row)}"
        verdicts.setdefault(_verdict(row, reference), []).append(f"{row['test_dataset']} ({size})")
    parts = [f"{verdict} on {_listed(where)}" for verdict, where in verdicts.items()]
    return f"{rows['experiment'].iloc[0]}: {'; '.join(parts)}."


def _clarity(row: Mapping[str, Any]) -> int:
    """0: three runs or more, 95 % interval without zero; 1: all runs agree in sign; 2: they do not; 3: one run."""
    if row["runs"] < 2:
        return 3
    if row["runs"] >= FEW_RUNS and row["low"] * row["high"] > 0:
        return 0
    return 1 if row["agree"] == row["runs"] else 2


def _verdict(row: Mapping[str, Any], reference: str) -> str:
    way = "higher" if row["difference"] > 0 else "lower"
    return (
        f"clearly {way} than {reference}",
        f"{way} than {reference} in {'both' if row['runs'] == 2 else 'all'} runs, but not clearly,",
        "no difference beyond run-to-run variation",
        "a single run, which chance may explain,",
    )[_clarity(row)]


def _brackets(row: Mapping[str, Any]) -> str:
    if pd.isna(row["low"]):
        return ""
    return f" [{number(row['low'], signed=True)}, {number(row['high'], signed=True)}]"


def _transfer_sentences(transfer: pd.DataFrame, reference: str) -> list[str]:
    rows = transfer[transfer["experiment"] == reference]
    abroad = _records(
        rows[(rows["train_dataset"] != rows["test_dataset"]) & rows["train_dataset"].isin(rows["test_dataset"])]
    )
    if not abroad:
        return []
    worst, *_, best = sorted([*abroad, *abroad], key=lambda row: row["iou"])
    far = max(abroad, key=lambda row: abs(row["predicted_foreground"] - row["true_foreground"]))
    return [
        f"Transfer: {reference} on a dataset it was not trained on has IoU from {_trip(worst)} to {_trip(best)}. "
        f"Foreground is furthest off in {far['train_dataset']} → {far['test_dataset']}: "
        f"{_percent(far['predicted_foreground'])} predicted, {_percent(far['true_foreground'])} true."
    ]


def _trip(row: Mapping[str, Any]) -> str:
    return f"{number(row['iou'], row['iou_sd'])} ({row['train_dataset']} → {row['test_dataset']})"


def _asked(comparison: pd.DataFrame, costs: pd.DataFrame, reference: str) -> list[str]:
    runs = costs[costs["experiment"] != "total"]
    changes = [name for name in dict.fromkeys(runs["experiment"]) if name != reference]
    datasets = list(dict.fromkeys(comparison["test_dataset"]))
    question = f"How well does a U-Net segment {_listed(datasets)}, and what is each ingredient worth?"
    scale = f"{_count(len(runs), 'network')} trained in {_duration(runs['train_seconds'].sum())}"
    scale += f" and scored on {_listed(datasets)}, on test images that had no part in training or model selection."
    compared = f"Each of {_listed(changes)} is compared to {reference} on the same test images, fold and seed."
    return [question, scale, *([compared] if changes else [])]


def _sureness(best: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    trained = best[best["train_dataset"] != NO_TRAINING]
    if trained.empty:
        return ["Nothing can be said yet."]
    low, high = trained["runs"].min(), trained["runs"].max()
    spread = _count(low, "run") if low == high else f"{low} to {high} runs"
    text = [
        f"A score is the mean over {spread} (folds × seeds), each over its test images; ± is the standard deviation "
        "over runs. It says how far retraining moves a score, not how far other images would."
    ]
    if low < FEW_RUNS:
        text.append("With fewer than three runs a difference is a hint; no effect is called clear.")
    if len(effects):
        clear = sum(_clarity(row) == 0 for row in _records(effects))
        text.append(
            "Square brackets hold the 95 % t-interval over runs. It takes runs as independent; runs of one fold share "
            "their images, so it is rather too narrow than too wide."
        )
        asked = int((effects["runs"] >= FEW_RUNS).sum())
        text.append(
            f"{clear} of {_count(len(effects), 'comparison')} with the reference are clear: three runs or more and an "
            f"interval without zero. If nothing had any effect, about {0.05 * asked:.1f} would be clear by chance."
        )
    return text


def _listed(names: Sequence[str] | pd.Series) -> str:
    names = [str(name) for name in names]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"


def _shown(metric: str) -> str:
    return METRICS.get(metric, metric)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _interval(low: float, high: float) -> str:
    return "–" if pd.isna(low) else f"{number(low, signed=True)} to {number(high, signed=True)}"


def _percent(fraction: float) -> str:
    return "–" if pd.isna(fraction) else f"{100 * fraction:.1f} %"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _escaped(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
