"""Train a network further on a few labelled images of a person's own, and score it on some that did not train it."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.prepare_dataset import prepare_dataset
from unetlib.datasets.settings import ReaderOptions, ViewSettings
from unetlib.io.files import read_json
from unetlib.io.settings import LimitSettings
from unetlib.io.wording import counted
from unetlib.networks.blocks import SegmentationNet
from unetlib.networks.device import choose_device, deterministic_convolutions
from unetlib.networks.predict import Tiling
from unetlib.networks.run_record import RunRecord, SourceRecord
from unetlib.networks.settings import ComputeSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork, load_network, prediction_beside, save_model
from unetlib.training.batches import Batches
from unetlib.training.cache import write_cache
from unetlib.training.cached_variants import read_cache
from unetlib.training.fitted_instances import fitted, told
from unetlib.training.held_out import HeldOut, parted
from unetlib.training.loop import Report, train
from unetlib.training.losses import loss_of, with_distances
from unetlib.training.objective import Objective, Training
from unetlib.training.run import record_of
from unetlib.training.seen_images import measured_size
from unetlib.training.settings import RunSettings
from unetlib.training.starting_weights import started
from unetlib.training.validation import Validation, load

LIMITS = LimitSettings(archive_bytes=20 * 10**9, archive_members=200_000, fetch_timeout_s=60, fetch_attempts=1)
EVALUATIONS = 5  # how often a person is told how the training goes

Say = Callable[[str], None]


@dataclass(frozen=True)
class FineTuning:
    """How a network is trained further.

    learning_rate: the largest; it falls to 0. held_out: how many images only judge, None: a quarter. compare: whether a
    network of random weights is trained for as many updates, to be scored beside it.
    """

    updates: int = 300
    learning_rate: float = 0.0005
    held_out: int | None = None
    seed: int = 0
    compare: bool = False
    reading: ReaderOptions = field(default_factory=ReaderOptions)
    compute: ComputeSettings = field(default_factory=ComputeSettings)


@dataclass(frozen=True)
class FineTuned:
    """What came out: the images that trained and those that judged, and the mean scores of networks on the latter.

    scores: network ("before", "after", "from nothing") → metric → mean; empty where no image was held out.
    """

    trained_on: Sequence[str]
    held_out: Sequence[str]
    scores: Mapping[str, Mapping[str, float]]
    seconds: float


@dataclass(frozen=True)
class _Run:
    train_dataset: str
    seed: int
    experiment: str = "fine-tuned"
    fold: int = 0


@deterministic_convolutions()
def fine_tune(start: str, model: Path, folder: Path, output: Path, how: FineTuning, *, say: Say) -> FineTuned:
    """Train the network in the file `model`, called `start`, on labelled images, and write it to `output` at the end.

    folder: images and labels as in `datasets.pairs`. The last quarter of the labelled images, whole subfolders where
    there are several, trains nothing and judges the network before and after. The recipe is the network's own, its
    last weights are kept, and instance settings are fitted to the images that train (`fitted_instances`), so that
    nothing is chosen on the images that judge. say gets lines for a person. Raises DatasetError for images that cannot
    be used, ModelFileError where there is no model.
    """
    began, device = time.monotonic(), choose_device(how.compute.device)
    network = load_network(model, device)
    prediction = prediction_beside(model, network.record) or network.prediction
    with tempfile.TemporaryDirectory() as place:
        dataset = _prepared(folder, Path(place), prediction.binning, how.reading, say)
        trained_on, held_out = parted(dataset.frames, how.held_out)
        say(f"{counted(len(trained_on), 'image')} to train on; held out: {', '.join(held_out) or 'none'}")
        settings = further(network.record, dataset, trained_on, start, how)
        index = write_cache(Path(place, "cache"), dataset, trained_on, settings.cache, seed=how.seed, code="")
        judges, scores = HeldOut(dataset, held_out, how.compute), {}
        if held_out:
            scores["before"] = judges.scores(network, prediction)

        def trained(chosen: RunSettings, tell: Say) -> tuple[SegmentationNet, Training]:
            made = started(chosen, how.seed)
            batches = Batches([read_cache(index)], chosen, seed=how.seed, device=device)
            images = load(dataset, held_out or trained_on, chosen)
            tiling = Tiling(how.compute.predict_tile_px, how.compute.predict_batch, device, chosen.training.precision)
            loss = loss_of(chosen.loss)
            validate = Validation([images], threshold=prediction.instances.threshold, tiling=tiling, loss=loss)
            objective = Objective(batches, with_distances(loss, chosen.target), validate)
            found = train(made, objective, chosen.training, seed=how.seed, device=device, report=_telling(tell, chosen))
            return made.eval(), found

        def suited(model: SegmentationNet) -> tuple[TrainedNetwork, PredictionSettings]:
            now = replace(network, model=model, resample=settings.resample)
            return now, fitted(now, dataset, trained_on, prediction, how.compute)

        made, result = trained(settings, say)
        tuned, suits = suited(made)
        if words := told(prediction.instances, suits.instances):
            say(f"{words}, as the labelled images ask")
        if held_out:
            scores["after"] = judges.scores(tuned, suits)
        if held_out and how.compare:
            fresh, _ = trained(from_nothing(settings, network.record), lambda _: None)
            scores["from nothing"] = judges.scores(*suited(fresh))
        run = _Run(folder.resolve().name, how.seed)
        source = SourceRecord.read(
            read_json(dataset.folder / "dataset.json") | {"dataset": run.train_dataset}, str(folder)
        )
        record = record_of(run, settings, [source], result, network.record.code or "")
        save_model(output, made.state_dict(), _used_alone(record, suits, scores.get("after")))
    return FineTuned(trained_on, held_out, scores, time.monotonic() - began)


def _prepared(folder: Path, place: Path, binning: int, reading: ReaderOptions, say: Say) -> Dataset:
    """Return the labelled images of a folder as a dataset in `place`."""
    view = ViewSettings(binning=binning)
    for line in prepare_dataset(folder, place / "data", format="pairs", options=reading, view=view, limits=LIMITS):
        say(line)
    return Dataset(place / "data")


def further(record: RunRecord, dataset: Dataset, frames: Sequence[str], start: str, how: FineTuning) -> RunSettings:
    """Return the recipe of a network for its further training on these frames; the last weights are kept."""
    recorded = RunSettings.read(record.settings)
    training = {
        "updates": how.updates,
        "evaluate_every": max(how.updates // EVALUATIONS, 1),
        "warmup_updates": min(recorded.training.warmup_updates, how.updates // 10),
        "learning_rate": how.learning_rate,
        "minimum_learning_rate": 0.0,
        "schedule": "cosine",
        "select_by": "last",
        "patience": 0,
    }
    resample = measured_size(recorded.resample.model_copy(update={"image_diameter_px": None}), [(dataset, frames)])
    changed = {"training": recorded.training.model_copy(update=training), "resample": resample, "start_from": start}
    return recorded.model_copy(update=changed)


def from_nothing(settings: RunSettings, record: RunRecord) -> RunSettings:
    """Return the settings of an equally long training from random weights, at the network's own learning rate."""
    rate = RunSettings.read(record.settings).training.learning_rate
    training = settings.training.model_copy(update={"learning_rate": rate})
    return settings.model_copy(update={"training": training, "start_from": None})


def _telling(tell: Say, settings: RunSettings) -> Report:
    def report(row: Mapping[str, object]) -> None:
        if "update" in row:
            tell(
                f"update {row['update']} of {settings.training.updates}: loss {row['loss']:.4f}, {row['seconds']:.0f} s"
            )

    return report


def _used_alone(record: RunRecord, prediction: PredictionSettings, scores: Mapping[str, float] | None) -> RunRecord:
    """Return the record of a network that no study predicts with: it holds how to predict, and its held-out scores."""
    return record.model_copy(
        update={"prediction": prediction.plain(), "held_out": scores and dict(scores), "best_validation_dice": None}
    )
