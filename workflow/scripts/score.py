"""Score the predictions of a few networks on every test set, image by image."""

from functools import cache

from splice import JSON, PATHS, run

from unetlib.files import write_csv
from unetlib.instances import instances_from_probability
from unetlib.metrics import SCORE_COLUMNS, score_image
from unetlib.predictions import Predictions
from unetlib.roles import judged_frames
from unetlib.samples import Dataset
from unetlib.study import run_of


def main(arguments):
    datasets = {frames.parent.name: Dataset(frames.parent) for frames in arguments.frames}
    truth = cache(lambda dataset, frame: datasets[dataset].truth(frame))
    for path, output in zip(arguments.predictions, arguments.outputs, strict=True):
        tests = judged_frames(arguments.splits, arguments.tests[run_of(path).experiment])
        images = [(name, frame, *truth(name, frame)) for name, frames in tests.items() for frame in frames]
        write_csv(output, scores(images, Predictions(path), run_of(path), **arguments.settings), SCORE_COLUMNS)


def scores(images, predictions, run, *, threshold, min_area_px):
    """Yield the rows of the long table of one network."""
    for dataset, frame, truth, ignore in images:
        probability = predictions[f"{dataset}/{frame}"]
        instances = instances_from_probability(probability, threshold=threshold, min_area_px=min_area_px[dataset])
        found = score_image(truth, instances, predicted_mask=probability >= threshold, ignore=ignore)
        place = (run.experiment, run.train_dataset, dataset, run.fold, run.seed, frame)
        yield from (dict(zip(SCORE_COLUMNS, (*place, *item), strict=True)) for item in found.items())


if __name__ == "__main__":
    options = {
        "predictions": PATHS,
        "frames": PATHS,
        "splits": PATHS,
        "tests": JSON,
        "settings": JSON,
        "outputs": PATHS,
    }
    run(main, __doc__, **options)
