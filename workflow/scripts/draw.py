"""Draw the figures of a study: learning curves, effects and transfer."""

import argparse

import pandas as pd
from splice import JSON, PATHS, run

from unetlib.evaluation.tables import read_long
from unetlib.io.files import read_json
from unetlib.report.study_figures import ChartData, charts, save_figures
from unetlib.study.runs import trained_runs


def main(arguments: argparse.Namespace) -> None:
    results = arguments.tables[0].parent.parent
    runs = trained_runs(arguments.study)
    history = [pd.read_csv(results / "runs" / each.path / "history.csv").assign(**vars(each)) for each in runs]
    facts = [read_json(results / "runs" / each.path / "facts.json") for each in runs]
    tables = {path.stem: read_long(path) for path in arguments.tables}
    data = ChartData(**tables, history=pd.concat(history), facts=facts)
    save_figures(charts(arguments.study, arguments.curves, data), results / "figures")


if __name__ == "__main__":
    run(main, __doc__, study=JSON, curves=JSON, tables=PATHS)
