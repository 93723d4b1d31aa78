"""The films of a study: which networks follow the cells of which datasets through time."""

from collections.abc import Mapping
from typing import Any

from unetlib.study.experiments import split_settings
from unetlib.study.runs import Run, is_joint, runs


def tracked_experiments(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the `experiments` and `datasets` of the study that are followed.

    Experiments: those of tracking.experiments that are in the study. Datasets: those in the Cell Tracking Challenge's
    format that are split by sequence; of another split's sequence some frames have trained the network.
    """
    study = config["study"]
    experiments = [name for name in study["experiments"] if name in config["tracking"]["experiments"]]
    films = [name for name in study["datasets"] if config["datasets"][name]["format"] == "ctc"]
    return {
        "experiments": experiments,
        "datasets": [name for name in films if split_settings(config, name)["by"] == "sequence"] if experiments else [],
    }


def untrackable(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the experiments that are to be followed and cannot be, with the reason."""
    chosen = tracked_experiments(config)
    found = {}
    for name in chosen["experiments"]:
        if is_joint(config, name):
            found[name] = "is a joint network; name an experiment with one per dataset"
        elif any(split_settings(config, dataset, name)["by"] != "sequence" for dataset in chosen["datasets"]):
            found[name] = "does not split by sequence: it was trained on frames of the film"
    return found


def tracked_runs(facts: Mapping[str, Any]) -> list[Run]:
    """Return the runs whose test sequence is followed, in the order of the study's lists.

    facts: what `study.runs` takes, and under `filmed` what `filmed` returns.
    """
    chosen = facts["filmed"]
    return [r for r in runs(facts) if r.experiment in chosen["experiments"] and r.train_dataset in chosen["datasets"]]
