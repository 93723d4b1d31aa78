"""Files of tiny networks: a model, a checkpoint and predictions, their bytes and how each is read."""

import io
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from builders.archives import texture

from unetlib.io import predictions
from unetlib.networks import trained_network
from unetlib.networks.run_record import RunRecord

MODEL = {
    "base_filters": 1,
    "depth": 2,
    "padding": "same",
    "skip": "concatenate",
    "norm": "none",
    "dropout": 0.0,
    "dropout_at": "bottom",
    "upsampling": "transpose",
}


class Warned(Exception):
    """A checkpoint was reported and left aside."""


def predicted() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("a/1", "a/2"):
            buffer = io.BytesIO()
            np.save(buffer, texture(20, 30))
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def read_predictions(folder: Path, data: bytes) -> None:
    path = folder / "case.npz"
    path.write_bytes(data)
    found = predictions.Predictions(path)
    for name in found:
        probability = found[name]
        assert probability.ndim == 2 and probability.dtype == np.float32


@cache
def network(kind: str) -> bytes:
    import torch

    from unetlib.networks.blocks import initialise
    from unetlib.networks.settings import ModelSettings
    from unetlib.networks.unet import UNet

    model = UNet(ModelSettings(**MODEL))
    initialise(model, torch.Generator().manual_seed(0))
    with tempfile.TemporaryDirectory() as folder:
        if kind == "model":
            trained_network.save_model(Path(folder) / "m", model.state_dict(), RunRecord(settings={"model": MODEL}))
        else:
            train_few(Path(folder) / "m")
        return (Path(folder) / "m").read_bytes()


@cache
def saved() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m").write_bytes(network("model"))
        return {
            name: part.numpy().tobytes() for name, part in trained_network.read_model(Path(folder) / "m")[1].items()
        }


def read_model(folder: Path, data: bytes) -> None:
    path = folder / "case.pt"
    path.write_bytes(data)
    record, weights = trained_network.read_model(path)
    assert record == RunRecord(settings={"model": MODEL}), "another record"
    assert {name: part.numpy().tobytes() for name, part in weights.items()} == saved(), "other weights"


def train_few(checkpoint: Path) -> tuple[bytes, list[Mapping]]:
    """The weights after four updates of a tiny network, going on from the checkpoint if that is one."""
    import torch

    from unetlib.networks.blocks import initialise
    from unetlib.networks.settings import ModelSettings
    from unetlib.networks.unet import UNet
    from unetlib.training.loop import train
    from unetlib.training.objective import Objective, ValidationScores
    from unetlib.training.settings import TrainingSettings

    model = UNet(ModelSettings(**MODEL))
    initialise(model, torch.Generator().manual_seed(0))
    x = torch.linspace(0, 1, 64).reshape(1, 1, 8, 8)
    settings = TrainingSettings(
        optimiser="adam",
        learning_rate=0.01,
        schedule="constant",
        warmup_updates=0,
        updates=4,
        evaluate_every=2,
        precision="float32",
    )
    objective = Objective(
        lambda i: (x + i, (x[:, 0] > 0.5).long(), x[:, 0]),
        lambda logits, target, weight: (logits[:, 0] * weight).square().mean(),
        lambda model: ValidationScores(float(next(iter(model.parameters())).sum().detach().sigmoid())),
    )
    said: list[Mapping] = []
    train(model, objective, settings, seed=0, device="cpu", checkpoint=checkpoint, report=said.append)
    return b"".join(part.numpy().tobytes() for part in model.state_dict().values()), said


@cache
def fresh() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return train_few(Path(folder) / "none.pt")[0]


def resume(folder: Path, data: bytes) -> None:
    """Whatever stands at the checkpoint, a training ends in the same bits."""
    path = folder / "checkpoint.pt"
    path.write_bytes(data)
    weights, said = train_few(path)
    assert weights == fresh(), "other weights"
    if any("warning" in row for row in said):
        raise Warned(next(row["warning"] for row in said if "warning" in row))
