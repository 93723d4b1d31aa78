"""Score the trivial predictions on every test set: everything a cell, nothing a cell, Otsu's threshold."""

from splice import JSON, PATH, PATHS, run

from unetlib.baselines import trivial_masks
from unetlib.files import write_csv
from unetlib.instances import instances_from_probability
from unetlib.metrics import BASELINE_COLUMNS, score_image
from unetlib.roles import dataset_and_key_of
from unetlib.samples import Dataset
from unetlib.splits import fold_of, frames_with_role


def main(arguments):
    rows = []
    for frames in arguments.frames:
        name, dataset = frames.parent.name, Dataset(frames.parent)
        for split in (path for path in arguments.splits if dataset_and_key_of(path)[0] == name):
            for frame in frames_with_role(split, "test"):
                truth, ignore = dataset.truth(frame)
                for baseline, mask in trivial_masks(dataset.image(frame)).items():
                    instances = instances_from_probability(mask, min_area_px=arguments.settings["min_area_px"][name])
                    scores = score_image(truth, instances, predicted_mask=mask, ignore=ignore)
                    place = (baseline, name, fold_of(split), frame)
                    rows += [dict(zip(BASELINE_COLUMNS, (*place, *item), strict=True)) for item in scores.items()]
    write_csv(arguments.output, rows, BASELINE_COLUMNS)


if __name__ == "__main__":
    run(main, __doc__, frames=PATHS, splits=PATHS, settings=JSON, output=PATH)
