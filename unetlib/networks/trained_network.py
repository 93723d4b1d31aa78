"""Write and load a trained network as one self-contained file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from unetlib.imaging.settings import (
    InstanceSettings,
    Normalisation,
    Probability,
    ResampleSettings,
    SeedSettings,
    TargetSettings,
)
from unetlib.io.archives import check_whole
from unetlib.io.files import atomic_path, read_json
from unetlib.io.settings import SettingsError
from unetlib.networks.device import choose_device
from unetlib.networks.run_record import Record, RecordError, RunRecord
from unetlib.networks.settings import InferenceSettings, ModelSettings, Precision, PredictionSettings

if TYPE_CHECKING:
    from torch import Tensor

    from unetlib.networks.blocks import SegmentationNet

FORMAT = 2  # 1: the settings had other names (networks.old_settings)
PREDICTION_FILE = "prediction.json"


class ModelFileError(ValueError):
    """A model file cannot be written or read."""


class NetworkError(ValueError):
    """Images, a network and a device do not fit together."""


class _Training(Record):
    precision: Precision = "auto"


class _Batch(Record):
    tile_px: int = 388


class _Use(Record):
    """The settings of a training that using its network needs."""

    model: ModelSettings
    target: TargetSettings = Field(default_factory=TargetSettings)
    resample: ResampleSettings = Field(default_factory=ResampleSettings)
    normalisation: Normalisation
    threshold: Probability
    training: _Training
    batch: _Batch = Field(default_factory=_Batch)
    inference: InferenceSettings = Field(default_factory=InferenceSettings)  # of old files: now in prediction.json


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network on its device, the record of its training, and the prediction settings in that record."""

    model: "SegmentationNet"
    prediction: PredictionSettings
    device: str = "cpu"
    precision: Precision = "auto"
    tile_px: int = 388  # output side of a training tile
    record: RunRecord = field(default_factory=RunRecord)
    resample: ResampleSettings = field(default_factory=ResampleSettings)


def save_model(path: str | Path, state_dict: Mapping[str, "Tensor"], record: RunRecord) -> None:
    """Write weights and record to `path` atomically; equal contents give equal bytes."""
    import torch

    weights = {  # a plain clone: contiguous() would keep odd strides of axes of length 1, and other bytes
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in state_dict.items()
    }
    contents = {"format": FORMAT, "settings": record.model_dump(mode="json"), "state_dict": weights}
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        torch.save(contents, stream)  # into a stream: a path would leave its name inside the file


def read_model(path: str | Path) -> tuple[RunRecord, dict[str, "Tensor"]]:
    """Return the record and the state_dict, on the CPU, of a file by save_model; nothing in the file is executed.

    Raises ModelFileError for a missing, foreign or damaged file, and for tensors that claim more than the file holds.
    """
    import torch

    path = Path(path)
    if not path.is_file():
        raise ModelFileError(f"{path}: no such model file; train one, or check the path")
    try:
        check_whole(path)
        # mapped: a tensor can then not grow beyond what is stored of it, whatever size it claims
        contents = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises half a dozen types for a damaged file
        first = (str(error).splitlines() or [type(error).__name__])[0].removeprefix(f"{path}: ")
        raise ModelFileError(f"{path}: not a readable model file ({first}); train or copy it again") from error
    known = isinstance(contents, dict) and set(contents) == {"format", "settings", "state_dict"}
    if not known or type(contents["format"]) is not int or contents["format"] not in (1, FORMAT):
        raise ModelFileError(f"{path}: not a model of this project (format {FORMAT}); give a model.pt of a run")
    record, weights = contents["settings"], contents["state_dict"]
    tensors: list[Any] = list(weights.values()) if isinstance(weights, dict) else [None]
    if not isinstance(record, dict) or not all(type(part) is torch.Tensor and part.is_cpu for part in tensors):
        raise ModelFileError(f"{path}: its settings or weights are not what save_model writes; train or copy it again")
    if sum(part.numel() * part.element_size() for part in tensors) > path.stat().st_size:
        raise ModelFileError(f"{path}: its weights claim more than the file holds; train or copy it again")
    try:
        found = RunRecord.read(record, str(path))
    except RecordError as error:
        raise ModelFileError(str(error)) from error
    return found, {name: part.clone() for name, part in weights.items()}  # no longer mapped


def load_network(path: Path, device: str) -> TrainedNetwork:
    """Return the network of a model.pt on a device, which `choose_device` says.

    Raises ModelFileError for a file that is no model, DeviceError for a device that is not there, NetworkError for
    settings that make no network of this version.
    """
    from unetlib.networks.build import build

    chosen = choose_device(device)
    record, weights = read_model(path)
    try:
        use = _Use.read(record.settings, str(path))
        model = build(use.model, classes=use.target.outputs)
        model.load_state_dict(weights)
    except (RecordError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].removeprefix(f"{path}: ")
        raise NetworkError(f"{path}: its settings do not make a network of this version ({reason})") from error
    # bfloat16 suited the machine of the training; here it is used only if it is fast
    precision: Precision = "auto" if use.training.precision == "bfloat16" else use.training.precision
    return TrainedNetwork(
        model.to(chosen).eval(),
        _recorded_prediction(record, use, path),
        device=chosen,
        precision=precision,
        tile_px=use.batch.tile_px,
        record=record,
        resample=use.resample,
    )


def _recorded_prediction(record: RunRecord, use: _Use, path: Path) -> PredictionSettings:
    """Return the prediction settings in a model.pt: those that it holds, else what its training implies."""
    if record.prediction is not None:
        try:
            return PredictionSettings.read(record.prediction)
        except SettingsError as error:
            raise ModelFileError(f"{path}: its prediction settings are not valid ({error}); make it again") from error
    return PredictionSettings(
        inference=use.inference,
        instances=InstanceSettings(threshold=use.threshold, seeds=SeedSettings() if use.target.outputs > 2 else None),
        normalisation=use.normalisation,
        binning=1 if use.resample.object_diameter_px else record.binning,
        pixel_size_um=record.pixel_size_um,
    )


def prediction_beside(path: Path, record: RunRecord) -> PredictionSettings | None:
    """Return the study's prediction settings for a model.pt; None for a network that holds its own, or without any."""
    return None if record.prediction is not None else study_prediction(path)


def study_prediction(path: Path) -> PredictionSettings | None:
    """Read the study's prediction settings from prediction.json beside a model.pt; None if there is no such file.

    An invalid file raises FileError or SettingsError in one line.
    """
    beside = path.with_name(PREDICTION_FILE)
    if not beside.is_file():
        return None
    try:
        return PredictionSettings.read(read_json(beside))
    except SettingsError as error:
        raise SettingsError(f"{beside}: {error}; remove it or run the study again") from error
