"""Draw the figures of a study: learning curves, effects and transfer."""

import pandas as pd
from splice import JSON, PATHS, run

from unetlib import figures, tables
from unetlib.study import trained_runs


def main(arguments):
    study = arguments.study["study"]
    results = arguments.tables[0].parent.parent
    ablation, transfer, differences = map(tables.read_long, arguments.tables)
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
    for name, figure in drawn.items():
        figures.save(figure, results / "figures" / f"{name}.png", results / "figures" / f"{name}.svg")


if __name__ == "__main__":
    run(main, __doc__, study=JSON, tables=PATHS)
