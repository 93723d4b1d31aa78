"""Score the predictions of networks that differ by their seed on every test set, image by image."""

from splice import JSON, PATHS, run

from unetlib.files import write_csv
from unetlib.instances import instances_from_probability
from unetlib.metrics import SCORE_COLUMNS, score_image
from unetlib.predictions import Predictions
from unetlib.samples import Dataset
from unetlib.splits import frames_with_role


def main(arguments):
    images = [
        (frames.parent.name, frame, *Dataset(frames.parent).truth(frame))
        for frames, split in zip(arguments.frames, arguments.splits, strict=True)
        for frame in frames_with_role(split, "test")
    ]
    for seed, path, output in zip(arguments.seeds, arguments.predictions, arguments.outputs, strict=True):
        rows = scores(images, Predictions(path), arguments.runs, seed, **arguments.settings)
        write_csv(output, rows, SCORE_COLUMNS)


def scores(images, predictions, run, seed, *, threshold, min_area_px):
    """Yield the rows of the long table of one network."""
    experiment, train_dataset, fold = run
    for dataset, frame, truth, ignore in images:
        probability = predictions[f"{dataset}/{frame}"]
        instances = instances_from_probability(probability, threshold=threshold, min_area_px=min_area_px[dataset])
        found = score_image(truth, instances, predicted_mask=probability >= threshold, ignore=ignore)
        place = (experiment, train_dataset, dataset, fold, seed, frame)
        yield from (dict(zip(SCORE_COLUMNS, (*place, *item), strict=True)) for item in found.items())


if __name__ == "__main__":
    options = {"predictions": PATHS, "frames": PATHS, "splits": PATHS, "settings": JSON, "outputs": PATHS}
    run(main, __doc__, runs={"nargs": 3}, seeds={"nargs": "+"}, **options)
