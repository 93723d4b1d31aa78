"""Processor seconds that a finished study's networks need for the test images of the dataset that they were trained on.

    make league
    python -m benchmarks.prediction_seconds --configfile studies/cpu.yaml studies/league.yaml --publish

Each network predicts in a process of its own by `unetlib predict`, from the start of Python to the last label image, as
a tool's prediction is measured. One seed of each experiment is measured, on the threads of the study. --publish writes
docs/results/learning/prediction-STUDY.csv, from which docs/league.md has its column; rows of experiments that are not
measured now stay there.
"""

import argparse
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.learning import study_of
from unetlib.datasets.split_files import frames_with_role
from unetlib.io.files import read_csv, write_csv
from unetlib.study.experiments import inference_settings
from unetlib.study.facts import study_facts
from unetlib.study.layout import Layout
from unetlib.study.runs import Run
from unetlib.study.settings import StudySettings
from unetlib.trained_tools.contract import variables
from unetlib.trained_tools.measured_process import Limits, Measured, run_measured

PUBLISHED = Path("docs/results/learning")
COLUMNS = ("experiment", "dataset", "seed", "images", "processor_seconds", "wall_seconds", "peak_memory_mib")


class PredictionError(ValueError):
    """A network could not be measured: which, and why."""


def rows(study: StudySettings, experiments: Collection[str], seed: int) -> Iterator[dict[str, object]]:
    """Yield what the prediction by each network of this seed takes, one row per experiment and dataset.

    PredictionError where a network is missing or cannot predict.
    """
    facts, layout = study_facts(study), Layout(study.study.name)
    for run in facts.runs():
        own = run.experiment in experiments and run.train_dataset in facts.datasets  # not of several at once
        if not own or run.seed != seed or run.fold != study.study.folds[0]:
            continue
        key = facts.split_keys_for_testing(run.experiment, run.train_dataset)[run.train_dataset]
        split = Path(layout.split(run.train_dataset, key, run.fold))
        model = Path(layout.model(facts.training_run(run).path))
        if missing := next((path for path in (split, model) if not path.is_file()), None):
            raise PredictionError(f"{missing}: missing; run the study first")
        frames = frames_with_role(split, "test")
        folder = Path(layout.frames(run.train_dataset)).parent / "images"
        measured = _predict(study, run, model, [folder / f"{frame}.tif" for frame in frames])
        yield {
            "experiment": run.experiment,
            "dataset": run.train_dataset,
            "seed": run.seed,
            "images": len(frames),
            "processor_seconds": round(measured.processor_seconds, 2),
            "wall_seconds": round(measured.wall_seconds, 2),
            "peak_memory_mib": round(measured.peak_memory_bytes / 2**20, 1),
        }


def publish(path: Path, made: Sequence[Mapping[str, object]]) -> None:
    """Write the rows, after those that the file has of other experiments."""
    measured = {row["experiment"] for row in made}
    before = read_csv(path, COLUMNS) if path.is_file() else []
    write_csv(path, [*(row for row in before if row["experiment"] not in measured), *made], COLUMNS)


def _predict(study: StudySettings, run: Run, model: Path, images: list[Path]) -> Measured:
    turns = "--tta" if inference_settings(study, run.experiment).test_time_augmentation > 1 else "--no-tta"
    how = [turns, "--threads", str(study.compute.threads), "--device", study.compute.device]
    paths = [str(path.resolve()) for path in (model, *images)]
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log.txt"
        words = [sys.executable, "-m", "unetlib", "predict", *paths, "-o", f"{place}/out", "--quiet", *how]
        seen = variables(seed=run.seed, threads=study.compute.threads, temporary=Path(place))
        measured = run_measured(words, variables=seen, folder=Path(place), log=log, limits=Limits())
        told = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if measured.code:
        raise PredictionError(f"{run.path}: {told[-1] if told else f'ended with code {measured.code}'}")
    return measured


def main() -> int:
    """Print a line per network; with --publish write the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", nargs="+", type=Path, required=True, help="the study's files, over config.yaml")
    parser.add_argument("--experiments", nargs="+", help="all of the study where left out")
    parser.add_argument("--seed", type=int, help="of the networks; the first of the study where left out")
    parser.add_argument("--publish", action="store_true", help=f"write {PUBLISHED}/prediction-STUDY.csv")
    given = parser.parse_args()
    study = study_of(given.configfile)
    for name in (name for name in given.experiments or () if name not in study.study.experiments):
        parser.error(f"{name} is no experiment of the study {study.study.name}")
    made, seed = [], study.study.seeds[0] if given.seed is None else given.seed
    try:
        for row in rows(study, given.experiments or study.study.experiments, seed):
            made.append(row)
            print(*(f"{name} {value}" for name, value in row.items()), sep=", ", flush=True)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not made:
        parser.error(f"no network of seed {seed} is of one dataset alone; name a seed of the study {study.study.name}")
    if given.publish:
        publish(PUBLISHED / f"prediction-{study.study.name}.csv", made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
