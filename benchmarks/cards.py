"""Do the scores on the cards of shipped networks hold, with the command that a user types, on images they never saw?

    python -m benchmarks.cards dic-cells resources/recipes/datasets/dic-hela \\
        resources/recipes/splits/dic-hela/KEY/fold0.csv --min-area 500

Copies the test images of a split, runs `unetlib predict NAME`, and scores its label images against gold truth by the
code of the studies. The split must be that of the network's own study, so that no test image trained or chose it.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from unetlib.datasets.split_files import frames_with_role
from unetlib.evaluation.score_predictions import score_label_files
from unetlib.evaluation.settings import DatasetScoring
from unetlib.io.files import write_csv
from unetlib.models.card import read_card
from unetlib.models.registry import named_model

PER_OBJECT = ("seg",)  # pooled over the objects of all images
Scores = dict[str, dict[str, float]]


def scores_of(name: str, dataset: Path, split: Path, scoring: DatasetScoring) -> tuple[Scores, float]:
    """Return the scores of each test image, and the seconds of the command."""
    frames = frames_with_role(split, "test")
    with tempfile.TemporaryDirectory() as place:
        images, out = Path(place, "images"), Path(place, "out")
        images.mkdir()
        for frame in frames:
            shutil.copy(dataset / "images" / f"{frame}.tif", images)
        start = time.perf_counter()
        command = [sys.executable, "-m", "unetlib", "predict", name, str(images), "-o", str(out), "--threads", "1"]
        subprocess.run([*command, "-q"], check=True)
        seconds = time.perf_counter() - start
        write_csv(out / "labels.csv", ({"frame": f, "file": f"{f}_labels.tif"} for f in frames), ("frame", "file"))
        return score_label_files(dataset, frames, out / "labels.csv", scoring), seconds


def mean(scores: dict[str, dict[str, float]], metric: str) -> float:
    """Return the mean over images; of metrics per object, the mean over all objects."""
    values = np.array([each[metric] for each in scores.values()])
    weights = np.array([each["objects"] for each in scores.values()]) if metric in PER_OBJECT else np.ones(len(values))
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=weights[known]))


def main() -> None:
    """Print the card's score and the command's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="a shipped network")
    parser.add_argument("dataset", type=Path, help="prepared dataset of the network's study")
    parser.add_argument("split", type=Path, help="the split of its fold")
    parser.add_argument("--min-area", type=int, default=0, help="as the study's min_area_px")
    given = parser.parse_args()
    card = read_card(named_model(given.name).folder)
    scores, seconds = scores_of(given.name, given.dataset, given.split, DatasetScoring(min_area_px=given.min_area))
    found = mean(scores, card.score.metric)
    print(f"{given.name}: card {card.score.text()}; the command {found:.3f} on {len(scores)} images in {seconds:.0f} s")


if __name__ == "__main__":
    main()
