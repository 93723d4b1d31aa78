"""Join tables, figures, sentences and provenance into one self-contained page."""

import argparse

from splice import JSON, PATH, run

from unetlib.io.files import atomic_path
from unetlib.report.contents import report_context
from unetlib.report.page import render


def main(arguments: argparse.Namespace) -> None:
    citation = arguments.citation.read_text(encoding="utf-8")
    context = report_context(arguments.config, arguments.checks.parent, citation)
    with atomic_path(arguments.output) as temporary:
        temporary.write_text(render(context, arguments.template), encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, config=JSON, checks=PATH, template=PATH, citation=PATH, output=PATH)
