"""Stop with one line at the end of a study if an external tool failed; all other results are complete."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.io.files import write_csv
from unetlib.study.external_scores import failures
from unetlib.study.facts import StudyFacts


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    output: Path


def main(arguments: Arguments) -> None:
    if failed := [str(each) for each in failures(arguments.study)]:
        raise ValueError(f"external tools failed, everything else is complete: {'; '.join(failed)}")
    tools = [*arguments.study.external_tools, *arguments.study.tools]
    write_csv(arguments.output, ({"tool": name} for name in tools), ["tool"])


if __name__ == "__main__":
    run(main, Arguments, __doc__)
