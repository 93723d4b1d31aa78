"""A shipped network for the tests: the brightness network, with a card that fits it."""

from pathlib import Path

from builders.images import save

from unetlib.imaging.settings import InstanceSettings
from unetlib.io.files import sha256_of, write_json
from unetlib.models.card import AppearanceRecord, ModelCard, Range, ScoreRecord, TrainingData, WeightsRecord
from unetlib.networks.settings import InferenceSettings, PredictionSettings

APPEARANCE = AppearanceRecord(
    full_scales=(255,), skew=Range(low=0.1, high=0.5), foreground=Range(low=0.1, high=0.3), diameter_px=10
)


def card_of(name: str, **given: object) -> ModelCard:
    """A card; what is given replaces its fields."""
    fields: dict[str, object] = {
        "name": name,
        "shows": f"bright {name} on a dark ground",
        "not_for": ("anything else",),
        "pixel_size_um": 0.65,
        "architecture": "unet of 4 filters in the first of 3 levels, valid padding",
        "appearance": APPEARANCE,
        "data": (
            TrainingData(dataset="discs", images=3, source="discs.zip", sha256="ab", licence="CC0", citation="none"),
        ),
        "score": ScoreRecord(
            metric="dice",
            title="Dice",
            dataset="discs",
            mean=0.9,
            low=0.85,
            high=0.95,
            resampled="images",
            images=4,
            folds=2,
            study="tiny",
            experiment="reference",
        ),
        "weights": WeightsRecord(format="float16", parameters=9, agreement=1, lowest_agreement=1, images=2),
        "commands": ("make it",),
        "code": "c0de",
        "versions": {"torch": "2.15"},
        "files": {},
    }
    return ModelCard(**(fields | given))


def ship_a_network(folder: Path, name: str, **given: object) -> ModelCard:
    """Write a network into `folder` / name, as `tools.ship_model` does, and return its card."""
    place = folder / name
    place.mkdir(parents=True)
    save(place / "model.pt")
    prediction = PredictionSettings(
        inference=InferenceSettings(test_time_augmentation=8),
        instances=InstanceSettings(threshold=0.6, min_area_px=9),
        normalisation="zscore",
        pixel_size_um=0.65,
    )
    write_json(place / "prediction.json", prediction.plain())
    card = card_of(name, files={path.name: sha256_of(path) for path in sorted(place.iterdir())}, **given)
    write_json(place / "card.json", card.plain())
    (place / "card.md").write_text(f"# {name}\n")
    return card
