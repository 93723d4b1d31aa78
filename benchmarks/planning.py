"""Snakemake's overhead: planning the paper study and 10,000 jobs, and a run of a finished study."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.table import Row, WrongAnswer
from benchmarks.timing import Times
from benchmarks.workflow_copy import snakemake, workflow

WITHOUT_A_WAIT = "import snakemake.executors.touch as touch; touch.Executor.SLEEPING_TIME = 0"
PAPER: tuple[str, ...] = ()  # config.yaml without overlays


def planned(folder: Path, overlays: Sequence[str]) -> tuple[int, float]:
    """Return the number of jobs of a dry run and its wall seconds."""
    text, seconds = snakemake(folder, "-n", "--quiet", "rules", *_configured(overlays))
    if not (match := re.search(r"^total\s+(\d+)", text, re.MULTILINE)):
        raise WrongAnswer(f"a dry run listed no jobs: {text[-300:]}")
    return int(match[1]), seconds


def _configured(overlays: Sequence[str]) -> list[str]:
    return ["--configfile", *overlays] if overlays else []


def finished(folder: Path, overlays: Sequence[str]) -> int:
    """Create all outputs of the study as empty files with Snakemake's records of them; return their number."""
    text, _ = snakemake(folder, "--summary", *_configured(overlays))
    lines = [line.split("\t") for line in text.splitlines() if line.count("\t") >= 4]
    outputs = [line[0] for line in lines if line[0] != "output_file"]
    for output in outputs:
        path = folder / output
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1_700_000_000, 1_700_000_000))
    snakemake(folder, "--touch", "--forceall", "--quiet", "all", *_configured(overlays), code=WITHOUT_A_WAIT)
    return len(outputs)


def nothing_to_do(folder: Path, overlays: Sequence[str]) -> float:
    """Return the wall seconds of a run of a finished study; WrongAnswer if it runs any job."""
    text, seconds = snakemake(folder, *_configured(overlays))
    if "Nothing to be done" not in text:
        raise WrongAnswer(f"Snakemake found work in a finished study: {text[-300:]}")
    return seconds


def seeds_overlay(folder: Path, seeds: int, base: str = "") -> str:
    """Write an overlay with this many seeds and return its name."""
    name = f"seeds-{seeds}.yaml"
    (folder / name).write_text(f"study: {{seeds: {list(range(seeds))}}}\n{base}")
    return name


def rows(
    overlays: Sequence[str] = PAPER, *, repeats: int = 3, many: int = 10_000, most_seeds: int = 200
) -> Iterator[Row]:
    """Yield the rows of planning; `many` jobs are reached by more seeds of the same study."""
    with workflow() as folder:
        plans = [planned(folder, overlays) for _ in range(repeats + 1)][1:]  # the first run compiles bytecode
        jobs, times = plans[0][0], Times(tuple(seconds for _, seconds in plans))
        yield _row("dry run", f"{jobs} jobs", times, "≤ 15")
        per_job = times.median / jobs
        yield Row("planning", "dry run", "cost per job", 1000 * per_job, "ms", note="including the start of Snakemake")
        outputs = finished(folder, overlays)
        idle = Times(tuple(nothing_to_do(folder, overlays) for _ in range(max(1, repeats - 1))))
        yield _row("finished study", f"{outputs} files", idle, "≤ 20")
    with workflow() as folder:
        start = len(_seeds(folder, overlays))
        more, _ = planned(folder, [*overlays, seeds_overlay(folder, start + 1)])
        wanted = min(most_seeds, start + 1 + -(-max(many - more, 0) // max(more - jobs, 1)))
        count, seconds = planned(folder, [*overlays, seeds_overlay(folder, wanted)])
        if count < many:
            raise WrongAnswer(f"{wanted} seeds make {count} jobs, not {many}")
        yield _row("dry run", f"{count} jobs", Times((seconds,)), "≤ 120")


def _seeds(folder: Path, overlays: Sequence[str]) -> list[int]:
    import yaml

    found: list[int] = []
    for name in ("config.yaml", *overlays):
        found = yaml.safe_load((folder / name).read_text()).get("study", {}).get("seeds", found)
    return found


def _row(case: str, size: str, times: Times, aim: str) -> Row:
    low, high = times.quartiles
    return Row(
        "planning", f"{case}, {size}", "–", times.median, "s", low, high, str(len(times.seconds)), aim, times.median
    )
