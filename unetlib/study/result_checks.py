"""Sanity checks of a study's results: complete coverage, disjoint roles, better than trivial baselines.

A finding is ok, flagged (a result that a reader must know about, such as a network below a trivial baseline) or
failed (the results cannot be trusted: the workflow stops).
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unetlib.datasets.frames import read_frames
from unetlib.datasets.split_files import USED, frames_for_testing, read_roles, role_column
from unetlib.evaluation.long_table import BASELINE_COLUMNS, SCORE_COLUMNS, mean_score
from unetlib.io.files import read_csv
from unetlib.networks.run_record import RunFacts, read_facts
from unetlib.study.external_scores import Failure, failures
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.runs import EXTERNAL, Run
from unetlib.study.shared_across import SharedImage, seen_elsewhere

Row = dict[str, str]  # of a long table
OK, FLAGGED, FAILED = "ok", "flagged", "failed"
COLUMNS = ("check", "subject", "status", "detail", "experiment", "dataset")
EXTERNAL_TOOL = "external tool"  # the check that an external tool made label images that can be scored
BEATS_TRIVIAL = "baseline"  # the check of a score against the trivial baselines
REQUIRED = frozenset(
    ["iou", "dice", "precision", "recall", "pixel_accuracy", "seg", "ap50", "map", "v_rand", "v_info", "objects"]
)
UNDEFINED_ALLOWED = frozenset(  # det: of an image without markers; roundness, holed: without a predicted cell
    ["seg", "ap50", "map", "v_rand", "v_info", "iou_background", "seg_ctc", "det", "roundness", "holed"]
)


@dataclass(frozen=True)
class Finding:
    """One check of one subject: a run, or a run on a dataset (empty: on all its datasets)."""

    check: str
    subject: str
    status: str
    detail: str
    experiment: str
    dataset: str = ""


@dataclass(frozen=True)
class CheckedResults:
    """The long table of all scores of a study, and the findings about it."""

    scores: list[Row]
    findings: list[Finding]

    @property
    def failed(self) -> list[str]:
        """The runs whose results cannot be trusted."""
        return sorted({finding.subject for finding in self.findings if finding.status == FAILED})


def check_results(facts: StudyFacts) -> CheckedResults:
    """Return all scores of a study in the order of its runs, and the findings for every run and external tool."""
    layout, scores, findings = Layout(facts.name), list[Row](), list[Finding]()
    trivial: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in read_csv(layout.baselines, BASELINE_COLUMNS):
        trivial[row["test_dataset"]][row["baseline"]].append(row)
    frames = {name: read_frames(Path(layout.frames(name)).parent) for name in facts.datasets}
    for run in facts.runs():
        tests = _tests(layout, facts.split_keys_for_testing(run.experiment, run.train_dataset), run.fold)
        found = read_csv(layout.scores(run.path), SCORE_COLUMNS)
        trained = read_facts(Path(layout.run_facts(facts.training_run(run).path)))
        planned = {
            name: read_roles(layout.split(name, facts.training_splits[run.experiment][name], run.fold))
            for name in trained.roles
        }
        findings += [*coverage(run, found, tests), roles(run, trained, tests, planned)]
        findings += shared_images(run, seen_elsewhere(trained.roles, tests, frames))
        for dataset in trained.roles:
            own = [row for row in found if row["test_dataset"] == dataset]
            metric = facts.datasets[dataset].primary_metric
            findings += beats_trivial(run, dataset, metric, own, trivial[dataset])
        scores += found
    failed = [*failures(facts)]
    without = {(Run(each.tool, each.train_dataset, each.fold, each.seed), each.dataset) for each in failed}
    for run in facts.tool_runs():
        found = read_csv(layout.tool_scores(run.path), SCORE_COLUMNS)
        tested = facts.split_keys_for_testing_tool(run.train_dataset)
        keys = {name: key for name, key in tested.items() if (run, name) not in without}
        findings += coverage(run, found, _tests(layout, keys, run.fold))
        own = [row for row in found if row["test_dataset"] == run.train_dataset]
        metric = facts.datasets[run.train_dataset].primary_metric
        findings += beats_trivial(run, run.train_dataset, metric, own, trivial[run.train_dataset])
        scores += found
    for run in facts.external_runs():
        found = read_csv(layout.external_scores(run.experiment, run.fold), SCORE_COLUMNS)
        keys = {name: key for name, key in facts.splits[""].items() if (run, name) not in without}
        findings += coverage(run, found, _tests(layout, keys, run.fold))
        scores += found
    findings += [
        Finding(EXTERNAL_TOOL, _subject(each), FLAGGED, f"failed: {each.reason}", each.tool, each.dataset)
        for each in failed
    ]
    return CheckedResults(scores, findings)


def _subject(failure: Failure) -> str:
    run = Run(failure.tool, failure.train_dataset, failure.fold, failure.seed)
    trained = f"{run.experiment}/fold{run.fold}" if run.train_dataset == EXTERNAL else run.path
    return f"{trained} on {failure.dataset}"


def _tests(layout: Layout, keys: Mapping[str, str], fold: int) -> dict[str, list[str]]:
    """Return the test frames of each dataset in the split with its key."""
    return frames_for_testing([Path(layout.split(name, key, fold)) for name, key in keys.items()], keys)


def coverage(run: Run, rows: Iterable[Row], tests: Mapping[str, Sequence[str]]) -> Iterable[Finding]:
    """Check that the run has every metric of every test image of every dataset, without NaN or other images."""
    metrics: dict[tuple[str, str], set[str]] = defaultdict(set)
    broken = []
    for row in rows:
        metrics[row["test_dataset"], row["image"]].add(row["metric"])
        value = float(row["value"])
        if math.isinf(value) or (math.isnan(value) and row["metric"] not in UNDEFINED_ALLOWED):
            broken.append(f"{row['test_dataset']}/{row['image']} {row['metric']}={row['value']}")
    wanted = {(dataset, frame) for dataset, frames in tests.items() for frame in frames}
    missing, foreign = sorted(wanted - set(metrics)), sorted(set(metrics) - wanted)
    every = {name: REQUIRED.union(*(found for (own, _), found in metrics.items() if own == name)) for name in tests}
    partly = sorted(image for image, found in metrics.items() if found != every.get(image[0], REQUIRED))
    problems = [f"no score of {'/'.join(image)}" for image in missing]
    problems += [f"{'/'.join(image)} is not a test image" for image in foreign]
    problems += [f"{'/'.join(image)} lacks a metric" for image in partly]
    yield _finding("coverage", run, problems, f"{len(wanted)} images")
    yield _finding("finite", run, broken, f"{len(metrics)} images")


def roles(
    run: Run,
    facts: RunFacts,
    tests: Mapping[str, Sequence[str]],
    planned: Mapping[str, Mapping[str, Collection[str]]],
) -> Finding:
    """Check that the run's own record keeps training, validation and test frames apart and agrees with the split.

    planned: dataset → frame → its roles in the split that the run was trained with. Frames with several roles there,
    which only `SplitSettings.test_frames_also` allows, are flagged but are not a failure.
    """
    problems, meant = [], []
    for dataset, by_role in facts.roles.items():
        found: dict[str, list[str]] = defaultdict(list)
        for role in USED:
            for frame in by_role[role]:
                found[frame].append(role)
        for frame, own in found.items():
            if len(own) > 1 and set(own) == set(planned[dataset].get(frame, ())):
                meant.append(f"{dataset}/{frame} is {role_column(own)}")
            elif len(own) > 1:
                problems.append(f"{dataset}/{frame} is {' and '.join(own)}")
            elif own != ["test"] and frame in tests[dataset]:
                problems.append(f"{dataset}/{frame} was used to train and is tested on")
    if problems or not meant:
        return _finding("roles", run, problems, ", ".join(facts.roles))
    detail = f"{meant[0]}, on purpose (split.test_frames_also); {len(meant)} frames have several roles"
    return Finding("roles", run.path, FLAGGED, detail, run.experiment)


def shared_images(run: Run, found: Iterable[SharedImage]) -> Iterator[Finding]:
    """Yield a finding for each dataset whose test images the run has seen in another dataset."""
    by_dataset: dict[str, list[SharedImage]] = defaultdict(list)
    for each in found:
        by_dataset[each.tested.partition("/")[0]].append(each)
    for dataset, shared in by_dataset.items():
        count = f"; {len(shared)} test images are so" if len(shared) > 1 else ""
        detail = f"{shared[0].tested} shows the same as {shared[0].seen}, which trained or chose the network{count}"
        yield Finding("shared images", f"{run.path} on {dataset}", FLAGGED, detail, run.experiment, dataset)


def beats_trivial(
    run: Run,
    dataset: str,
    metric: str,
    rows: Sequence[Row],
    trivial: Mapping[str, Sequence[Row]],
) -> Iterable[Finding]:
    """Check that the run's mean primary metric is above every trivial baseline on the same images.

    rows: the run's long-table rows on this dataset; trivial: those of each baseline, of any fold. Only images in both
    count (a run with its own split may have others); without any there is no finding.
    """
    shared = {row["image"] for row in rows} & {row["image"] for floor in trivial.values() for row in floor}
    if not shared:
        return
    value = mean_score(metric, (row for row in rows if row["image"] in shared))
    floors = {
        name: mean_score(metric, (row for row in floor if row["image"] in shared)) for name, floor in trivial.items()
    }
    best = max(floors, key=lambda name: floors[name])
    detail = f"{metric} {value:.4f}, {best} {floors[best]:.4f}"
    status = OK if value > floors[best] else FLAGGED
    yield Finding(BEATS_TRIVIAL, f"{run.path} on {dataset}", status, detail, run.experiment, dataset)


def _finding(check: str, run: Run, problems: Sequence[str], fine: str) -> Finding:
    if not problems:
        return Finding(check, run.path, OK, fine, run.experiment)
    more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
    return Finding(check, run.path, FAILED, "; ".join(problems[:3]) + more, run.experiment)
