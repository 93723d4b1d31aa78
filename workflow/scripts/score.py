"""Score the predictions of a few networks on every test set, image by image."""

from splice import JSON, PATHS, run

from unetlib.files import write_csv
from unetlib.instances import instances_from_probability
from unetlib.metrics import SCORE_COLUMNS, score_image
from unetlib.predictions import Predictions
from unetlib.samples import Dataset
from unetlib.splits import frames_with_role
from unetlib.study import run_of


def main(arguments):
    images = [
        (frames.parent.name, frame, *Dataset(frames.parent).truth(frame))
        for frames, split in zip(arguments.frames, arguments.splits, strict=True)
        for frame in frames_with_role(split, "test")
    ]
    for path, output in zip(arguments.predictions, arguments.outputs, strict=True):
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
    options = {"predictions": PATHS, "frames": PATHS, "splits": PATHS, "settings": JSON, "outputs": PATHS}
    run(main, __doc__, **options)
