"""Draw the charts of a study: learning curves, ablation, transfer and sweeps."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from script import run

from unetlib.evaluation import tables
from unetlib.evaluation.run_facts import training_frames
from unetlib.report import figures, size_curves
from unetlib.report.study_tables import trained_facts
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts


def main(arguments: Arguments) -> None:
    facts, layout = arguments.study, Layout(arguments.study.name)
    names = ("ablation", "transfer", "differences", "comparison")
    ablation, transfer, differences, comparison = (tables.read_long(layout.table(name)) for name in names)
    history = [pd.read_csv(layout.history(run.path)).assign(**vars(run)) for run in facts.trained_runs()]
    experiments = [*facts.experiments]
    drawn = {
        "learning-curves": figures.learning_curves(pd.concat(history), experiments=experiments),
        "ablation": figures.ablation_forest(
            ablation[ablation["experiment"].isin(experiments)], labels=tables.METRICS, runs=differences
        ),
        "transfer": figures.transfer_heatmap(transfer, experiment=facts.reference),
    }
    for name, levels in facts.sweeps.items():
        counted = frames_of(facts) if name == "training-size" else None
        points = size_curves.curve_points(comparison, levels, counted)
        drawn[name] = size_curves.curve(
            points, name=name, datasets=[*facts.datasets], labels=tables.METRICS, full=facts.reference
        )
    for name, figure in drawn.items():
        figures.save(figure, *(Path(layout.figure(name, suffix)) for suffix in ("png", "svg")))


def frames_of(facts: StudyFacts) -> dict[tuple[str, str], float]:
    """Return how many training frames each experiment's networks of a dataset had, whoever trained them."""
    counts = training_frames(trained_facts(facts))
    pairs = [(name, dataset) for name in facts.experiments for dataset in facts.datasets]
    found = {pair: counts.get((facts.experiments[pair[0]].trained_by, pair[1])) for pair in pairs}
    return {pair: count for pair, count in found.items() if count}


if __name__ == "__main__":
    run(main, Arguments, __doc__)
