"""Predict the test images of every dataset of the study with a few networks."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.split_files import frames_for_testing
from unetlib.networks.device import keep_freed_memory, use_threads
from unetlib.networks.predict_images import BinnedImages, predict_to_file
from unetlib.networks.settings import ComputeSettings, InferenceSettings
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
    use_threads(arguments.compute.threads)
    images = BinnedImages(frames.parent for frames in arguments.frames)
    for model, output in zip(arguments.models, arguments.outputs, strict=True):
        experiment = run_of(output).experiment
        tested = images.of(frames_for_testing(arguments.splits, arguments.tests[experiment]))
        print(predict_to_file(model, tested, arguments.inference[experiment], arguments.compute, output))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
