"""Settings of an experiment by dotted name, such as validation.images: stated ones and effective ones."""

from collections.abc import Mapping
from typing import Any

from unetlib.io.settings import Settings
from unetlib.study.experiments import (
    PREDICTED_BY,
    datasets_of,
    inference_settings,
    instance_method,
    is_joint,
    run_settings,
    scoring_settings,
    split_settings,
    training_experiment,
)
from unetlib.study.runs import JOINT
from unetlib.study.settings import ABOUT, ExperimentSettings, StudySettings

Stated = dict[str, Any]  # section → setting → value, or a setting without a section → value
WHOLE = ("params",)  # mappings that count as one value


def dotted(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Flatten nested mappings into dotted name → value; `params` stays whole."""
    found: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and key not in WHOLE:
            found |= dotted(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def known_names() -> list[str]:
    """Return every name that an experiment can state, sections first: model, model.norm, normalisation."""
    sections = {
        name: field for name, field in ExperimentSettings.model_fields.items() if name not in ("networks_of", *ABOUT)
    }
    within = [f"{name}.{key}" for name in sections for key in _keys(name)]
    return [*sections, *within]


def _keys(section: str) -> list[str]:
    model = ExperimentSettings.model_fields[section].annotation
    kinds = [kind for kind in getattr(model, "__args__", ()) if isinstance(kind, type) and issubclass(kind, Settings)]
    return [name for kind in kinds for name in kind.model_fields]


def stated(study: StudySettings, experiment: str) -> Stated:
    """Return what an experiment states; for training settings, what the experiment that trains its networks states."""
    entry, trainer = study.experiments[experiment], study.experiments[training_experiment(study, experiment)]
    training = trainer.model_dump(mode="json", exclude_unset=True, exclude={"networks_of", *ABOUT, *PREDICTED_BY})
    own = entry.model_dump(mode="json", exclude_unset=True, include={"datasets", *PREDICTED_BY})
    return {name: value for name, value in (training | own).items() if value is not None}


def done(study: StudySettings, experiment: str, dataset: str) -> dict[str, object]:
    """Return dotted name → effective value of every setting of an experiment on a dataset, stated or inherited.

    For a joint network, `train_on: all` and its datasets are the only difference to networks of single datasets.
    """
    joint = is_joint(study, experiment)
    sections = run_settings(study, experiment, JOINT if joint else dataset).identity()
    sections |= {
        "split": split_settings(study, dataset, experiment).identity(),
        "inference": inference_settings(study, experiment).identity(),
        "scoring": scoring_settings(study, experiment).identity(),
        "instance_method": instance_method(study, experiment),
        "train_on": JOINT if joint else None,
        "datasets": datasets_of(study, experiment) if joint else [dataset],
    }
    return dotted(sections)
