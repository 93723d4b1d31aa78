"""Score the trivial predictions on every test set: everything a cell, nothing a cell, Otsu's threshold."""

from splice import JSON, PATH, PATHS, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import dataset_and_key_of, fold_of, frames_with_role
from unetlib.evaluation.baselines import trivial_masks
from unetlib.evaluation.long_table import BASELINE_COLUMNS, long_rows
from unetlib.evaluation.test_set import Prediction, load_truths, score_test_set
from unetlib.imaging.instances import instances_from_probability
from unetlib.io.files import write_csv


def main(arguments):
    rows = []
    for frames in arguments.frames:
        name, dataset = frames.parent.name, Dataset(frames.parent)
        how = dict(arguments.settings[name])
        cut = {"min_area_px": how.pop("min_area_px")}
        for split in (path for path in arguments.splits if dataset_and_key_of(path)[0] == name):
            truths = load_truths(frames.parent, frames_with_role(split, "test"))
            masks = {frame: trivial_masks(dataset.image(frame)) for frame in truths}
            for baseline in next(iter(masks.values()), {}):
                own = (masks[frame][baseline] for frame in truths)
                predicted = (Prediction(instances_from_probability(mask, **cut), mask) for mask in own)
                stack = zip(truths.values(), predicted, strict=True)
                for frame, found in zip(truths, score_test_set(stack, **how), strict=True):
                    rows += long_rows(BASELINE_COLUMNS, (baseline, name, fold_of(split), frame), found)
    write_csv(arguments.output, rows, BASELINE_COLUMNS)


if __name__ == "__main__":
    run(main, __doc__, frames=PATHS, splits=PATHS, settings=JSON, output=PATH)
