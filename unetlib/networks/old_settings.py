"""Settings as earlier versions recorded them, translated to the names of today, so that their model files load."""

from collections.abc import Mapping

SECTIONS = {"gap": "separate_touching", "weights": "weight_map"}
KEYS = {
    "augmentation": {"variants": "copies"},
    "training": {"accumulate": "accumulation_steps"},
    "inference": {"rotations": "test_time_augmentation"},
}
REMOVED = {"training": ("checkpoint_every",)}


def translated(settings: Mapping[str, object]) -> dict[str, object]:
    """Return recorded settings under the names of today; those that have them already are returned as they are."""
    found: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            keys, removed = KEYS.get(name, {}), REMOVED.get(name, ())
            value = {keys.get(key, key): part for key, part in value.items() if key not in removed}
        elif name == "validation":
            value = {"images": value}
        found[SECTIONS.get(name, name)] = value
    return found
