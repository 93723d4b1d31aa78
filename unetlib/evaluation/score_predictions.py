"""Score the predictions for a test set: a network's probabilities, an external tool's label images, trivial masks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset
from unetlib.datasets.faults import Faults
from unetlib.evaluation.baselines import trivial_masks
from unetlib.evaluation.label_files import are_masks, read_label_files
from unetlib.evaluation.long_table import BASELINE_COLUMNS, long_rows
from unetlib.evaluation.settings import DatasetScoring, NetworkScoring, ScoringSettings
from unetlib.evaluation.test_set import (
    Prediction,
    Truth,
    Truths,
    from_labels,
    from_probability,
    load_truths,
    mirror_beyond_border,
    score_test_set,
)
from unetlib.imaging.instances import instances_from_probability
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.axes import ImageError
from unetlib.io.files import read_csv
from unetlib.io.predictions import image_name


def score_network(
    predictions: Mapping[str, np.ndarray],
    truths: Truths,
    tests: Mapping[str, Sequence[str]],
    scoring: NetworkScoring,
    datasets: Mapping[str, DatasetScoring],
) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Yield dataset, frame and scores of each test image for a network's predictions. tests: dataset → frames."""
    for dataset, frames in tests.items():
        truth = truths.of(dataset, frames)
        pairs = ((truth[frame], predictions[image_name(dataset, frame)]) for frame in frames)
        scores = score_probabilities(pairs, scoring.instances[dataset], scoring, datasets[dataset])
        yield from ((dataset, *each) for each in zip(frames, scores, strict=True))


class LabelFileError(ValueError):
    """Label images of another tool that cannot be scored; the message names them and says what to do."""


def score_probabilities(
    pairs: Iterable[tuple[Truth, np.ndarray]],
    instances: InstanceSettings,
    scoring: ScoringSettings,
    dataset: DatasetScoring,
) -> list[dict[str, float]]:
    """Return the scores of each image of a test set from its ground truth and its foreground probability."""
    shown = (mirror_beyond_border(*pair, scoring.mirrored_window_px) for pair in pairs)
    return score_test_set(((truth, from_probability(found, instances)) for truth, found in shown), dataset)


def score_label_files(
    folder: Path, frames: Sequence[str], labels: Path, dataset: DatasetScoring, *, masks: bool = False
) -> dict[str, dict[str, float]]:
    """Return the scores of these frames of a dataset folder from an external tool's label images.

    labels: a CSV beside the label images that lists frame and file. masks: the images are masks, in which each
    component is an object. Raises LabelFileError, which names every label image that cannot be scored.
    """
    truths = load_truths(folder, frames)
    files = {row["frame"]: labels.parent / row["file"] for row in read_csv(labels, ("frame", "file"))}
    shapes = {frame: truth.labels.shape for frame, truth in truths.items()}
    read = read_label_files({frame: files[frame] for frame in truths}, shapes, masks=masks)
    faults = Faults()
    for error in [*read.errors, *(read.suspects.values() if are_masks([read]) else ())]:
        with faults.collected():
            raise error
    try:
        faults.check()
    except (ImageError, DatasetError) as error:
        raise LabelFileError(str(error)) from error
    stack = (
        (truth, from_labels(read.found[frame], min_area_px=dataset.min_area_px)) for frame, truth in truths.items()
    )
    return dict(zip(truths, score_test_set(stack, dataset), strict=True))


def score_baselines(
    folder: Path, frames: Sequence[str], dataset: DatasetScoring, *, fold: int
) -> Iterator[dict[str, object]]:
    """Yield the rows (BASELINE_COLUMNS) of the trivial predictions for these frames of a dataset folder."""
    truths, source = load_truths(folder, frames), Dataset(folder)
    masks = {frame: trivial_masks(source.image(frame)) for frame in truths}
    settings = InstanceSettings(min_area_px=dataset.min_area_px)
    for baseline in next(iter(masks.values()), {}):
        own = (masks[frame][baseline] for frame in truths)
        predicted = (Prediction(instances_from_probability(mask, settings), mask) for mask in own)
        stack = zip(truths.values(), predicted, strict=True)
        for frame, found in zip(truths, score_test_set(stack, dataset), strict=True):
            yield from long_rows(BASELINE_COLUMNS, (baseline, folder.name, fold, frame), found)
