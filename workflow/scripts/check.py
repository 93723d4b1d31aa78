"""Join the scores of all runs into one long table, and stop when they cannot be right."""

import csv
from collections import defaultdict

from splice import JSON, PATH, run

from unetlib import verify
from unetlib.files import read_json, write_csv
from unetlib.metrics import SCORE_COLUMNS
from unetlib.splits import frames_with_role
from unetlib.study import runs


def main(arguments):
    results = arguments.scores.parent
    resources = results.parent.parent / "resources" / results.name
    datasets, everything, findings = arguments.study["study"]["datasets"], [], []
    headline = {name: entry["headline"] for name, entry in arguments.study["datasets"].items()}
    trivial = defaultdict(lambda: defaultdict(list))
    for row in table(arguments.baselines):
        trivial[row["test_dataset"], int(row["fold"])][row["baseline"]].append(row)
    for each in runs(arguments.study):
        tests = {n: frames_with_role(resources / "splits" / n / f"fold{each.fold}.csv", "test") for n in datasets}
        scores = table(results / "scores" / f"{each.path}.csv")
        facts = read_json(results / "runs" / each.path / "facts.json")
        findings += [*verify.coverage(each, scores, tests), verify.roles(each, facts, tests)]
        for dataset in facts["roles"]:
            metric = headline[dataset]
            score = verify.mean_score(metric, (row for row in scores if row["test_dataset"] == dataset))
            floor = {name: verify.mean_score(metric, rows) for name, rows in trivial[dataset, each.fold].items()}
            findings.append(verify.beats_trivial(each, dataset, metric, score, floor))
        everything += scores
    write_csv(arguments.checks, (vars(finding) for finding in findings), verify.COLUMNS)
    for finding in findings:
        if finding.status != verify.OK:
            print(f"{finding.status}: {finding.check} of {finding.subject}: {finding.detail}")
    failed = sorted({finding.subject for finding in findings if finding.status == verify.FAILED})
    if failed:
        raise ValueError(f"{len(failed)} runs cannot be right ({', '.join(failed[:3])}); see the lines above")
    write_csv(arguments.scores, everything, SCORE_COLUMNS)


def table(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


if __name__ == "__main__":
    run(main, __doc__, study=JSON, baselines=PATH, scores=PATH, checks=PATH)
