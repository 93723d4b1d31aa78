"""Seconds from the archive to the score on ISBI-2012, as a study run by Snakemake; needs a mirror with the archive."""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from benchmarks.table import Row, skipped
from benchmarks.workflow_copy import ROOT, snakemake, workflow

BASE, RECIPE = "studies/cpu.yaml", "benchmarks/em.yaml"
AGAINST = "cabrera2026: 0.8952"
WHAT = ("time to accuracy", "ISBI-2012 EM, 16 filters, archive to score")


def rows(mirror: Path | None, threads: int = 2) -> Iterator[Row]:
    """Yield cell IoU of the six test slices, seconds of training and seconds in total; skipped without the archive."""
    if mirror is None or not mirror.exists():
        reason = (
            "no study file that says where the EM archive is (--mirror mirror.yaml)"
            if mirror is None
            else f"{mirror} is not there"
        )
        yield skipped(*WHAT, AGAINST, reason)
        return
    with workflow() as folder:
        overlay = _with_absolute_mirrors(mirror, folder)
        names = [BASE, overlay, RECIPE]  # our recipe last, because a mirror overlay sets datasets too
        started = time.perf_counter()
        snakemake(folder, "results/bench-em/scores.csv", "--cores", str(threads), "--configfile", *names)
        seconds = time.perf_counter() - started
        with (folder / "results/bench-em/scores.csv").open(newline="") as handle:
            scores = [float(row["value"]) for row in csv.DictReader(handle) if row["metric"] == "iou"]
        facts = json.loads(next((folder / "results/bench-em/runs").rglob("facts.json")).read_text())
    note = f"{facts['updates']} updates; an image that is all cell scores 0.78"
    yield Row(*WHAT, AGAINST, mean(scores), "cell IoU", aim="≥ 0.895", n=f"{len(scores)} slices", note=note)
    yield Row(*WHAT, "training", facts["train_seconds"], "s", aim="≤ 40", note="validation included")
    yield Row(*WHAT, "from archive to score", seconds, "s", note="fetch, prepare, augment, train, predict, score")


def _with_absolute_mirrors(mirror: Path, folder: Path) -> str:
    """Copy the overlay with absolute folders in place of those relative to the repository's root; return its name."""
    import yaml

    content = yaml.safe_load(mirror.read_text())
    places = [str(place) for place in content.get("mirrors", [])]
    content["mirrors"] = [place if "://" in place else str((ROOT / place).resolve()) for place in places]
    (folder / "mirror.yaml").write_text(yaml.safe_dump(content))
    return "mirror.yaml"
