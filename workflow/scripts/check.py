"""Join the scores of all runs into one long table, and stop when they cannot be right."""

import csv
from collections import defaultdict

from splice import JSON, PATH, run

from unetlib.datasets.split_files import frames_for_testing
from unetlib.evaluation.long_table import SCORE_COLUMNS
from unetlib.io.files import read_json, write_csv
from unetlib.study import result_checks
from unetlib.study.runs import external_runs, runs, split_keys_for_testing, training_run


def main(arguments):
    results = arguments.scores.parent
    resources = results.parent.parent / "resources" / results.name
    study, everything, findings = arguments.study, [], []
    headline = {name: entry["headline"] for name, entry in study["datasets"].items()}
    trivial = defaultdict(lambda: defaultdict(list))
    for row in table(arguments.baselines):
        trivial[row["test_dataset"]][row["baseline"]].append(row)
    for each in runs(study):
        tests = tests_of(resources, split_keys_for_testing(study, each.experiment, each.train_dataset), each.fold)
        scores = table(results / "scores" / f"{each.path}.csv")
        facts = read_json(results / "runs" / training_run(study, each).path / "facts.json")
        findings += [*result_checks.coverage(each, scores, tests), result_checks.roles(each, facts, tests)]
        for dataset in facts["roles"]:
            metric = headline[dataset]
            own = [row for row in scores if row["test_dataset"] == dataset]
            findings += result_checks.beats_trivial(each, dataset, metric, own, trivial[dataset])
        everything += scores
    for each in external_runs(study["study"]):
        tests = tests_of(resources, study["splits"][""], each.fold)
        scores = table(results / "externals" / each.experiment / f"fold{each.fold}.csv")
        findings += result_checks.coverage(each, scores, tests)
        everything += scores
    write_csv(arguments.checks, (vars(finding) for finding in findings), result_checks.COLUMNS)
    for finding in findings:
        if finding.status != result_checks.OK:
            print(f"{finding.status}: {finding.check} of {finding.subject}: {finding.detail}")
    failed = sorted({finding.subject for finding in findings if finding.status == result_checks.FAILED})
    if failed:
        raise ValueError(f"{len(failed)} runs cannot be right ({', '.join(failed[:3])}); see the lines above")
    write_csv(arguments.scores, everything, SCORE_COLUMNS)


def tests_of(resources, keys, fold):
    """Return the test frames of each dataset by the split of this key."""
    return frames_for_testing(
        [resources / "splits" / name / key / f"fold{fold}.csv" for name, key in keys.items()], keys
    )


def table(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


if __name__ == "__main__":
    run(main, __doc__, study=JSON, baselines=PATH, scores=PATH, checks=PATH)
