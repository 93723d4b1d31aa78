"""Make the tables of a study from its long tables of scores."""

import pandas as pd
from splice import JSON, PATH, run

from unetlib import tables, wording
from unetlib.files import atomic_path, read_json
from unetlib.study import runs


def main(arguments):
    study, entries = arguments.study["study"], arguments.study["datasets"]
    scores, baselines = tables.read_long(arguments.scores), tables.read_long(arguments.baselines)
    results = arguments.scores.parent
    facts = [read_json(results / "runs" / r.path / "facts.json") for r in runs(arguments.study)]
    named = {"datasets": study["datasets"], "experiments": study["experiments"]}
    background = {name: entry["background"] for name, entry in entries.items() if entry["background"]}
    judged = named | {"background": background, "headline": {n: entry["headline"] for n, entry in entries.items()}}
    paired = named | {"background": background, "reference": study["reference"]}
    everything = pd.concat([scores, trivial(baselines, study["seeds"])])  # trivial baselines stand in every table
    made = {
        "comparison": tables.comparison(scores, baselines, **judged),
        "ablation": tables.ablation(everything, **judged, reference=study["reference"]),
        "transfer": tables.transfer(everything, **named),
        "costs": tables.costs(facts, **named),
    }
    for name, table in made.items():
        write(arguments.tables / f"{name}.csv", tables.to_csv(table))
        write(arguments.tables / f"{name}.md", wording.to_markdown(getattr(wording, f"{name}_shown")(table)))
    write(arguments.tables / "differences.csv", tables.to_csv(tables.differences(scores, **paired)))


def trivial(baselines, seeds):
    """Return the baselines as experiments that were trained on nothing, the same for every seed."""
    rows = baselines.rename(columns={"baseline": "experiment"}).assign(train_dataset=tables.NO_TRAINING)
    return pd.concat([rows.assign(seed=seed) for seed in seeds])


def write(path, text):
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, study=JSON, scores=PATH, baselines=PATH, tables=PATH)
