"""Write the page of a shipped network, card.md, from its card alone."""

from unetlib.io.wording import counted
from unetlib.models.card import EXAMPLE_FILE, ModelCard, Range, TrainingData
from unetlib.networks.settings import PredictionSettings


def page_of(card: ModelCard, prediction: PredictionSettings) -> str:
    """Return the page as Markdown."""
    return "\n".join(
        [
            f"# {card.name}",
            "",
            f"For: {card.shows}.",
            "",
            *(["![a training image with the outlines of its cells](" + EXAMPLE_FILE + ")", ""] * _has_picture(card)),
            "## Not for",
            "",
            *(f"- {text}" for text in card.not_for),
            "",
            "## How images must look",
            "",
            *_looks(card),
            "",
            "## Score on images that did not train it",
            "",
            _score(card),
            "",
            "## Trained on",
            "",
            "| dataset | images | licence | cite | from |",
            "|---|---:|---|---|---|",
            *map(_row, card.data),
            "",
            "## How it predicts",
            "",
            *_prediction(prediction),
            "",
            "## Files",
            "",
            f"{card.architecture}, {card.weights.parameters:,} numbers, stored as {card.weights.format}. On"
            f" {counted(card.weights.images, 'image')} its masks and those of the trained weights have a Dice of"
            f" {card.weights.agreement:.5f} (lowest of an image {card.weights.lowest_agreement:.5f}).",
            "",
            *(f"- {name}: sha256 `{checksum}`" for name, checksum in card.files.items()),
            "",
            "Made again by:",
            "",
            "```",
            *card.commands,
            "```",
            "",
            f"Code of the training: `{card.code}`; "
            + ", ".join(f"{name} {version}" for name, version in card.versions.items())
            + ".",
            "",
        ]
    )


def _has_picture(card: ModelCard) -> bool:
    return EXAMPLE_FILE in card.files


def _looks(card: ModelCard) -> list[str]:
    looks = card.appearance
    size = f"{card.pixel_size_um:g} µm" if card.pixel_size_um else "not stated by the dataset"
    diameter = f"{looks.diameter_px:.0f} px across in the middle"
    if card.pixel_size_um:
        diameter += f" ({looks.diameter_px * card.pixel_size_um:.1f} µm)"
    return [
        f"- pixel size: {size}" + ("; `--rescale` brings other images to it" if card.pixel_size_um else ""),
        f"- cells: {diameter}; they cover {_percent(looks.foreground)} of an image",
        f"- grey values: white is {' or '.join(f'{scale:g}' for scale in looks.full_scales) or 'not known'};"
        f" {_polarity(looks.skew)}",
    ]


def _polarity(skew: Range) -> str:
    if skew.low > 0:
        return "few bright pixels on a dark ground"
    if skew.high < 0:
        return "few dark pixels on a bright ground"
    return "images with a dark and with a bright ground both trained it"


def _percent(span: Range) -> str:
    return f"{span.low:.0%} to {span.high:.0%}"


def _score(card: ModelCard) -> str:
    score = card.score
    covers = f"; the interval resamples {score.resampled}" if score.resampled and score.low is not None else ""
    return (
        f"{score.text()} on {counted(score.images, 'image')} of {score.dataset}: the mean over"
        f" {counted(score.folds, 'network')} of the same recipe, each scored on images that it never saw (study"
        f" {score.study}, experiment {score.experiment}){covers}."
    )


def _prediction(prediction: PredictionSettings) -> list[str]:
    cut, turns = prediction.instances, prediction.inference.test_time_augmentation
    side = prediction.binning
    averaged = f"{turns} flips and rotations are averaged" if turns > 1 else "each image is predicted once"
    return [
        f"- a pixel is a cell from a probability of {cut.threshold:g}; cells under {cut.min_area_px} px are dropped",
        f"- touching cells are cut at necks of {cut.watershed_depth_px:g} px"
        if cut.watershed_depth_px
        else "- touching cells stay together",
        f"- {averaged}; grey values are normalised by {prediction.normalisation}"
        + (f"; {side} × {side} pixels are averaged first" if side > 1 else ""),
    ]


def _row(data: TrainingData) -> str:
    source = f"{data.source}, sha256 `{data.sha256}`" if data.sha256 else data.source
    return f"| {data.dataset} | {data.images} | {data.licence} | {data.citation} | {source} |"
