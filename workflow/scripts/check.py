"""Join the scores of all runs into one long table, and stop when they cannot be right."""

import csv
from collections import defaultdict

from splice import JSON, PATH, run

from unetlib import verify
from unetlib.files import read_json, write_csv
from unetlib.metrics import SCORE_COLUMNS
from unetlib.roles import judged_frames
from unetlib.standing import external_runs
from unetlib.study import judging_splits, runs, trained_twin


def main(arguments):
    results = arguments.scores.parent
    resources = results.parent.parent / "resources" / results.name
    study, everything, findings = arguments.study, [], []
    headline = {name: entry["headline"] for name, entry in study["datasets"].items()}
    trivial = defaultdict(lambda: defaultdict(list))
    for row in table(arguments.baselines):
        trivial[row["test_dataset"]][row["baseline"]].append(row)
    for each in runs(study):
        tests = tests_of(resources, judging_splits(study, each.experiment, each.train_dataset), each.fold)
        scores = table(results / "scores" / f"{each.path}.csv")
        facts = read_json(results / "runs" / trained_twin(study, each).path / "facts.json")
        findings += [*verify.coverage(each, scores, tests), verify.roles(each, facts, tests)]
        for dataset in facts["roles"]:
            metric = headline[dataset]
            own = [row for row in scores if row["test_dataset"] == dataset]
            findings += verify.beats_trivial(each, dataset, metric, own, trivial[dataset])
        everything += scores
    for each in external_runs(study["study"]):
        tests = tests_of(resources, study["splits"][""], each.fold)
        scores = table(results / "externals" / each.experiment / f"fold{each.fold}.csv")
        findings += verify.coverage(each, scores, tests)
        everything += scores
    write_csv(arguments.checks, (vars(finding) for finding in findings), verify.COLUMNS)
    for finding in findings:
        if finding.status != verify.OK:
            print(f"{finding.status}: {finding.check} of {finding.subject}: {finding.detail}")
    failed = sorted({finding.subject for finding in findings if finding.status == verify.FAILED})
    if failed:
        raise ValueError(f"{len(failed)} runs cannot be right ({', '.join(failed[:3])}); see the lines above")
    write_csv(arguments.scores, everything, SCORE_COLUMNS)


def tests_of(resources, keys, fold):
    """Return the test frames of each dataset by the split of this key."""
    return judged_frames([resources / "splits" / name / key / f"fold{fold}.csv" for name, key in keys.items()], keys)


def table(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


if __name__ == "__main__":
    run(main, __doc__, study=JSON, baselines=PATH, scores=PATH, checks=PATH)
