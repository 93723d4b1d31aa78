"""Draw the pictures of a dataset: examples of a network's predictions, a weight map, augmented variants."""

import argparse

import numpy as np
from splice import JSON, PATH, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.evaluation.tables import read_long
from unetlib.io.predictions import Predictions
from unetlib.report.study_figures import ReferenceRun, dataset_figures, save_figures


def main(arguments: argparse.Namespace) -> None:
    chosen = frames_with_role(arguments.split, "train")
    frame = chosen[len(chosen) // 2]
    arrays = (np.load(arguments.cache.parent / f"{frame}.{kind}.npy", mmap_mode="r") for kind in ("image", "mask"))
    reference = ReferenceRun(
        dataset=Dataset(arguments.frames.parent),
        predictions=Predictions(arguments.prediction),
        scores=read_long(arguments.scores),
        settings=arguments.settings,
        scoring=arguments.dataset,
    )
    save_figures(dataset_figures(reference, frame, list(zip(*arrays, strict=True))), arguments.figures)


if __name__ == "__main__":
    inputs = {"prediction": PATH, "scores": PATH, "frames": PATH, "split": PATH, "cache": PATH}
    run(main, __doc__, settings=JSON, dataset=JSON, **inputs, figures=PATH)
