"""What limits the instance scores of the networks that ship: their masks, or how masks are divided into cells?

    snakemake --cores all --until prepare --configfile studies/cpu.yaml studies/recipes.yaml
    python -m benchmarks.limits --configfile studies/cpu.yaml studies/recipes.yaml [--publish]

For the test images of `benchmarks.cards`, each network's mask is scored as `unetlib predict` divides it, and divided as
the truth says: each pixel belongs to the nearest true cell, unless its piece of the mask meets none. What that gains is
lost by the division; what is still missing, by the mask. And the true mask is scored as the network's settings divide
it: what this division makes of a perfect mask. --publish writes docs/results/learning/limits.csv.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.cards import arguments, mean, min_areas, predict, real_networks, test_images
from benchmarks.learning import study_of
from unetlib.evaluation.settings import DatasetScoring
from unetlib.evaluation.test_set import Prediction, Truth, from_labels, load_truths, score_test_set
from unetlib.imaging.instances import instances_from_probability
from unetlib.io.files import write_csv
from unetlib.models.card import read_card
from unetlib.models.registry import named_model
from unetlib.networks.trained_network import study_prediction
from unetlib.study.settings import StudySettings

PUBLISHED = Path("docs/results/learning/limits.csv")
METRICS = ("seg", "map", "dice")
COLUMNS = ("network", "mask", "divided", *METRICS, "images")


def divided_as(truth: NDArray[np.integer], mask: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Return the mask, (H, W), divided by the nearest true cell; pieces that meet no true cell keep ids of their own.

    >>> divided_as(np.array([[1, 1, 2, 0, 0, 0]]), np.array([[1, 1, 1, 1, 0, 1]], bool)).tolist()
    [[1, 1, 2, 2, 0, 3]]
    """
    pieces, _ = ndimage.label(mask)
    met = np.unique(pieces[(truth > 0) & mask])
    nearest = truth
    if (truth > 0).any():
        places = ndimage.distance_transform_edt(truth == 0, return_distances=False, return_indices=True)
        nearest = truth[tuple(places)]
    alone = mask & ~np.isin(pieces, met)
    own, _ = ndimage.label(alone)
    return np.where(alone, own + int(truth.max()), np.where(mask, nearest, 0)).astype(np.uint16)


def rows(name: str, study: StudySettings, min_area_px: int) -> Iterator[dict[str, object]]:
    """Yield the scores of a network's masks, and of the true masks, by how they are divided."""
    model = named_model(name)
    card, settings = read_card(model.folder), study_prediction(model.weights)
    if settings is None:
        raise SystemExit(f"{name}: has no prediction.json")
    dataset, frames = test_images(study, card)
    truths = load_truths(dataset.folder, frames)
    scoring = DatasetScoring(min_area_px=min_area_px)
    with tempfile.TemporaryDirectory() as place:
        predict(name, dataset, list(truths), Path(place))
        labels = {frame: tifffile.imread(Path(place, f"{frame}_labels.tif")) for frame in truths}

    def scored(mask: str, divided: str, found: dict[str, NDArray[np.uint16]]) -> dict[str, object]:
        made = _scores(truths, found, scoring)
        scores = {metric: round(mean(made, metric), 3) for metric in METRICS}
        return {"network": name, "mask": mask, "divided": divided, **scores, "images": len(made)}

    yield scored("predicted", "by the network's settings", labels)
    as_truth = {frame: divided_as(each.labels, labels[frame] > 0) for frame, each in truths.items()}
    yield scored("predicted", "as the truth", as_truth)
    full = {
        frame: instances_from_probability((each.labels > 0).astype(np.float32), settings.instances)
        for frame, each in truths.items()
    }
    yield scored("true", "by the network's settings", full)


def _scores(
    truths: dict[str, Truth], found: dict[str, NDArray[np.uint16]], scoring: DatasetScoring
) -> dict[str, dict[str, float]]:
    pairs: list[tuple[Truth, Prediction]] = [
        (truth, from_labels(found[frame], min_area_px=scoring.min_area_px)) for frame, truth in truths.items()
    ]
    return dict(zip(truths, score_test_set(pairs, scoring), strict=True))


def main() -> None:
    """Print the rows; write them with --publish."""
    given = arguments(__doc__)
    study = study_of(given.configfile)
    areas = min_areas()
    cells = [name for name in real_networks(areas) if read_card(named_model(name).folder).score.metric != "iou"]
    made = [
        row
        for name in given.names or cells
        for row in rows(name, study, areas[read_card(named_model(name).folder).score.dataset])
    ]
    if given.publish:
        write_csv(PUBLISHED, made, COLUMNS)
    print("| " + " | ".join(COLUMNS) + " |\n|---|---|---|---:|---:|---:|---:|")
    print("\n".join("| " + " | ".join(str(value) for value in row.values()) + " |" for row in made))


if __name__ == "__main__":
    main()
