"""Draw the charts of a study: learning curves, ablation, transfer, sweeps and protocols."""

from dataclasses import dataclass

import pandas as pd
from script import run

from unetlib.evaluation.tables import read_long
from unetlib.report.claims import read_claims
from unetlib.report.study_figures import ChartData, charts, save_figures
from unetlib.report.study_tables import trained_facts
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts


def main(arguments: Arguments) -> None:
    facts, layout = arguments.study, Layout(arguments.study.name)
    history = [pd.read_csv(layout.history(each.path)).assign(**vars(each)) for each in facts.trained_runs()]
    names = ("comparison", "ablation", "differences", "transfer")
    tables = {name: read_long(layout.table(name)) for name in names}
    if facts.protocols:
        tables |= {"waterfall": read_long(layout.table("waterfall")), "claims": read_claims(layout.table("claims"))}
    if facts.tools:
        tables["league"] = read_long(layout.table("league"))
    data = ChartData(**tables, history=pd.concat(history), facts=trained_facts(facts))
    save_figures(charts(facts, data), layout.figures)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
