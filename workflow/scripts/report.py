"""Join tables, figures, sentences and provenance into one self-contained page."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.io.files import atomic_path
from unetlib.report.contents import report_context
from unetlib.report.page import render
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    config: dict[str, object]  # shown as it is
    template: Path
    citation: Path


def main(arguments: Arguments) -> None:
    context = report_context(arguments.study, arguments.config, arguments.citation.read_text(encoding="utf-8"))
    with atomic_path(Layout(arguments.study.name).report) as temporary:
        temporary.write_text(render(context, arguments.template), encoding="utf-8")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
