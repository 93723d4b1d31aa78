"""Make a network that ships with unetlib from a finished run of a study: weights, settings, card and picture.

python -m tools.ship_model results/demo-nuclei reference fluorescence --name demo-nuclei
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.model_description import Description, description_of
from tools.model_page import page_of
from tools.stored_weights import compare_masks, store_halved
from unetlib.datasets.dataset import Dataset
from unetlib.evaluation.tables import METRICS
from unetlib.imaging.appearance import foreground_share, full_scale, grey_skew, median_diameter_px
from unetlib.imaging.outlines import outlined
from unetlib.io.files import atomic_folder, read_csv, sha256_of, write_json
from unetlib.io.png import write_png
from unetlib.io.wording import size_text
from unetlib.models.card import (
    CARD_FILE,
    CARD_PAGE,
    EXAMPLE_FILE,
    AppearanceRecord,
    ModelCard,
    Range,
    ScoreRecord,
    TrainingData,
)
from unetlib.models.registry import NAME, SHIPPED
from unetlib.networks.run_record import RunFacts, read_facts
from unetlib.networks.settings import ModelSettings
from unetlib.networks.trained_network import PREDICTION_FILE, study_prediction
from unetlib.study.layout import Layout
from unetlib.study.runs import Run, run_of

LARGEST_BYTES = 4_000_000
MODEL_FILE = "model.pt"
FILES = r"model\.pt|prediction\.json|card\.json|card\.md|example\.png"
AGREEMENT = 0.999  # Dice of the masks of stored and of trained weights
EXAMPLE_PX = 256  # side of the part of a training image that the picture shows
PROGRAMS = ("unetlib", "torch", "python")
COLUMNS = ("test_dataset", "experiment", "train_dataset", "metric", "mean", "low", "high", "images", "resampled")


class ShipError(ValueError):
    """A network cannot be shipped."""


@dataclass(frozen=True)
class Wanted:
    """The run to ship, its new name, and the study of its score. results: <project>/results/<study>."""

    results: Path
    run: Run
    name: str
    score_results: Path
    score_experiment: str

    def file(self, path: str) -> Path:
        """Return a path of the layout within the project of these results."""
        return self.results.parent.parent / path

    def commands(self, description: Description) -> tuple[str, ...]:
        """Return the commands that train the network and ship it."""
        run = self.run
        command = (
            f"python -m tools.ship_model results/{self.results.name} {run.experiment} {run.train_dataset}"
            f" --name {self.name} --fold {run.fold} --seed {run.seed}"
        )
        if (self.score_results.name, self.score_experiment) != (self.results.name, run.experiment):
            command += f" --score-from results/{self.score_results.name} {self.score_experiment}"
        return description.study, command


def ship(wanted: Wanted, description: Description, folder: Path = SHIPPED) -> ModelCard:
    """Write the folder of a network, whole or not at all, and return its card; equal runs give equal bytes.

    Raises ShipError for an unfinished run, for weights that are too large or change the masks, and for a score of
    networks that saw their test images.
    """
    if not NAME.fullmatch(wanted.name):
        raise ShipError(f"{wanted.name}: a name has small letters, digits and hyphens, as demo-nuclei")
    layout, run = Layout(wanted.results.name), wanted.run.path
    model, settings = wanted.file(layout.model(run)), wanted.file(layout.prediction_settings(run))
    for path in (model, settings, wanted.file(layout.run_facts(run))):
        if not path.is_file():
            raise ShipError(f"{path}: is not there; run the study first ({description.study})")
    facts, prediction = read_facts(wanted.file(layout.run_facts(run))), study_prediction(model)
    assert prediction is not None  # its file existed a moment ago
    dataset = Dataset(wanted.file(layout.frames(wanted.run.train_dataset)).parent)
    roles = facts.roles[wanted.run.train_dataset]
    data, score = _data(facts, description), _score(wanted)
    with atomic_folder(folder / wanted.name, FILES, "part of a shipped network") as staging:
        store_halved(model, staging / MODEL_FILE)
        if (size := (staging / MODEL_FILE).stat().st_size) > LARGEST_BYTES:
            raise ShipError(f"{model}: takes {size_text(size)} even in 16 bits; ship one of {size_text(LARGEST_BYTES)}")
        (staging / PREDICTION_FILE).write_bytes(settings.read_bytes())
        weights = compare_masks(model, staging / MODEL_FILE, dataset, [*roles["validation"], *roles["test"]])
        if weights.agreement < AGREEMENT:
            raise ShipError(f"{model}: in 16 bits its masks change (Dice {weights.agreement:.5f}); ship another run")
        if description.picture:
            write_png(staging / EXAMPLE_FILE, _example(dataset, roles["train"]))
        card = ModelCard(
            name=wanted.name,
            shows=description.shows,
            not_for=description.not_for,
            pixel_size_um=prediction.pixel_size_um,
            architecture=_architecture(facts),
            appearance=_appearance(dataset, roles["train"]),
            data=data,
            score=score,
            weights=weights,
            commands=wanted.commands(description),
            code=facts.code,
            versions={name: facts.versions[name] for name in PROGRAMS if name in facts.versions},
            files={path.name: sha256_of(path) for path in sorted(staging.iterdir())},
        )
        write_json(staging / CARD_FILE, card.plain())
        (staging / CARD_PAGE).write_text(page_of(card, prediction), encoding="utf-8", newline="\n")
    return card


def _appearance(dataset: Dataset, frames: list[str]) -> AppearanceRecord:
    scales, skews, shares, diameters = set(), [], [], []
    for frame in frames:
        image, labels = dataset.image(frame), dataset.training_truth(frame)[0]
        scales.add(full_scale(image))
        skews.append(grey_skew(image))
        shares.append(foreground_share(labels))
        diameters.append(median_diameter_px(labels))
    known = sorted(diameter for diameter in diameters if diameter is not None)
    return AppearanceRecord(
        full_scales=tuple(sorted(scale for scale in scales if scale is not None)),
        skew=_range(skews),
        foreground=_range(shares),
        diameter_px=round(known[len(known) // 2], 2),
    )


def _range(values: list[float]) -> Range:
    ordered = sorted(values)
    outside = len(ordered) // 20
    return Range(low=round(ordered[outside], 4), high=round(ordered[len(ordered) - 1 - outside], 4))


def _data(facts: RunFacts, description: Description) -> tuple[TrainingData, ...]:
    found = []
    for entry in facts.data:
        name = str(entry.dataset)
        if name not in description.data:
            raise ShipError(f"{name}: the description has no licence and citation of this dataset; add them")
        source = str(entry.source)
        found.append(
            TrainingData(
                dataset=name,
                images=len(facts.roles[name]["train"]),
                source=source if "://" in source else Path(source).name,  # no path of the machine that trained it
                sha256=entry.sha256,
                **description.data[name].plain(),
            )
        )
    return tuple(found)


def _score(wanted: Wanted) -> ScoreRecord:
    """Return the score of the recipe's networks, after checking that none of them saw its test images."""
    results, dataset = wanted.score_results, wanted.run.train_dataset
    layout, experiment = Layout(results.name), wanted.score_experiment
    runs = sorted((results / "runs" / experiment / dataset).glob("fold*-seed*/facts.json"))
    for path in runs:
        roles = read_facts(path).roles[dataset]
        if seen := set(roles["test"]) & {*roles["train"], *roles["validation"]}:
            raise ShipError(f"{path}: tests on images that trained it, such as {min(seen)}; score it again")
    table = results.parent.parent / layout.table("comparison")
    rows = [row for row in read_csv(table, COLUMNS) if row.get("primary", row.get("headline")) == "True"]
    own = [row for row in rows if (row["experiment"], row["train_dataset"]) == (experiment, dataset)]
    own = [row for row in own if row["test_dataset"] == dataset]
    if len(own) != 1 or not runs:
        raise ShipError(f"{table}: has no score of {experiment} on {dataset}; run the study to its end")
    row = own[0]
    low, high = (round(float(row[end]), 6) if row[end] else None for end in ("low", "high"))
    return ScoreRecord(
        metric=row["metric"],
        title=METRICS[row["metric"]],
        dataset=dataset,
        mean=round(float(row["mean"]), 6),
        low=low,
        high=high,
        resampled=row["resampled"] or None,
        images=int(row["images"]),
        folds=len({run_of(path.parent).fold for path in runs}),
        study=results.name,
        experiment=experiment,
    )


