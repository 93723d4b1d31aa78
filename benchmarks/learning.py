"""Learning speed of recipes: validation scores against processor seconds of one thread, at an equal budget.

python -m benchmarks.learning --configfile studies/demo.yaml --experiments reference modern --seconds 30

An experiment of the study is a recipe. Its prepared datasets are taken from resources/ (make them with
`snakemake --configfile … --until prepare`); its augmented caches are written there too. The number of updates
follows from the budget and the measured time of an update, so that the schedule ends with the budget. The time of
validation and of writing the cache does not count. Scores are of the validation frames, because recipes are selected
here; results are reported on test frames.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
import yaml

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.splits import split
from unetlib.imaging.settings import ResampleSettings
from unetlib.io.files import short_hash, write_csv
from unetlib.networks.blocks import SegmentationNet, initialise
from unetlib.networks.build import build
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork
from unetlib.study.config_errors import read_study
from unetlib.study.experiments import cache_settings, merged, prediction_settings, run_settings, split_settings
from unetlib.study.layout import Layout
from unetlib.study.settings import StudySettings
from unetlib.training.batches import Batches
from unetlib.training.cache import write_cache
from unetlib.training.cached_variants import read_cache
from unetlib.training.held_out import HeldOut
from unetlib.training.loop import train
from unetlib.training.losses import loss_of, with_distances
from unetlib.training.objective import Batch, Loss, Objective, ValidationScores
from unetlib.training.optimisers import optimiser_of, step
from unetlib.training.seen_images import measured_size
from unetlib.training.settings import RunSettings

TIMED_UPDATES = 6  # after two warm-up updates
EVALUATIONS = 8  # of a training, unless told otherwise
SMALLEST_BUDGET = 20  # updates; with fewer, a learning rate schedule is meaningless


@dataclass(frozen=True)
class Point:
    """The mean scores of the validation images after some processor seconds of training."""

    dataset: str
    experiment: str
    seed: int
    update: int
    processor_seconds: float
    dice: float
    seg: float
    map: float


@dataclass(frozen=True)
class Material:
    """Data shared by all recipes of a dataset: folder of the caches, validation images and instance method."""

    dataset: Dataset
    roles: dict[str, list[str]]
    folder: Path
    seed: int

    def batches(self, study: StudySettings, experiment: str, settings: RunSettings, seed: int) -> Batches:
        """Return the batches of a recipe; its cache is written where it does not exist."""
        wanted = cache_settings(study, experiment)
        frames = self.roles["train"]
        key = short_hash([wanted.identity(), self.dataset.folder.name, frames])
        index = write_cache(self.folder / key, self.dataset, frames, wanted, seed=self.seed, code=key)
        return Batches([read_cache(index)], settings, seed=seed)


class Scored:
    """Validation that records all scores, of images predicted as the study does, and the processor time of training."""

    def __init__(self, images: HeldOut, how: PredictionSettings, resample: ResampleSettings) -> None:
        self.images, self.how, self.resample = images, how, resample
        self.rows: list[tuple[float, dict[str, float]]] = []
        self.started, self.outside = time.process_time(), 0.0

    def __call__(self, model: SegmentationNet) -> ValidationScores:
        """Return the mean Dice of the validation images, and record the mean of every metric."""
        began = time.process_time()
        spent = began - self.started - self.outside
        means = self.images.scores(TrainedNetwork(model, self.how, resample=self.resample), self.how)
        self.rows.append((spent, means))
        self.outside += time.process_time() - began
        return ValidationScores(means["dice"])


def curve(
    study: StudySettings,
    experiment: str,
    material: Material,
    scored: Scored,
    *,
    seconds: float,
    seed: int,
    evaluations: int = EVALUATIONS,
) -> Iterator[Point]:
    """Train a recipe within its budget of processor seconds and yield its evaluations."""
    name = material.dataset.folder.name
    settings = run_settings(study, experiment, name)
    batches = material.batches(study, experiment, settings, seed)
    updates = max(SMALLEST_BUDGET, int(seconds / seconds_per_update(settings, batches)))
    training = {
        "updates": updates,
        "evaluate_every": max(updates // evaluations, 1),
        "warmup_updates": min(settings.training.warmup_updates, updates // 10),
        "precision": "float32",
    }
    settings = RunSettings.read(merged(settings.model_dump(), {"training": training}))
    network = _network(settings, seed)
    scored.rows, scored.outside, scored.started = [], 0.0, time.process_time()
    objective = Objective(batches, _loss(settings), scored)
    result = train(network, objective, settings.training, seed=seed, device="cpu")
    for row, (spent, means) in zip(result.history, scored.rows, strict=True):
        yield Point(name, experiment, seed, row["update"], round(spent, 2), **means)


def seconds_per_update(settings: RunSettings, batches: Batches) -> float:
    """Return the median processor seconds of an update, measured on a network that is then discarded."""
    network = _network(settings, seed=0).train()
    optimiser, loss = optimiser_of(network.parameters(), settings.training), _loss(settings)
    took = []
    for update in range(TIMED_UPDATES + 2):
        began = time.process_time()
        for part in range(settings.training.accumulation_steps):
            images, target, weight = _on_cpu(batches(update + part))
            loss(network(images), target, weight).backward()
        step(optimiser, settings.training.learning_rate)
        took.append(time.process_time() - began)
    return statistics.median(took[2:])


def _on_cpu(batch: Batch) -> Batch:
    images, target, weight = batch
    return images.to(memory_format=torch.channels_last), target, weight


def _loss(settings: RunSettings) -> Loss:
    return with_distances(loss_of(settings.loss), settings.target)


def _network(settings: RunSettings, seed: int) -> SegmentationNet:
    network = build(settings.model, classes=settings.target.outputs)
    initialise(network, torch.Generator().manual_seed(seed))
    return network.to(memory_format=torch.channels_last)


def roles_of(dataset: Dataset, study: StudySettings, experiment: str) -> dict[str, list[str]]:
    """Return the training, validation and test frames of the study's first fold, without writing a file."""
    settings = split_settings(study, dataset.folder.name, experiment)
    assert settings.by is not None  # the dataset's own setting if the study has none
    dense = dataset.dense_frames() if settings.dense_only else ()
    assigned = split(dataset.frames, settings, by=settings.by, fold=study.study.folds[0], dense=dense)
    return {role: [each.frame for each in assigned if each.role == role] for role in ("train", "validation", "test")}


