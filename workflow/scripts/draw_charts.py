"""Draw the figures of a study: learning curves, effects and transfer."""

import pandas as pd
from script import JSON, PATHS, run

from unetlib.evaluation import tables
from unetlib.evaluation.run_facts import training_frames
from unetlib.io.files import read_json
from unetlib.report import figures, size_curves
from unetlib.study.runs import trained_runs, training_experiment


def main(arguments):
    study = arguments.study["study"]
    results = arguments.tables[0].parent.parent
    ablation, transfer, differences, comparison = map(tables.read_long, arguments.tables)
    history = [
        pd.read_csv(results / "runs" / run.path / "history.csv").assign(**vars(run))
        for run in trained_runs(arguments.study)
    ]
    ablation = ablation[ablation["experiment"].isin(study["experiments"])]
    drawn = {
        "learning-curves": figures.learning_curves(pd.concat(history), experiments=study["experiments"]),
        "ablation": figures.ablation_forest(ablation, labels=tables.METRICS, runs=differences),
        "transfer": figures.transfer_heatmap(transfer, experiment=study["reference"]),
    }
    shown = {"datasets": study["datasets"], "labels": tables.METRICS, "full": study["reference"]}
    for name, levels in arguments.curves.items():
        counted = frames_of(arguments.study, results) if name == "training-size" else None
        drawn[name] = size_curves.curve(size_curves.curve_points(comparison, levels, counted), name=name, **shown)
    for name, figure in drawn.items():
        figures.save(figure, results / "figures" / f"{name}.png", results / "figures" / f"{name}.svg")


def frames_of(study, results):
    """Return how many training frames each experiment's networks of a dataset had, whoever trained them."""
    facts = [read_json(results / "runs" / run.path / "facts.json") for run in trained_runs(study)]
    counts = training_frames(facts)
    pairs = [(name, dataset) for name in study["study"]["experiments"] for dataset in study["study"]["datasets"]]
    found = {pair: counts.get((training_experiment(study, pair[0]), pair[1])) for pair in pairs}
    return {pair: count for pair, count in found.items() if count}


if __name__ == "__main__":
    run(main, __doc__, study=JSON, curves=JSON, tables=PATHS)
