"""Follow the cells of a test sequence through time, and score the tracks where the truth has some."""

from script import JSON, PATH, PATHS, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.evaluation.ctc_metrics import remove_outside_foi
from unetlib.imaging.instances import instances_from_probability
from unetlib.io.files import write_csv
from unetlib.io.predictions import Predictions
from unetlib.study.runs import run_of
from unetlib.tracking.ctc_folder import track_planes
from unetlib.tracking.ctc_scores import score_tracks
from unetlib.tracking.sequences import COLUMNS, sequence_frames


def main(arguments):
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    how = arguments.settings["tracking"] | {"pixel_size_um": frames[0].pixel_size_um}
    for path, scores in zip(arguments.predictions, arguments.scores, strict=True):
        run, folder = run_of(scores), scores.with_suffix("")
        planes = labels(Predictions(path), frames, **arguments.settings["labels"])
        done = track_planes(planes, folder, **how, where=str(path))
        place = {"experiment": run.experiment, "test_dataset": run.train_dataset, "fold": run.fold, "seed": run.seed}
        place |= {"max_distance_px": done.max_distance_px}
        write_csv(scores, [place | score_tracks(dataset, frames, folder)], COLUMNS)
        print(f"{folder}: {done.tracks} tracks of {done.cells} cells in {done.frames} frames")


def labels(predictions, frames, *, field_of_interest_px, **cut):
    """Return a function that yields the label image of each frame, without cells outside the field of interest."""

    def planes():
        for frame in frames:
            found = instances_from_probability(predictions[frame.frame], **cut)
            yield remove_outside_foi(found, field_of_interest_px or 0)

    return planes


if __name__ == "__main__":
    run(main, __doc__, predictions=PATHS, frames=PATH, split=PATH, settings=JSON, scores=PATHS)
