"""Make the tables of a study from its long tables of scores."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation import tables
from unetlib.report.study_tables import Scores, display_table, study_tables, tracking_table, trained_facts, write_table
from unetlib.report.tool_resources import resources, tool_facts
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
    used = resources(facts) if facts.tools else None
    clusters = tables.read_clusters(arguments.frames)
    found = Scores(scores, baselines, clusters, [*failures(facts)], tool_facts(facts), used)
    made = study_tables(facts, found, trained_facts(facts)) | {"tracking": tracking_table(facts)}
    for name, table in made.items():
        write_table(Path(layout.table(name)), table, display_table(facts, name, table))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
