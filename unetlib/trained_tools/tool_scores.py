"""Score the label images of a tool that was trained, and record why there are none."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.evaluation.label_files import LabelImages, are_masks, read_label_files
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
    datasets = {frames.parent.name: Dataset(frames.parent) for frames, _ in tests}
    tested = {frames.parent.name: frames_with_role(split, "test") for frames, split in tests}
    reasons = {name: str(found[name]["reason"]) for name in tested}
    read = {
        name: read_test_set(datasets[name], tested[name], predictions.parent / "labels" / name, masks=masks)
        for name, reason in reasons.items()
        if not reason
    }
    masks_found = are_masks([*read.values()])
    for name, labels in read.items():
        faults = [*labels.errors, *(labels.suspects.values() if masks_found else ())]
        reasons[name] = _told(faults, predictions.parent / "labels" / name, len(tested[name]))
        if not faults:
            scores = _score(datasets[name], tested[name], labels.found, scoring[name])
            for frame, values in scores.items():
                made.rows += long_rows(SCORE_COLUMNS, run.place(name, frame), values)
    made.failures += [{"dataset": name, "reason": reason} for name, reason in reasons.items() if reason]
    return made


def read_test_set(dataset: Dataset, frames: Sequence[str], labels: Path, *, masks: bool = False) -> LabelImages:
    """Return a tool's label images of these frames, enlarged from the size that networks see to that of the truth."""
    sizes = {frame: (dataset.frame(frame).height, dataset.frame(frame).width) for frame in frames}
    factors = {frame: dataset.frame(frame).binning for frame in frames}
    small = {frame: (-(-h // factors[frame]), -(-w // factors[frame])) for frame, (h, w) in sizes.items()}
    read = read_label_files({frame: labels / f"{frame}.tif" for frame in frames}, small, masks=masks)
    read.found = {frame: enlarged(each, factors[frame], sizes[frame]) for frame, each in read.found.items()}
    return read


def _score(
    dataset: Dataset, frames: Sequence[str], found: Mapping[str, NDArray[np.uint16]], scoring: DatasetScoring
) -> dict[str, dict[str, float]]:
    truths = load_truths(dataset.folder, frames)
    pairs = ((truth, from_labels(found[frame], min_area_px=scoring.min_area_px)) for frame, truth in truths.items())
    return dict(zip(truths, score_test_set(pairs, scoring), strict=True))


def _told(faults: Sequence[ValueError], labels: Path, images: int) -> str:
    """Return the first fault in one line, and how many there are; "" without one."""
    more = f"; {len(faults)} of {images} label images cannot be scored" if len(faults) > 1 else ""
    return " ".join(f"{faults[0]}{more}".replace(f"{labels}/", "").splitlines()) if faults else ""


def enlarged(labels: NDArray[np.uint16], factor: int, shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Return binned labels at the full size, (H, W): each pixel factor × factor times, cut to the shape."""
    large = np.repeat(np.repeat(labels, factor, axis=0), factor, axis=1)
    return large[: shape[0], : shape[1]]
