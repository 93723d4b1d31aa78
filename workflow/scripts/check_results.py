"""Join the scores of all runs into one long table, and stop if they cannot be right."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.evaluation.long_table import SCORE_COLUMNS
from unetlib.io.files import write_csv
from unetlib.study.facts import StudyFacts
from unetlib.study.result_checks import COLUMNS, OK, check_results


@dataclass(frozen=True)
class Arguments:
    study: StudyFacts
    scores: Path
    checks: Path


def main(arguments: Arguments) -> None:
    checked = check_results(arguments.study)
    write_csv(arguments.checks, (vars(finding) for finding in checked.findings), COLUMNS)
    for finding in checked.findings:
        if finding.status != OK:
            print(f"{finding.status}: {finding.check} of {finding.subject}: {finding.detail}")
    if failed := checked.failed:
        raise ValueError(f"{len(failed)} runs cannot be right ({', '.join(failed[:3])}); see the lines above")
    write_csv(arguments.scores, checked.scores, SCORE_COLUMNS)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
