"""Training costs and training frames of a study, from the facts.json of its runs."""

from collections.abc import Iterable, Sequence
from statistics import fmean

import pandas as pd

from unetlib.evaluation.tables import sort_rows
from unetlib.networks.run_record import RunFacts

COST_FACTS = ["experiment", "train_dataset", "fold", "seed", "parameters", "updates", "best_update"]
COST_FACTS += ["train_seconds", "peak_memory_bytes", "device", "threads"]


def cost_table(facts: Iterable[RunFacts], *, datasets: Sequence[str], experiments: Sequence[str]) -> pd.DataFrame:
    """Return the cost of each run, and last the total: summed seconds and updates, maximum memory and parameters.

    A fact that a run lacks is empty.
    """
    rows = [{key: getattr(fact, key) for key in COST_FACTS} for fact in facts]
    frame = pd.DataFrame(rows, columns=COST_FACTS)
    frame["peak_memory_bytes"] = pd.to_numeric(frame["peak_memory_bytes"]) / 2**20
    frame = frame.rename(columns={"peak_memory_bytes": "peak_memory_mib"})
    frame = sort_rows(frame, experiment=experiments, train_dataset=datasets, then=["fold", "seed"])
    for column in ("fold", "seed", "parameters", "updates", "best_update", "threads"):
        frame[column] = frame[column].astype("Int64")
    if len(frame):
        total = {name: frame[name].sum() for name in ("train_seconds", "updates")}
        total |= {name: frame[name].max() for name in ("peak_memory_mib", "parameters")}
        frame.loc[len(frame)] = pd.Series({"experiment": "total", **total})
    return frame


def training_frames(facts: Iterable[RunFacts]) -> dict[tuple[str, str], float]:
    """Return the mean number of training frames by experiment and dataset."""
    found: dict[tuple[str, str], list[int]] = {}
    for fact in facts:
        for dataset, roles in fact.roles.items():
            if fact.experiment is not None and dataset == fact.train_dataset:
                found.setdefault((fact.experiment, dataset), []).append(len(roles["train"]))
    return {key: fmean(counts) for key, counts in found.items()}
