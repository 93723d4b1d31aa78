"""Predict the test images of every dataset of the study with a few networks."""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_for_testing
from unetlib.io.predictions import save_predictions
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.predict_images import predict_images, read_binned
from unetlib.networks.settings import ComputeSettings, InferenceSettings
from unetlib.networks.trained_network import load_network
from unetlib.study.runs import run_of


@dataclass(frozen=True)
class Arguments:
    models: list[Path]
    frames: list[Path]
    splits: list[Path]
    tests: dict[str, dict[str, str]]  # experiment → dataset → key of the split that tests it
    inference: dict[str, InferenceSettings]
    compute: ComputeSettings
    outputs: list[Path]


def main(arguments: Arguments) -> None:
    keep_freed_memory()
    torch.set_num_threads(arguments.compute.threads)
    datasets = {frames.parent.name: Dataset(frames.parent) for frames in arguments.frames}
    image = cache(lambda dataset, frame: read_binned(datasets[dataset], frame))
    for model, output in zip(arguments.models, arguments.outputs, strict=True):
        experiment = run_of(output).experiment
        tests = frames_for_testing(arguments.splits, arguments.tests[experiment])
        images = {f"{name}/{frame}": image(name, frame) for name, frames in tests.items() for frame in frames}
        started = time.perf_counter()
        network = load_network(model, arguments.compute.device)
        found = predict_images(network, images, arguments.inference[experiment], arguments.compute)
        seconds = time.perf_counter() - started
        save_predictions(output, found)
        print(f"{output}: {len(images)} images in {seconds:.2f} s")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
