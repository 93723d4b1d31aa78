"""What a model file is, in words: what it was trained on, how, and with what score."""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unetlib.networks.trained_network import load_model

SAME = ("settings", "experiment", "train_dataset", "fold", "seed", "code")  # what facts and their model share
SCORES = ("iou", "dice", "precision", "recall")  # means over images; SEG and AP are pooled, see the study's tables


def describe(path: Path) -> list[tuple[str, str]]:
    """Return (name, text) lines about a model.pt, from the file itself, the facts.json and the scores of its run.

    Facts beside it count only when they are of the same run. Raises RunError for a file that is no model.
    """
    how, weights = load_model(path)
    facts = _facts(path, how)
    lines = [
        ("model", f"{path}, {sum(part.numel() for part in weights.values()):,} numbers"),
        ("run", _run(how)),
        *(("trained on", text) for text in _data(how, facts)),
        *_settings(how.get("settings", {})),
    ]
    known = {**how, **facts}
    if "best_validation_dice" not in known:
        return [*lines, ("score", "not known: facts.json of this run does not stand beside the model")]
    best = f"validation Dice {known['best_validation_dice']:.3f} at update {known['best_update']} of {known['updates']}"
    lines.append(("score", best))
    if not facts:
        return lines
    lines += [("test", text) for text in _tested(path, how)]
    lines.append(("made", f"on {facts['device']} in {facts['train_seconds']:.0f} s, {_versions(facts)}"))
    return lines


def _facts(path: Path, how: Mapping[str, Any]) -> dict[str, Any]:
    """The facts beside the model, or nothing when they are missing, damaged or those of another run."""
    try:
        facts = json.loads(path.with_name("facts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    same = isinstance(facts, dict) and all(facts.get(key) == how.get(key) for key in SAME)
    return facts if same else {}


def _run(how: Mapping[str, Any]) -> str:
    return f"experiment {how.get('experiment')}, fold {how.get('fold')}, seed {how.get('seed')}"


def _data(how: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    texts = []
    for entry in how.get("data", []):
        name, sha256 = entry.get("dataset"), entry.get("sha256")
        roles = facts.get("roles", {}).get(name, {})
        counts = ", ".join(f"{len(frames)} {role}" for role, frames in roles.items())
        options = entry.get("options") or {}
        size = f", {options['pixel_size_um']} µm per pixel" if options.get("pixel_size_um") else ""
        checksum = f" (sha256 {sha256[:12]}…)" if sha256 else ""
        texts.append(f"{name}{size}{f', images: {counts}' if counts else ''}, from {entry.get('source')}{checksum}")
    return texts


def _settings(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = []
    for section in ("model", "loss", "weights", "augmentation", "training", "batch", "inference"):
        if section in settings:
            lines.append((section, _plain(settings[section])))
    lines.append(("images", f"normalised by {settings.get('normalisation')}, threshold {settings.get('threshold')}"))
    return lines


def _plain(section: Any) -> str:
    if not isinstance(section, Mapping):
        return str(section)
    return ", ".join(
        f"{key} {f'({_plain(value)})' if isinstance(value, Mapping) else value}" for key, value in section.items()
    )


def _tested(path: Path, how: Mapping[str, Any]) -> list[str]:
    """Mean scores per test dataset of the run, where the model still stands in its study's results."""
    run = path.resolve().parent
    root = run.parents[3] if len(run.parents) > 3 and run.parents[2].name == "runs" else None
    table = root / "scores" / run.relative_to(root / "runs").with_suffix(".csv") if root else None
    if table is None or not table.is_file():
        return []
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with table.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["metric"] in SCORES and row["value"]:
                values[row["test_dataset"]][row["metric"]].append(float(row["value"]))
    return [
        ", ".join(f"{name} {sum(scores[name]) / len(scores[name]):.3f}" for name in SCORES if name in scores)
        + f" on {dataset}, mean of {max(map(len, scores.values()))} images"
        for dataset, scores in sorted(values.items())
    ]


def _versions(facts: Mapping[str, Any]) -> str:
    versions = facts.get("versions", {})
    return ", ".join(f"{name} {versions[name]}" for name in ("unetlib", "torch", "python") if name in versions)
