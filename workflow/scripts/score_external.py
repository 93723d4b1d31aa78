"""Score the label images that another tool made of every test set, image by image."""

import csv

from splice import JSON, PATH, PATHS, run

from unetlib.datasets.split_files import fold_of, frames_with_role
from unetlib.evaluation.long_table import SCORE_COLUMNS, long_rows
from unetlib.evaluation.test_set import from_labels, load_truths, read_labels, score_test_set
from unetlib.io.files import write_csv
from unetlib.study.runs import EXTERNAL, PSEUDO_SEED


def main(arguments):
    places = zip(arguments.labels, arguments.frames, arguments.splits, strict=True)
    rows = (row for place in places for row in scores(*place, arguments.external, arguments.settings))
    write_csv(arguments.output, rows, SCORE_COLUMNS)


def scores(labels, frames, split, external, settings):
    """Yield the rows of the long table of one dataset."""
    name, how = frames.parent.name, dict(settings[frames.parent.name])
    min_area_px, truths = how.pop("min_area_px"), load_truths(frames.parent, frames_with_role(split, "test"))
    with labels.open(newline="", encoding="utf-8") as handle:
        files = {row["frame"]: labels.parent / row["file"] for row in csv.DictReader(handle)}
    read = ((truth, read_labels(files[frame], truth.labels.shape)) for frame, truth in truths.items())
    stack = ((truth, from_labels(instances, min_area_px=min_area_px)) for truth, instances in read)
    for frame, found in zip(truths, score_test_set(stack, **how), strict=True):
        place = (external, EXTERNAL, name, fold_of(split), PSEUDO_SEED, frame)
        yield from long_rows(SCORE_COLUMNS, place, found)


if __name__ == "__main__":
    options = {"labels": PATHS, "frames": PATHS, "splits": PATHS, "external": {}, "settings": JSON, "output": PATH}
    run(main, __doc__, **options)
