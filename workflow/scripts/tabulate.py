"""Make the tables of a study from its long tables of scores."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
from splice import JSON, PATH, PATHS, run

from unetlib.evaluation import ablation, run_facts, tables
from unetlib.io.files import atomic_path, read_json
from unetlib.report import display_tables
from unetlib.study.runs import EXTERNAL, Run, trained_runs
from unetlib.study.tracked_runs import tracked_runs
from unetlib.tracking.sequences import COLUMNS

TRANSFERRED = ("iou", "dice", "pixel_accuracy")


def main(arguments: argparse.Namespace) -> None:
    study, entries = arguments.study["study"], arguments.study["datasets"]
    illusions = {audit["illusion"] for audit in arguments.study["audits"].values()}  # in the audits table alone
    scores, baselines = tables.read_long(arguments.scores), tables.read_long(arguments.baselines)
    scores = scores[~scores["experiment"].isin(illusions)]
    results = arguments.scores.parent
    facts = [read_json(results / "runs" / run.path / "facts.json") for run in trained_runs(arguments.study)]
    named = {"datasets": study["datasets"], "experiments": [*study["experiments"], *study["externals"]]}
    background = {name: entry["background"] for name, entry in entries.items() if entry["background"]}
    clusters = tables.read_clusters(arguments.frames)
    judged = named | {"background": background, "headline": {n: entry["headline"] for n, entry in entries.items()}}
    judged |= {"clusters": clusters}
    paired = named | {"background": background, "reference": study["reference"]}
    seedless = scores["train_dataset"] == EXTERNAL
    trivial = baselines.rename(columns={"baseline": "experiment"}).assign(train_dataset=tables.NO_TRAINING)
    everything = pd.concat([scores[~seedless], *per_seed([scores[seedless], trivial], study["seeds"])])
    known = arguments.study["experiments"].items()
    untested = [(name, dataset) for name, entry in known for dataset in entry["same_as_reference"]]
    made = {
        "comparison": tables.comparison(scores, baselines, **judged),
        "ablation": ablation.ablation(everything, **judged, reference=study["reference"], untested=untested),
        "transfer": tables.transfer(everything, **named, metrics=TRANSFERRED, clusters=clusters),
        "costs": run_facts.cost_table(facts, **named),
        "tracking": tracking(results, tracked_runs(arguments.study)),
    }
    for name, table in made.items():
        write(arguments.tables / f"{name}.csv", tables.to_csv(table))
        write(arguments.tables / f"{name}.md", display_tables.to_markdown(display_tables.SHOWN[name](table)))
    write(
        arguments.tables / "differences.csv",
        tables.to_csv(ablation.differences(scores, **paired)),
    )


def tracking(results: Path, runs: Iterable[Run]) -> pd.DataFrame:
    """Join the rows of all tracked sequences."""
    films = [pd.read_csv(results / "tracks" / f"{run.path}.csv", dtype={"sequence": str}) for run in runs]
    table = pd.concat(films, ignore_index=True) if films else pd.DataFrame(columns=COLUMNS)
    return table.astype({"true_tracks": "Int64", "true_divisions": "Int64"})  # empty where the truth has no tracks


def per_seed(parts: Sequence[pd.DataFrame], seeds: Sequence[int]) -> Iterator[pd.DataFrame]:
    """Yield rows without a seed once per seed, because such predictions are compared with every network."""
    return (rows.assign(seed=seed) for rows in parts for seed in seeds)


def write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, study=JSON, scores=PATH, baselines=PATH, frames=PATHS, tables=PATH)
