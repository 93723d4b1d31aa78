"""What each training of a study took: processor seconds, wall seconds and memory, of tools and of networks."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pandas as pd

from unetlib.networks.run_record import read_facts
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import FOLD, Layout
from unetlib.study.runs import Run
from unetlib.trained_tools.facts import ToolFacts, read_predictions, read_tool_facts

RUN_COLUMNS = ("experiment", "train_dataset", "fold", "seed")
MEASURED = ("budget_seconds", "processor_seconds", "wall_seconds", "peak_memory_mib", "prediction_seconds")
CPU = "cpu"  # the device of a training without a GPU
RESOURCES = (*RUN_COLUMNS, *MEASURED, "device")
MIB = 2**20


def tool_facts(facts: StudyFacts, root: Path = Path()) -> list[ToolFacts]:
    """Read the facts of every training of a tool, also of those that failed. root: the project's folder."""
    layout = Layout(facts.name)
    return [read_tool_facts(root / layout.tool_training(run.path)) for run in facts.tool_runs()]


def resources(facts: StudyFacts, root: Path = Path()) -> pd.DataFrame:
    """Return what each training took (RESOURCES): of tools as measured, of networks as Snakemake's benchmarks say.

    A network that was trained in a job for several seeds has its share. device: CPU, or the GPU. prediction_seconds:
    processor seconds for the test images of its own dataset; of networks unknown, as a job predicts with several.
    """
    layout = Layout(facts.name)
    rows = chain(_of_networks(facts, layout, root), _of_tools(facts, layout, root))
    return pd.DataFrame([*rows], columns=[*RESOURCES])


def _of_networks(facts: StudyFacts, layout: Layout, root: Path) -> Iterator[dict[str, object]]:
    for run in facts.trained_runs():
        known = read_facts(root / layout.run_facts(run.path))
        yield vars(run) | {
            "processor_seconds": _benchmark(layout, run, len(facts.seeds), root),
            "wall_seconds": known.train_seconds,
            "peak_memory_mib": _mib(known.peak_memory_bytes),
            "device": known.device or CPU,
        }


def _of_tools(facts: StudyFacts, layout: Layout, root: Path) -> Iterator[dict[str, object]]:
    for run, known in zip(facts.tool_runs(), tool_facts(facts, root), strict=True):
        predicted = read_predictions(root / layout.tool_predictions(run.path)).get(run.train_dataset)
        yield vars(run) | {
            "budget_seconds": known.budget_seconds,
            "processor_seconds": known.processor_seconds,
            "wall_seconds": known.train_seconds,
            "peak_memory_mib": _mib(known.peak_memory_bytes),
            "prediction_seconds": predicted.processor_seconds if predicted else None,
            "device": known.device or CPU,
        }


def _benchmark(layout: Layout, run: Run, seeds: int, root: Path) -> float | None:
    """Return the processor seconds of a training; None where no benchmark has been kept."""
    packed = FOLD.format(**vars(run))
    for name, share in ((run.path, 1), (packed, seeds)):
        path = root / layout.benchmark("train", name)
        if path.is_file():
            try:
                header, row = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[:2])
                return float(dict(zip(header, row, strict=False))["cpu_time"]) / share
            except (KeyError, ValueError):
                return None
    return None


def _mib(size: int | None) -> float | None:
    return None if size is None else size / MIB


def read_resources(path: Path) -> pd.DataFrame:
    """Read the table that `resources` returned from a CSV file, which may be compressed.

    A table of before devices were kept, and a row that names none, is of a CPU.
    """
    found = pd.read_csv(path, dtype={"experiment": str, "train_dataset": str, "device": str})
    return found.assign(device=found["device"].fillna(CPU) if "device" in found else CPU)
