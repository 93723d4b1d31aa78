"""Predict every frame of a dataset's test sequence with networks that differ by their seed."""

import time

import torch
from predict import picture, probabilities
from script import JSON, PATH, PATHS, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.io.predictions import save_predictions
from unetlib.networks.device import keep_freed_memory
from unetlib.tracking.sequences import sequence_frames


def main(arguments):
    keep_freed_memory()
    torch.set_num_threads(arguments.compute["threads"])
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    images = {frame.frame: picture(dataset, frame.frame) for frame in frames}
    for path, output in zip(arguments.models, arguments.outputs, strict=True):
        started = time.perf_counter()
        save_predictions(output, probabilities(path, images, arguments.compute, arguments.inference))
        print(f"{output}: {len(images)} frames in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    run(main, __doc__, models=PATHS, frames=PATH, split=PATH, inference=JSON, compute=JSON, outputs=PATHS)
