"""Predict the test images of every dataset of the study with a few networks."""

import time

import torch
from splice import JSON, PATHS, device_of, run

from unetlib.infer import predict
from unetlib.intensity import normalise
from unetlib.model import UNet
from unetlib.predictions import save_predictions
from unetlib.runs import load_model
from unetlib.samples import Dataset
from unetlib.splits import frames_with_role


def main(arguments):
    torch.set_num_threads(arguments.compute["threads"])
    images = {
        f"{frames.parent.name}/{frame}": Dataset(frames.parent).image(frame)
        for frames, split in zip(arguments.frames, arguments.splits, strict=True)
        for frame in frames_with_role(split, "test")
    }
    for path, output in zip(arguments.models, arguments.outputs, strict=True):
        started = time.perf_counter()
        found = probabilities(path, images, arguments.compute)
        seconds = time.perf_counter() - started
        save_predictions(output, found)
        print(f"{output}: {len(images)} images in {seconds:.2f} s")


def probabilities(path, images, compute):
    """Return the foreground probability of every image."""
    how, weights = load_model(path)
    settings, device = how["settings"], device_of(compute)
    model = UNet(**settings["model"])
    model.load_state_dict(weights)
    model.to(device)
    tiles = {"tile_px": compute["predict_tile_px"], "batch": compute["predict_batch"]}
    return {
        name: predict(
            model,
            normalise(image, settings["normalisation"]),
            **tiles,
            device=device,
            precision=settings["training"]["precision"],
        )
        for name, image in images.items()
    }


if __name__ == "__main__":
    run(main, __doc__, models=PATHS, frames=PATHS, splits=PATHS, compute=JSON, outputs=PATHS)
