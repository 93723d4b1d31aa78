"""A small finished study as its files: invented scores of networks, baselines and a tool, histories, facts, tracks."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
from builders.config import CONFIG, facts

from unetlib.evaluation.long_table import BASELINE_COLUMNS, SCORE_COLUMNS
from unetlib.io.files import write_csv, write_json
from unetlib.networks.run_record import RunFacts, SourceRecord
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.runs import Run
from unetlib.trained_tools.facts import ToolFacts

IMAGES = 3  # of each dataset and fold
METRICS = ("iou", "dice", "pixel_accuracy", "seg", "v_rand_thinned")
COUNTS = {"objects": 4, "pixels": 100, "true_foreground": 0.3, "predicted_foreground": 0.25}
FRAME_COLUMNS = ("frame", "sequence", "time", "group", "height")
LEVELS = {"reference": 0.6, "modern": 0.8, "their-tool": 0.3, "learner": 0.7}


def configuration(name: str = "small") -> dict[str, Any]:
    """Two datasets of the literature, a tracked reference, modern, and an external tool; two folds and two seeds."""
    config = copy.deepcopy(CONFIG)
    config["datasets"] = {"phc-u373": config["datasets"]["a"], "dic-hela": config["datasets"]["a"]}
    config["experiments"] = {"reference": {}, "modern": {"model": {"norm": "batch"}}, "sgd": {}}
    config["study"] |= {"name": name, "datasets": [*config["datasets"]], "experiments": ["reference", "modern"]}
    config["study"] |= {"folds": [0, 1], "seeds": [0, 1], "external_tools": ["their-tool"]}
    config["external_tools"] = {"their-tool": {"folder": "labels"}}
    config["tracking"]["networks_of"], config["pitfalls"] = ["reference"], {}
    return config


def with_a_tool(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with a tool that is trained, learner."""
    return config | {"study": config["study"] | {"tools": ["learner"]}, "tools": {"learner": {}}}


def finish(root: Path, name: str = "small", shift: float = 0.0, *, tool: bool = False) -> StudyFacts:
    """Write the files of the finished study below the project's folder.

    shift: added to each score of modern; tool: with a tool that is trained, of which one training failed.
    """
    found = facts(with_a_tool(configuration(name)) if tool else configuration(name))
    layout, random = Layout(name), np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    failed = found.tool_runs()[-1:]
    for run in [*found.runs(), *found.external_runs(), *(run for run in found.tool_runs() if run not in failed)]:
        for test in found.datasets:
            for place in range(IMAGES):
                values = {metric: LEVELS[run.experiment] + 0.1 * random.random() for metric in METRICS} | COUNTS
                values["iou"] += shift * (run.experiment == "modern")
                cell = run.place(test, frame(run.fold, place))
                rows += [dict(zip(SCORE_COLUMNS, (*cell, *each), strict=True)) for each in values.items()]
    write_csv(root / layout.all_scores, rows, SCORE_COLUMNS)
    trivial = [
        dict(zip(BASELINE_COLUMNS, ("otsu", test, fold, frame(fold, place), metric, value), strict=True))
        for test in found.datasets
        for fold in found.folds
        for place in range(IMAGES)
        for metric, value in (dict.fromkeys(METRICS, 0.2) | COUNTS).items()
    ]
    write_csv(root / layout.baselines, trivial, BASELINE_COLUMNS)
    check = {
        "check": "coverage",
        "subject": "a",
        "status": "ok",
        "detail": "",
        "experiment": "reference",
        "dataset": "",
    }
    write_csv(root / layout.checks, [check], [*check])
    silver = {"dataset": "phc-u373", "sequence": "01", "frames": 2, "objects": 9, "seg": 0.9, "dice": 0.9}
    write_csv(root / layout.table("silver"), [silver | {"trained_on": 0}], [*silver, "trained_on"])
    for dataset in found.datasets:
        frames = [(frame(fold, time), f"0{fold + 1}", time, "", 96) for fold in (0, 1) for time in range(IMAGES + 1)]
        named = (dict(zip(FRAME_COLUMNS, each, strict=True)) for each in frames)
        write_csv(root / layout.frames(dataset), named, FRAME_COLUMNS)
    write_runs(root, found)
    write_csv(root / layout.external_failures("their-tool", 0), [], ("dataset", "reason"))
    for run in found.tool_runs():
        write_tool_run(root, layout, found, run, reason="out of luck" if run in failed else "")
    return found


def write_tool_run(root: Path, layout: Layout, found: StudyFacts, run: Run, *, reason: str) -> None:
    """Write what a training of a tool leaves: its facts, its predictions, its failures."""
    facts = ToolFacts(
        **vars(run),
        budget_seconds=780,
        processor_seconds=700 + run.seed,
        train_seconds=900,
        peak_memory_bytes=2**30,
        reason=reason,
        versions={"learner": "1.0", "platform": "Linux-of-my-desk"},
    )
    write_json(root / layout.tool_training(run.path), facts.model_dump(mode="json") | {"failures": int(bool(reason))})
    costs = {"reason": reason, "processor_seconds": 12.5, "wall_seconds": 13, "peak_memory_bytes": 2**29}
    write_json(
        root / layout.tool_predictions(run.path), {"failures": 0, "datasets": dict.fromkeys(found.datasets, costs)}
    )
    rows = [{"dataset": dataset, "reason": f"not trained: {reason}"} for dataset in found.datasets if reason]
    write_csv(root / layout.tool_failures(run.path), rows, ("dataset", "reason"))


def write_runs(root: Path, found: StudyFacts) -> None:
    """Write facts and history of every trained run, and the scores of every tracked one."""
    layout = Layout(found.name)
    for run in found.trained_runs():
        data = (SourceRecord(dataset=run.train_dataset, source="/home/me/cells.zip", sha256="12ab"),)
        record = RunFacts(
            **vars(run),
            data=data,
            code="c0de",
            updates=600,
            best_validation_dice=0.8,
            roles={run.train_dataset: {"train": ["x"], "validation": ["y"], "test": ["z"]}},
            train_seconds=3.25,
            versions={"python": "3.11", "platform": "Linux-of-my-desk"},
        )
        write_json(root / layout.run_facts(run.path), record.model_dump(mode="json"))
        history = [{"update": 300 * step, "loss": 1 / step, "validation_dice": 0.3 * step} for step in (1, 2)]
        write_csv(root / layout.history(run.path), history, [*history[0]])
    for run in found.tracked_runs():
        row = {"experiment": run.experiment, "test_dataset": run.train_dataset, "fold": run.fold, "seed": run.seed}
        row |= {"sequence": "01", "frames": 9, "cells": 8, "tracks": 2, "true_tracks": 2, "divisions": 0}
        row |= {"true_divisions": None, "tra": 0.123456789, "det": 0.9, "lnk": 0.9, "max_distance_px": 4.5}
        write_csv(root / layout.track_scores(run.path), [row], [*row])


def frame(fold: int, place: int) -> str:
    """Return the name of a test image of a fold."""
    return f"0{fold + 1}-t{place:03d}"