def line(point: Point) -> str:
    """Return a point for the terminal."""
    scores = f"Dice {point.dice:.3f}, SEG {point.seg:.3f}, mAP {point.map:.3f}"
    where = f"{point.dataset:14} {point.experiment:24} seed {point.seed}"
    return f"{where}: {point.update:5} updates in {point.processor_seconds:6.1f} s: {scores}"


def study_of(files: Sequence[Path]) -> StudySettings:
    """Return the study of these configuration files, merged over config.yaml."""
    config: dict[str, object] = {}
    names = [Path("config.yaml"), *files]
    for path in names:
        config = merged(config, yaml.safe_load(path.read_text(encoding="utf-8")))
    return read_study(config, names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", nargs="+", type=Path, required=True, help="the study's files, over config.yaml")
    parser.add_argument("--experiments", nargs="+", help="recipes; all of the study where left out")
    parser.add_argument("--datasets", nargs="+", help="all of the study where left out")
    parser.add_argument("--seconds", type=float, default=75, help="processor seconds of training")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS, help="of each training")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/learning.csv"))
    arguments = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(1)
    study = study_of(arguments.configfile)
    layout = Layout(study.study.name)
    points: list[Point] = []
    for name in arguments.datasets or study.study.datasets:
        for experiment in arguments.experiments or study.study.experiments:
            data = Dataset(Path(layout.frames(name)).parent)
            roles = roles_of(data, study, experiment)
            material = Material(data, roles, Path(layout.resources) / "learning", study.split.seed)
            images = HeldOut(data, roles["validation"], study.compute)
            resample = measured_size(run_settings(study, experiment, name).resample, [(data, roles["train"])])
            scored = Scored(images, prediction_settings(study, experiment, name, {name: None}), resample)
            for seed in arguments.seeds:
                how = {"seconds": arguments.seconds, "seed": seed, "evaluations": arguments.evaluations}
                found = [*curve(study, experiment, material, scored, **how)]
                points += found
                print(*map(line, (found[len(found) // 2 - 1], found[-1])), sep="\n", flush=True)
                write_csv(arguments.output, map(asdict, points), [field.name for field in fields(Point)])


if __name__ == "__main__":
    main()
