"""Predict every frame of a dataset's test sequence with networks that differ by their seed."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.networks.device import keep_freed_memory, use_threads
from unetlib.networks.predict_images import predict_to_file, read_binned
from unetlib.networks.settings import ComputeSettings, InferenceSettings
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
    use_threads(arguments.compute.threads)
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    images = {frame.frame: read_binned(dataset, frame.frame) for frame in frames}
    for model, output in zip(arguments.models, arguments.outputs, strict=True):
        print(predict_to_file(model, images, arguments.inference, arguments.compute, output))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