def _example(dataset: Dataset, frames: list[str]) -> NDArray[np.uint8]:
    """Return a picture of the training image with median foreground, or of the centre of that image."""
    shares = sorted((foreground_share(dataset.training_truth(frame)[0]), frame) for frame in frames)
    frame = shares[len(shares) // 2][1]
    image, labels = dataset.image(frame), dataset.training_truth(frame)[0]
    rows, columns = (slice(max(0, (side - EXAMPLE_PX) // 2), (side + EXAMPLE_PX) // 2) for side in image.shape)
    return outlined(image[rows, columns], labels[rows, columns])


def _architecture(facts: RunFacts) -> str:
    model = ModelSettings.read(facts.settings["model"])
    levels = f"{model.base_filters} filters in the first of {model.depth} levels"
    return f"{model.architecture.replace('_', ' ')} of {levels}, {model.padding} padding"


def main() -> int:
    """Ship the network named on the command line; return 1 after one line on stderr if that is impossible."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="results/STUDY of a finished study")
    parser.add_argument("experiment", help="its experiment")
    parser.add_argument("dataset", help="the dataset that trained the network")
    parser.add_argument("--name", required=True, help="by what name the command line will know it")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--score-from",
        nargs=2,
        metavar=("RESULTS", "EXPERIMENT"),
        help="the cross-validated twin whose score the card has, where the shipped network tested on nothing",
    )
    given = parser.parse_args()
    score_results, experiment = given.score_from or (given.results, given.experiment)
    run = Run(given.experiment, given.dataset, given.fold, given.seed)
    wanted = Wanted(given.results.resolve(), run, given.name, Path(score_results).resolve(), experiment)
    try:
        card = ship(wanted, description_of(given.name))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{card.name}: {card.score.text()}, masks agree with a Dice of {card.weights.agreement:.5f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
