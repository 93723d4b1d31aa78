"""Score the predictions of a few networks on every test set, image by image."""

from functools import cache

from splice import JSON, PATHS, run

from unetlib.datasets.split_files import frames_for_testing
from unetlib.evaluation.long_table import SCORE_COLUMNS, long_rows
from unetlib.evaluation.test_set import from_probability, load_truths, mirror_beyond_border, score_test_set
from unetlib.io.files import write_csv
from unetlib.io.predictions import Predictions
from unetlib.study.runs import run_of


def main(arguments):
    folders = {frames.parent.name: frames.parent for frames in arguments.frames}
    truths = cache(lambda name, frames: load_truths(folders[name], frames))
    for path, output in zip(arguments.predictions, arguments.outputs, strict=True):
        tests = frames_for_testing(arguments.splits, arguments.tests[run_of(path).experiment])
        stacks = {name: truths(name, tuple(frames)) for name, frames in tests.items()}
        rows = scores(stacks, Predictions(path), run_of(path), **arguments.settings)
        write_csv(output, rows, SCORE_COLUMNS)


def scores(stacks, predictions, run, *, threshold, datasets, windows, depths):
    """Yield the rows of the long table of one network."""
    for name, truths in stacks.items():
        how = dict(datasets[name])
        cut = {"threshold": threshold, "min_area_px": how.pop("min_area_px")}
        cut |= {"watershed_depth_px": depths[run.experiment][name]}
        window = windows[run.experiment]
        shown = (mirror_beyond_border(truth, predictions[f"{name}/{frame}"], window) for frame, truth in truths.items())
        stack = ((truth, from_probability(probability, **cut)) for truth, probability in shown)
        for frame, found in zip(truths, score_test_set(stack, **how), strict=True):
            place = (run.experiment, run.train_dataset, name, run.fold, run.seed, frame)
            yield from long_rows(SCORE_COLUMNS, place, found)


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
