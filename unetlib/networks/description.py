"""Describe a model file in words: its training data, settings and score."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from unetlib.io.files import FileError
from unetlib.networks.run_record import RecordError, RunFacts, RunRecord, read_facts
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import prediction_beside, read_model

SECTIONS = ("model", "target", "resample", "loss", "weight_map", "augmentation", "training", "batch", "inference")
PROGRAMS = ("unetlib", "torch", "python")
SCORES = ("iou", "dice", "precision", "recall")  # means over images; SEG and AP are pooled, see the study's tables


def describe(path: Path) -> list[tuple[str, str]]:
    """Return (name, text) lines about a model.pt, from the file itself, the facts.json and the scores of its run.

    Facts beside it count only when they are of the same run. Raises ModelFileError for a file that is no model.
    """
    record, weights = read_model(path)
    facts, prediction = _facts(path, record), prediction_beside(path, record)
    if prediction is not None:
        record = record.with_pixel_size(prediction.pixel_size_um)
    elif record.prediction is not None:
        prediction = PredictionSettings.read(record.prediction)
    lines = [
        ("model", f"{path}, {sum(part.numel() for part in weights.values()):,} numbers"),
        ("run", f"experiment {record.experiment}, fold {record.fold}, seed {record.seed}"),
        *(("trained on", text) for text in _data(record, facts)),
        *_settings(record),
    ]
    if prediction is not None:
        lines += [
            ("inference", _plain(prediction.inference.plain())),
            ("instances", _plain(prediction.instances.plain())),
        ]
    if record.held_out is not None:
        scores = ", ".join(f"{name} {value:.3f}" for name, value in record.held_out.items())
        return [*lines, ("held out", f"{scores}: means over images that did not train it")]
    known = facts or record
    if known.best_validation_dice is None:
        return [*lines, ("score", "not known: facts.json of this run does not stand beside the model")]
    best = f"validation Dice {known.best_validation_dice:.3f} at update {known.best_update} of {known.updates}"
    lines.append(("score", best))
    if facts is None:
        return lines
    lines += [("test", text) for text in _tested(path)]
    versions = ", ".join(f"{name} {facts.versions[name]}" for name in PROGRAMS if name in facts.versions)
    lines.append(("made", f"on {facts.device} in {facts.train_seconds or 0:.0f} s, {versions}"))
    return lines


def _facts(path: Path, record: RunRecord) -> RunFacts | None:
    """Return the facts beside the model, or None if they are missing, damaged or of another run."""
    try:
        facts = read_facts(path.with_name("facts.json"))
    except (OSError, FileError, RecordError):
        return None
    return facts if facts.is_of_the_same_run(record) else None


def _data(record: RunRecord, facts: RunFacts | None) -> list[str]:
    texts = []
    for entry in record.data:
        roles = {} if facts is None else facts.roles.get(entry.dataset or "", {})
        counts = ", ".join(f"{len(frames)} {role}" for role, frames in roles.items())
        size = f", {entry.pixel_size_um} µm per pixel" if entry.pixel_size_um else ""
        checksum = f" (sha256 {entry.sha256[:12]}…)" if entry.sha256 else ""
        texts.append(f"{entry.dataset}{size}{f', images: {counts}' if counts else ''}, from {entry.source}{checksum}")
    return texts


def _settings(record: RunRecord) -> list[tuple[str, str]]:
    settings = record.settings
    lines = [(section, _plain(settings[section])) for section in SECTIONS if section in settings]
    lines.append(("images", f"normalised by {settings.get('normalisation')}, threshold {settings.get('threshold')}"))
    return lines


def _plain(section: object) -> str:
    if not isinstance(section, Mapping):
        return str(section)
    return ", ".join(
        f"{key} {f'({_plain(value)})' if isinstance(value, Mapping) else value}"
        for key, value in section.items()
        if value is not None
    )


def _tested(path: Path) -> list[str]:
    """Return the run's mean scores per test dataset, if the model still lies in its study's results."""
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
