"""Train the networks of one training set, which differ by their seed, and write the files of each run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import USED, dataset_and_key_of, frames_with_role
from unetlib.io.files import read_json, sha256_of, short_hash, write_csv
from unetlib.networks.blocks import SegmentationNet, parameter_count
from unetlib.networks.device import choose_device, deterministic_convolutions, uses_bfloat16
from unetlib.networks.predict import Tiling
from unetlib.networks.run_record import RunFacts, RunRecord, SourceRecord
from unetlib.networks.settings import ComputeSettings
from unetlib.networks.trained_network import save_model
from unetlib.training import provenance, validation
from unetlib.training.batches import Batches
from unetlib.training.cache import repair
from unetlib.training.cached_variants import read_cache
from unetlib.training.loop import train
from unetlib.training.losses import loss_of, with_distances
from unetlib.training.objective import Objective, Training, ValidationScores
from unetlib.training.seen_images import measured_size
from unetlib.training.settings import RunSettings
from unetlib.training.starting_weights import started, starting_checksum

HISTORY_COLUMNS = (
    "update",
    "loss",
    "validation_dice",
    "validation_iou",
    "validation_loss",
    "learning_rate",
    "seconds",
)
CHECKPOINTS = f"checkpoint-{8 * '[0-9a-f]'}.pt"  # ours alone, whatever else stands beside a model


class RunName(Protocol):
    """The names that identify a run, as `study.runs.Run` has them."""

    @property
    def experiment(self) -> str: ...
    @property
    def train_dataset(self) -> str: ...
    @property
    def fold(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class TrainingData:
    """One dataset that a network is trained on: its folder, its split file, and the index of its cache."""

    dataset: Dataset
    split: Path
    cache: Path

    @property
    def name(self) -> str:
        return self.dataset.folder.name

    @cached_property
    def roles(self) -> dict[str, list[str]]:
        """The frames of each role."""
        return {role: frames_with_role(self.split, role) for role in USED}

    @cached_property
    def source(self) -> SourceRecord:
        """The source of the dataset."""
        entry = self.dataset.folder / "dataset.json"
        return SourceRecord.read(read_json(entry) | {"dataset": self.name}, str(entry))


@deterministic_convolutions()
def train_networks(
    runs: Mapping[Path, RunName],
    data: Sequence[TrainingData],
    settings: RunSettings,
    compute: ComputeSettings,
    *,
    code: str,
    say: Callable[[str], None],
) -> None:
    """Train a network for each model.pt in `runs`; write it, its history.csv and its facts.json.

    code: fingerprint of the code that determines the result. A killed call resumes from its checkpoints, which lie
    beside the models, and ends in the same bits. say gets lines for a log.
    """
    device = choose_device(compute.device)
    validate = validation_of(data, settings, compute, device)
    for each in data:
        for frame in repair(each.cache, each.dataset):
            say(f"warning: {each.cache.parent}: {frame} was not what its checksum says, and was made again")
    size = measured_size(settings.resample, [(each.dataset, each.roles["train"]) for each in data])
    settings = settings.model_copy(update={"resample": size})
    decides: list[object] = [settings.identity(), compute.identity(), device, code]
    decides += [[sha256_of(each.cache) for each in data], {each.name: each.roles for each in data}]
    if (start := starting_checksum(settings)) is not None:
        decides.append(start)
    checkpoints = {model: _checkpoint_of(model, [*decides, run.seed]) for model, run in runs.items()}
    for model, run in runs.items():
        network = started(settings, run.seed)
        batches = Batches([read_cache(each.cache) for each in data], settings, seed=run.seed, device=device)
        result = train(
            network,
            Objective(batches, with_distances(loss_of(settings.loss), settings.target), validate),
            settings.training.for_datasets(len(data)),
            seed=run.seed,
            device=device,
            checkpoint=checkpoints[model],
            report=partial(_say_row, say, run.seed),
        )
        record = record_of(run, settings, [each.source for each in data], result, code)
        facts = facts_of(record, data, network, result, compute.model_copy(update={"device": device}))
        columns = [name for name in HISTORY_COLUMNS if name in result.history[0]]
        write_csv(model.with_name("history.csv"), result.history, columns)
        provenance.write_facts(model.with_name("facts.json"), facts)
        save_model(model, network.state_dict(), record)
    # Only when all are trained, because Snakemake removes the outputs of a killed job.
    for checkpoint in checkpoints.values():
        checkpoint.unlink(missing_ok=True)


def _checkpoint_of(model: Path, decides: Sequence[object]) -> Path:
    """Return the path of a model's checkpoint; checkpoints of other settings, data or code are removed."""
    checkpoint = model.with_name(f"checkpoint-{short_hash(decides)}.pt")
    for stale in set(model.parent.glob(CHECKPOINTS)) - {checkpoint}:
        stale.unlink()
    return checkpoint


def _say_row(say: Callable[[str], None], seed: int, row: Mapping[str, object]) -> None:
    say(f"seed {seed}: " + ", ".join(f"{name} {value}" for name, value in row.items()))


def validation_of(
    data: Sequence[TrainingData], settings: RunSettings, compute: ComputeSettings, device: str
) -> Callable[[SegmentationNet], ValidationScores]:
    """Return the validation that selects among the evaluations of a training."""
    loss = loss_of(settings.loss)
    tiling = Tiling(compute.predict_tile_px, compute.predict_batch, device, settings.training.precision)
    frames = [(each.dataset, each.roles["validation"]) for each in data]
    if settings.validation.images == "augmented":
        return validation.AugmentedTileValidation(frames, settings, tiling=tiling, loss=loss)
    images = [validation.load(dataset, names, settings) for dataset, names in frames]
    return validation.Validation(images, threshold=settings.threshold, tiling=tiling, loss=loss)


def record_of(
    run: RunName, settings: RunSettings, sources: Sequence[SourceRecord], result: Training, code: str
) -> RunRecord:
    """Return the record of a training for its model.pt."""
    loss = settings.loss.model_dump(mode="json")  # with the parameters that it leaves at their defaults
    return RunRecord(
        settings={**settings.identity(), "loss": loss},
        experiment=run.experiment,
        train_dataset=run.train_dataset,
        fold=run.fold,
        seed=run.seed,
        code=code,
        data=tuple(sources),
        best_update=result.best_update,
        best_validation_dice=result.best_dice,
        updates=result.updates,
    )


def facts_of(
    record: RunRecord,
    data: Sequence[TrainingData],
    network: SegmentationNet,
    result: Training,
    compute: ComputeSettings,
) -> RunFacts:
    """Return the facts of a training: its record, frames and costs; compute: with the device that was used."""
    precision = RunSettings.read(record.settings).training.precision
    return RunFacts(
        **dict(record),
        roles={each.name: each.roles for each in data},
        splits=dict(dataset_and_key_of(each.split) for each in data),
        parameters=parameter_count(network),
        best_validation_iou=result.best_iou,
        stopped_early=result.stopped_early,
        train_seconds=result.seconds,
        peak_device_memory_bytes=provenance.peak_device_memory_bytes(compute.device),
        device=compute.device,
        bfloat16=uses_bfloat16(precision, compute.device),
        threads=compute.threads,
    )
