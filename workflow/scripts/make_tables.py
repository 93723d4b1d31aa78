"""Make the tables of a study from its long tables of scores."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation import tables
from unetlib.report.display_tables import SHOWN
from unetlib.report.study_tables import Scores, study_tables, tracking_table, trained_facts, write_table
from unetlib.study.external_scores import failures
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    scores: Path
    baselines: Path
    frames: list[Path]


def main(arguments: Arguments) -> None:
    facts, layout = arguments.study, Layout(arguments.study.name)
    scores, baselines = (tables.read_long(path) for path in (arguments.scores, arguments.baselines))
    found = Scores(scores, baselines, tables.read_clusters(arguments.frames), [*failures(facts)])
    made = study_tables(facts, found, trained_facts(facts)) | {"tracking": tracking_table(facts)}
    for name, table in made.items():
        write_table(Path(layout.table(name)), table, SHOWN[name](table) if name in SHOWN else None)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
