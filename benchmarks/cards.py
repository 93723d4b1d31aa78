"""Do the scores on the cards of shipped networks hold, with the command that a user types, on images they never saw?

    snakemake --cores all --until prepare --configfile studies/cpu.yaml studies/recipes.yaml
    python -m benchmarks.cards --configfile studies/cpu.yaml studies/recipes.yaml [--publish]

Copies the test images of fold 0 of a network's dataset, runs `unetlib predict NAME` on one thread, and scores its label
images against the gold truth by the code of the studies. All networks that ship were trained for fold 0. --publish
writes the rows into docs/results/learning/shipped-networks.csv and their table into docs/quickstart.md.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import yaml

from benchmarks.learning import roles_of, study_of
from tools.marked_sections import write_section
from unetlib.datasets.dataset import Dataset
from unetlib.evaluation.score_predictions import score_label_files
from unetlib.evaluation.settings import DatasetScoring
from unetlib.io.files import write_csv
from unetlib.models.card import ModelCard, read_card
from unetlib.models.registry import named_model, shipped_models
from unetlib.study.layout import Layout
from unetlib.study.settings import StudySettings

PUBLISHED = Path("docs/results/learning/shipped-networks.csv")
PAGE, SECTION, WRITER = Path("docs/quickstart.md"), "networks", "benchmarks/cards.py"
PER_OBJECT = ("seg",)  # pooled over the objects of all images
COLUMNS = ("network", "megabytes", "dataset", "metric", "card", "low", "high", "command", "images", "seconds")
HEADER = ("network", "size, MB", "score on its card", "`unetlib predict`", "unseen images", "s per image")
Scores = dict[str, dict[str, float]]


def test_images(study: StudySettings, card: ModelCard) -> tuple[Dataset, list[str]]:
    """Return the network's dataset, as the study has prepared it, and the test frames of fold 0."""
    dataset = Dataset(Path(Layout(study.study.name).frames(card.score.dataset)).parent)
    frames = roles_of(dataset, study, study.study.reference)["test"]
    if len(frames) != card.score.images:
        raise SystemExit(f"{dataset.folder}: {len(frames)} images test, but {card.score.images} on the card")
    return dataset, frames


def predict(name: str, dataset: Dataset, frames: list[str], out: Path) -> float:
    """Write what `unetlib predict` makes of the frames into `out`; return the seconds of the command."""
    with tempfile.TemporaryDirectory() as images:
        for frame in frames:
            shutil.copy(dataset.folder / "images" / f"{frame}.tif", images)
        start = time.perf_counter()
        command = [sys.executable, "-m", "unetlib", "predict", name, images, "-o", str(out), "--threads", "1", "-q"]
        subprocess.run(command, check=True)
        return time.perf_counter() - start


def scores_of(name: str, dataset: Dataset, frames: list[str], scoring: DatasetScoring) -> tuple[Scores, float]:
    """Return the scores of each test image, and the seconds of the command."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place)
        seconds = predict(name, dataset, frames, out)
        write_csv(out / "labels.csv", ({"frame": f, "file": f"{f}_labels.tif"} for f in frames), ("frame", "file"))
        return score_label_files(dataset.folder, frames, out / "labels.csv", scoring), seconds


def mean(scores: Scores, metric: str) -> float:
    """Return the mean over images; of metrics per object, the mean over all objects."""
    values = np.array([each[metric] for each in scores.values()])
    weights = np.array([each["objects"] for each in scores.values()]) if metric in PER_OBJECT else np.ones(len(values))
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=weights[known]))


def row(name: str, study: StudySettings, min_area_px: Mapping[str, int]) -> dict[str, object]:
    """Return the row of one network."""
    model = named_model(name)
    card = read_card(model.folder)
    score = card.score
    scoring = DatasetScoring(min_area_px=min_area_px[score.dataset])
    scores, seconds = scores_of(name, *test_images(study, card), scoring)
    return {
        "network": name,
        "megabytes": round(model.weights.stat().st_size / 1e6, 1),
        "dataset": score.dataset,
        "metric": score.title,
        "card": round(score.mean, 3),
        "low": round(score.low, 3) if score.low is not None else None,
        "high": round(score.high, 3) if score.high is not None else None,
        "command": round(mean(scores, score.metric), 3),
        "images": len(scores),
        "seconds": round(seconds, 1),
    }


def markdown(rows: Iterable[Mapping[str, object]]) -> str:
    """Return a Markdown table of rows as read from the CSV or made here."""
    lines = ["| " + " | ".join(HEADER) + " |", "|---|---:|---:|---:|---:|---:|"]
    for each in rows:
        card = "{} {:.3f} [{:.3f}, {:.3f}]".format(
            each["metric"], *(float(str(each[end])) for end in ("card", "low", "high"))
        )
        seconds = float(str(each["seconds"])) / int(str(each["images"]))
        cells = (each["network"], each["megabytes"], card, f"{float(str(each['command'])):.3f}", each["images"])
        lines.append("| " + " | ".join(map(str, cells)) + f" | {seconds:.1f} |")
    return "\n".join(lines)


def min_areas() -> dict[str, int]:
    """Return the smallest object that counts, px, by dataset of config.yaml."""
    datasets = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))["datasets"]
    return {name: entry["min_area_px"] for name, entry in datasets.items() if "min_area_px" in entry}


def real_networks(datasets: Iterable[str]) -> list[str]:
    """Return the names of the shipped networks that were trained on one of these datasets."""
    return [model.name for model in shipped_models() if read_card(model.folder).score.dataset in datasets]


def arguments(doc: str | None) -> argparse.Namespace:
    """Return the arguments of a program that predicts the test images of a study with the networks that ship."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="shipped networks; all of real images where left out")
    parser.add_argument("--configfile", nargs="+", type=Path, required=True, help="the study's files, over config.yaml")
    parser.add_argument("--publish", action="store_true", help="write what docs show; of all networks")
    given = parser.parse_args()
    if given.publish and given.names:
        parser.error("--publish writes the table of all networks; leave out the names")
    return given


def main() -> None:
    """Print the card's scores and the command's; publish them with --publish."""
    given = arguments(__doc__)
    min_area_px = min_areas()
    names = given.names or real_networks(min_area_px)
    rows = [row(name, study_of(given.configfile), min_area_px) for name in names]
    if given.publish:
        write_csv(PUBLISHED, rows, COLUMNS)
        write_section(PAGE, SECTION, WRITER, markdown(rows).splitlines())
    print(markdown(rows))


if __name__ == "__main__":
    main()
