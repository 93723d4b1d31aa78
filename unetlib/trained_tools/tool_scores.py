"""Score the label images of a tool that was trained, and record why there are none."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.evaluation.label_files import read_label_files
from unetlib.evaluation.long_table import SCORE_COLUMNS, long_rows
from unetlib.evaluation.settings import DatasetScoring
from unetlib.evaluation.test_set import from_labels, load_truths, score_test_set
from unetlib.io.files import read_json
from unetlib.study.external_scores import ToolScores
from unetlib.study.runs import Run


class SplitToScore(NamedTuple):
    """A dataset's frames.csv and the split that tests."""

    frames: Path
    split: Path


def score_predictions(
    run: Run,
    predictions: Path,
    tests: Sequence[SplitToScore],
    scoring: Mapping[str, DatasetScoring],
    *,
    masks: bool = False,
) -> ToolScores:
    """Return the scores of a tool for every image of every test set, and its failures.

    predictions: what `tool_runs.predict_tool` wrote. masks: its label images are masks, whose components are objects.
    """
    made, found = ToolScores(), read_json(predictions)["datasets"]
    for frames, split in tests:
        dataset = Dataset(frames.parent)
        name, reason = frames.parent.name, str(found[frames.parent.name]["reason"])
        if not reason:
            labels = predictions.parent / "labels" / name
            try:
                scores = score_labels(dataset, frames_with_role(split, "test"), labels, scoring[name], masks=masks)
            except DatasetError as error:
                reason = " ".join(str(error).replace(f"{labels}/", "").splitlines())
            else:
                for frame, values in scores.items():
                    made.rows += long_rows(SCORE_COLUMNS, run.place(name, frame), values)
        if reason:
            made.failures.append({"dataset": name, "reason": reason})
    return made


def score_labels(
    dataset: Dataset, frames: Sequence[str], labels: Path, scoring: DatasetScoring, *, masks: bool = False
) -> dict[str, dict[str, float]]:
    """Return the scores of these frames from label images of the size that networks see, which are enlarged.

    Raises DatasetError, which names the first label image that cannot be scored, and says how many there are.
    """
    truths = load_truths(dataset.folder, frames)
    factors = {frame: dataset.frame(frame).binning for frame in truths}
    sizes = {frame: truth.labels.shape for frame, truth in truths.items()}
    small = {frame: (-(-h // factors[frame]), -(-w // factors[frame])) for frame, (h, w) in sizes.items()}
    found, faults = read_label_files({frame: labels / f"{frame}.tif" for frame in truths}, small, masks=masks)
    if faults:
        more = f"; {len(faults)} of {len(truths)} label images cannot be scored" if len(faults) > 1 else ""
        raise DatasetError(f"{faults[0]}{more}")
    full = {frame: enlarged(found[frame], factors[frame], sizes[frame]) for frame in truths}
    pairs = ((truths[frame], from_labels(made, min_area_px=scoring.min_area_px)) for frame, made in full.items())
    return dict(zip(truths, score_test_set(pairs, scoring), strict=True))


def enlarged(labels: NDArray[np.uint16], factor: int, shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Return binned labels at the full size, (H, W): each pixel factor × factor times, cut to the shape."""
    large = np.repeat(np.repeat(labels, factor, axis=0), factor, axis=1)
    return large[: shape[0], : shape[1]]
