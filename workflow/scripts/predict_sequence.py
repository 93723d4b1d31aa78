"""Predict every frame of a dataset's test sequence with networks that differ by their seed."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.io.predictions import save_predictions
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.predict_images import predict_images, read_binned
from unetlib.networks.settings import ComputeSettings, InferenceSettings
from unetlib.networks.trained_network import load_network
from unetlib.tracking.sequences import sequence_frames


@dataclass(frozen=True)
class Arguments:
    models: list[Path]
    frames: Path
    split: Path
    inference: InferenceSettings
    compute: ComputeSettings
    outputs: list[Path]


def main(arguments: Arguments) -> None:
    keep_freed_memory()
    torch.set_num_threads(arguments.compute.threads)
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    images = {frame.frame: read_binned(dataset, frame.frame) for frame in frames}
    for model, output in zip(arguments.models, arguments.outputs, strict=True):
        started = time.perf_counter()
        network = load_network(model, arguments.compute.device)
        save_predictions(output, predict_images(network, images, arguments.inference, arguments.compute))
        print(f"{output}: {len(images)} frames in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
