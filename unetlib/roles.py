"""Which split a run is tested by: split files stand at …/<dataset>/<key of the settings>/fold0.csv."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from unetlib.splits import SplitError, frames_with_role


def dataset_and_key_of(path: Path | str) -> tuple[str, str]:
    """Return the dataset that a split file is of and the key of its settings: …/<dataset>/<key>/fold3.csv."""
    parts = Path(path).parts
    if len(parts) < 3:
        raise SplitError(f"{path}: a split file stands at <dataset>/<key>/fold<number>.csv; move it")
    return parts[-3], parts[-2]


def judged_frames(paths: Sequence[Path], keys: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the test frames of each dataset in keys (dataset → key of the split it is tested by), from split files.

    Raises SplitError where there is not exactly one file of a dataset's split.
    """
    files = {}
    for dataset, key in keys.items():
        files[dataset] = [path for path in paths if dataset_and_key_of(path) == (dataset, key)]
        if len(files[dataset]) != 1:
            raise SplitError(
                f"{len(files[dataset])} files of split {key} of {dataset} were given; give exactly one, "
                f"…/{dataset}/{key}/fold<number>.csv"
            )
    return {dataset: frames_with_role(found[0], "test") for dataset, found in files.items()}


def training_frames(facts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """The mean number of training frames of each experiment's networks of a dataset, from the facts of its runs."""
    found: dict[tuple[str, str], list[int]] = {}
    for fact in facts:
        for dataset, roles in fact["roles"].items():
            if dataset == fact["train_dataset"]:
                found.setdefault((fact["experiment"], dataset), []).append(len(roles["train"]))
    return {key: fmean(counts) for key, counts in found.items()}
