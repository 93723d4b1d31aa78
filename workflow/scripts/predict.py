"""Predict the test images of every dataset of the study with a few networks."""

import time
from functools import cache

import torch
from script import JSON, PATHS, device_of, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_for_testing
from unetlib.imaging.binning import bin_image, upsample
from unetlib.imaging.normalisation import normalise
from unetlib.io.predictions import save_predictions
from unetlib.networks.build import build
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.predict import predict_tta
from unetlib.networks.trained_network import load_model
from unetlib.study.runs import run_of


def main(arguments):
    keep_freed_memory()
    torch.set_num_threads(arguments.compute["threads"])
    datasets = {frames.parent.name: Dataset(frames.parent) for frames in arguments.frames}
    image = cache(lambda dataset, frame: picture(datasets[dataset], frame))
    for path, output in zip(arguments.models, arguments.outputs, strict=True):
        experiment = run_of(output).experiment
        tests = frames_for_testing(arguments.splits, arguments.tests[experiment])
        images = {f"{name}/{frame}": image(name, frame) for name, frames in tests.items() for frame in frames}
        started = time.perf_counter()
        found = probabilities(path, images, arguments.compute, arguments.inference[experiment])
        seconds = time.perf_counter() - started
        save_predictions(output, found)
        print(f"{output}: {len(images)} images in {seconds:.2f} s")


def picture(dataset, frame):
    """Return an image as networks see it, its binning and its full size."""
    image, factor = dataset.image(frame), dataset.frame(frame).binning
    return bin_image(image, factor), factor, image.shape


def probabilities(path, images, compute, inference):
    """Return the foreground probability of every image, at full size."""
    how, weights = load_model(path)
    settings, device = how["settings"], device_of(compute)
    model = build(**settings["model"])
    model.load_state_dict(weights)
    model.to(device)
    sides = {"side_px": settings["batch"]["tile_px"]}
    sides |= {"tile_px": compute["predict_tile_px"], "batch": compute["predict_batch"]}
    sides |= {"device": device, "precision": settings["training"]["precision"]}
    found = {}
    for name, (image, factor, shape) in images.items():
        probability = predict_tta(model, normalise(image, settings["normalisation"]), **inference, **sides)
        found[name] = upsample(probability, factor, shape)
    return found


if __name__ == "__main__":
    options = {"models": PATHS, "frames": PATHS, "splits": PATHS, "tests": JSON, "inference": JSON, "compute": JSON}
    run(main, __doc__, **options, outputs=PATHS)
