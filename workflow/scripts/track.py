"""Follow the cells of a test sequence through time, and score the tracks where the truth has some."""

from splice import JSON, PATH, PATHS, run

from unetlib.files import write_csv
from unetlib.films import track_planes
from unetlib.instances import instances_from_probability
from unetlib.lineages import judged
from unetlib.official import inside_field
from unetlib.predictions import Predictions
from unetlib.samples import Dataset
from unetlib.sequences import COLUMNS, film
from unetlib.splits import frames_with_role
from unetlib.study import run_of


def main(arguments):
    dataset = Dataset(arguments.frames.parent)
    frames = film(dataset.frames, frames_with_role(arguments.split, "test"))
    how = arguments.settings["tracking"] | {"pixel_size_um": frames[0].pixel_size_um}
    for path, scores in zip(arguments.predictions, arguments.scores, strict=True):
        run, folder = run_of(scores), scores.with_suffix("")
        planes = labels(Predictions(path), frames, **arguments.settings["labels"])
        done = track_planes(planes, folder, **how, where=str(path))
        place = {"experiment": run.experiment, "test_dataset": run.train_dataset, "fold": run.fold, "seed": run.seed}
        place |= {"max_distance_px": done.max_distance_px}
        write_csv(scores, [place | judged(dataset, frames, folder)], COLUMNS)
        print(f"{folder}: {done.tracks} tracks of {done.cells} cells in {done.frames} frames")


def labels(predictions, frames, *, field_of_interest_px, **cut):
    """Return a function that yields the label image of each frame, without cells outside the field of interest."""

    def planes():
        for frame in frames:
            found = instances_from_probability(predictions[frame.frame], **cut)
            yield inside_field(found, field_of_interest_px or 0)

    return planes


if __name__ == "__main__":
    run(main, __doc__, predictions=PATHS, frames=PATH, split=PATH, settings=JSON, scores=PATHS)
