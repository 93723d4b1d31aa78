"""Track the cells that a network predicted in a whole test sequence, and score the tracks."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.frames import FrameRecord
from unetlib.evaluation.ctc_metrics import remove_outside_foi
from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.predictions import Predictions
from unetlib.tracking.ctc_folder import track_planes
from unetlib.tracking.ctc_scores import score_tracks
from unetlib.tracking.linking import Scale
from unetlib.tracking.sequences import SequenceScores
from unetlib.tracking.settings import SequenceSettings


def track_predictions(
    dataset: Dataset,
    frames: Sequence[FrameRecord],
    predictions: Path,
    folder: Path,
    settings: tuple[InstanceSettings, SequenceSettings],
) -> SequenceScores:
    """Write the tracks of a sequence to a folder; return their scores and max_distance_px.

    predictions: the foreground probability of every frame. Cells outside the field of interest are not tracked.
    """
    instances, sequence = settings
    probabilities = Predictions(predictions)

    def planes() -> Iterator[NDArray[Any]]:
        for frame in frames:
            found = instances_from_probability(probabilities[frame.frame], instances)
            yield remove_outside_foi(found, sequence.field_of_interest_px or 0)

    scale = Scale(frames[0].pixel_size_um, sequence.frame_interval_min)
    done = track_planes(planes, folder, sequence.link, scale, where=str(predictions))
    return {**score_tracks(dataset, frames, folder), "max_distance_px": done.max_distance_px}
