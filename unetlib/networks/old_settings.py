"""Translate settings recorded by earlier versions to today's names, so that their model files load."""

from collections.abc import Mapping

SECTIONS = {"gap": "separate_touching", "weights": "weight_map"}
KEYS = {
    "augmentation": {"variants": "copies"},
    "training": {"accumulate": "accumulation_steps"},
    "inference": {"rotations": "test_time_augmentation"},
}
REMOVED = {"training": ("checkpoint_every",)}


def translated(settings: Mapping[str, object]) -> dict[str, object]:
    """Return recorded settings under today's names; current ones are returned unchanged."""
    found: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            keys, removed = KEYS.get(name, {}), REMOVED.get(name, ())
            value = {keys.get(key, key): part for key, part in value.items() if key not in removed}
        elif name == "validation":
            value = {"images": value}
        found[SECTIONS.get(name, name)] = value
    return found
