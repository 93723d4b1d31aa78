"""What the mean of several networks is worth: the probabilities of all seeds of a finished study, averaged and scored.

    snakemake --cores all --configfile studies/cpu.yaml studies/recipes.yaml studies/seeds.yaml
    python -m benchmarks.mean_of_seeds fast --configfile studies/cpu.yaml studies/recipes.yaml studies/seeds.yaml \\
        --publish

Each image is divided into cells once, from the mean probability, by the settings of the single networks. The mean takes
the time of all its networks, in training and in prediction. --publish writes docs/results/learning/mean-of-seeds.csv;
rows of other experiments and datasets stay there.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.cards import mean
from benchmarks.learning import study_of
from unetlib.evaluation.score_predictions import score_network
from unetlib.evaluation.test_set import Truths
from unetlib.io.files import read_csv, write_csv
from unetlib.io.predictions import Predictions
from unetlib.study.experiments import dataset_scoring, network_scoring
from unetlib.study.layout import Layout
from unetlib.study.settings import StudySettings

PUBLISHED = Path("docs/results/learning/mean-of-seeds.csv")
METRICS = ("dice", "iou", "seg", "map", "v_rand_thinned")
COLUMNS = ("experiment", "dataset", "metric", "singles", "mean_of_seeds", "gain", "seeds", "images")


class MeanPrediction(Mapping[str, NDArray[np.float32]]):
    """The mean of several networks' predictions, (H, W) or (N, H, W) by image, each computed on access."""

    def __init__(self, parts: Sequence[Mapping[str, NDArray[np.float32]]]) -> None:
        self.parts = parts

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        return np.mean([part[name] for part in self.parts], axis=0)

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts[0])

    def __len__(self) -> int:
        return len(self.parts[0])


def rows(study: StudySettings, experiment: str, dataset: str, seeds: list[int]) -> Iterator[dict[str, object]]:
    """Yield each metric of the test images of a dataset: the mean over single networks, and that of their mean."""
    layout, fold = Layout(study.study.name), study.study.folds[0]
    runs = [f"{experiment}/{dataset}/fold{fold}-seed{seed}" for seed in seeds]
    table = read_csv(Path(layout.scores(runs[0])), ("test_dataset", "image"))
    frames = sorted({row["image"] for row in table if row["test_dataset"] == dataset})
    truths = Truths([Path(layout.frames(dataset)).parent])
    how = network_scoring(study, experiment), {dataset: dataset_scoring(study, dataset)}

    def scores(predictions: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
        found = {frame: each for _, frame, each in score_network(predictions, truths, {dataset: frames}, *how)}
        return {name: mean(found, name) for name in METRICS if name in next(iter(found.values()))}

    parts = [Predictions(Path(layout.predictions(run))) for run in runs]
    singles, together = [scores(part) for part in parts], scores(MeanPrediction(parts))
    facts = {"experiment": experiment, "dataset": dataset, "seeds": len(seeds), "images": len(frames)}
    for name, value in together.items():
        single = float(np.mean([each[name] for each in singles]))
        values = {"singles": round(single, 4), "mean_of_seeds": round(value, 4), "gain": round(value - single, 4)}
        yield facts | {"metric": name} | values


def main() -> None:
    """Print the rows; with --publish write them, in place of those of the same experiment and dataset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", help="whose predictions the study has")
    parser.add_argument("--configfile", nargs="+", type=Path, required=True, help="the study's files, over config.yaml")
    parser.add_argument("--datasets", nargs="+", help="all of the experiment where left out")
    parser.add_argument("--seeds", nargs="+", type=int, help="all of the study where left out")
    parser.add_argument("--publish", action="store_true", help=f"write {PUBLISHED}")
    given = parser.parse_args()
    study = study_of(given.configfile)
    if given.experiment not in study.study.experiments:
        parser.error(f"{given.experiment} is no experiment of the study {study.study.name}")
    seeds = given.seeds or study.study.seeds
    if len(seeds) < 2:
        parser.error("one seed was given, and a mean needs two; give more with --seeds")
    datasets = given.datasets or study.experiments[given.experiment].datasets or study.study.datasets
    made = [row for dataset in datasets for row in rows(study, given.experiment, dataset, seeds)]
    print(f"| {' | '.join(COLUMNS)} |\n|---|---|---|---:|---:|---:|---:|---:|")
    print("\n".join(f"| {' | '.join(str(row[name]) for name in COLUMNS)} |" for row in made))
    if given.publish:
        new = {(row["experiment"], row["dataset"]) for row in made}
        old = read_csv(PUBLISHED, COLUMNS) if PUBLISHED.is_file() else []
        write_csv(PUBLISHED, [*(r for r in old if (r["experiment"], r["dataset"]) not in new), *made], COLUMNS)


if __name__ == "__main__":
    main()
