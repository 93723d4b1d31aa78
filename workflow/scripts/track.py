"""Link the cells of a test sequence through time, and score the tracks if they have a ground truth."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.files import write_csv
from unetlib.study.runs import run_of
from unetlib.tracking.predicted_tracks import track_predictions
from unetlib.tracking.sequences import COLUMNS, sequence_frames
from unetlib.tracking.settings import SequenceSettings


@dataclass(frozen=True)
class Arguments:
    predictions: list[Path]
    frames: Path
    split: Path
    instances: InstanceSettings
    tracking: SequenceSettings
    scores: list[Path]


def main(arguments: Arguments) -> None:
    dataset = Dataset(arguments.frames.parent)
    frames = sequence_frames(dataset.frames, frames_with_role(arguments.split, "test"))
    for path, scores in zip(arguments.predictions, arguments.scores, strict=True):
        of = run_of(scores)
        place = {"experiment": of.experiment, "test_dataset": of.train_dataset, "fold": of.fold, "seed": of.seed}
        settings = arguments.instances, arguments.tracking
        found = track_predictions(dataset, frames, path, scores.with_suffix(""), settings)
        write_csv(scores, [place | found], COLUMNS)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
