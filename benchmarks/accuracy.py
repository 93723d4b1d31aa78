"""Time to accuracy on EM: the study itself, archive to score, by Snakemake; needs a mirror overlay with the archive."""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from benchmarks.scratch import ROOT, snakemake, workflow
from benchmarks.table import Row, skipped

BASE, RECIPE = "studies/cpu.yaml", "benchmarks/em.yaml"
AGAINST = "document 001's cell IoU 0.8952"
WHAT = ("time to accuracy", "ISBI-2012 EM, 16 filters, archive to score")


def rows(mirror: Path | None, threads: int = 2) -> Iterator[Row]:
    """Yield cell IoU of the six test slices, seconds of training and of everything; skipped without the archive."""
    if mirror is None or not mirror.exists():
        reason = (
            "no mirror overlay with the EM archive (--mirror mirror.yaml)"
            if mirror is None
            else f"{mirror} is not there"
        )
        yield skipped(*WHAT, AGAINST, reason)
        return
    with workflow() as folder:
        overlay = _with_absolute_mirrors(mirror, folder)
        names = [BASE, overlay, RECIPE]  # ours last: a mirror overlay names datasets too
        started = time.perf_counter()
        snakemake(folder, "results/bench-em/scores.csv", "--cores", str(threads), "--configfile", *names)
        seconds = time.perf_counter() - started
        with (folder / "results/bench-em/scores.csv").open(newline="") as handle:
            scores = [float(row["value"]) for row in csv.DictReader(handle) if row["metric"] == "iou"]
        facts = json.loads(next((folder / "results/bench-em/runs").rglob("facts.json")).read_text())
    note = f"{facts['updates']} updates; 0.78 is what all-cell scores"
    yield Row(*WHAT, AGAINST, mean(scores), "cell IoU", aim="≥ 0.895", n=f"{len(scores)} slices", note=note)
    yield Row(*WHAT, "seconds of training", facts["train_seconds"], "s", aim="≤ 90", note="validation included")
    yield Row(*WHAT, "seconds from archive to score", seconds, "s", note="fetch, prepare, cache, train, predict, score")


def _with_absolute_mirrors(mirror: Path, folder: Path) -> str:
    """Copy the overlay with its relative folders made absolute, which are relative to the project's root."""
    import yaml

    content = yaml.safe_load(mirror.read_text())
    places = [str(place) for place in content.get("mirrors", [])]
    content["mirrors"] = [place if "://" in place else str((ROOT / place).resolve()) for place in places]
    (folder / "mirror.yaml").write_text(yaml.safe_dump(content))
    return "mirror.yaml"
