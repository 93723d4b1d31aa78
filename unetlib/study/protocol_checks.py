"""Check the protocols of a configuration beyond their types: names are defined, datasets take part in the study."""

from unetlib.study.names import check_known
from unetlib.study.protocols import REPORTED
from unetlib.study.settings import StudyError, StudySettings
from unetlib.study.stated_settings import known_names


def check_protocols(study: StudySettings) -> None:
    """Raise StudyError for a protocol that uses an undefined name or that the study cannot run."""
    for name in study.study.protocols:
        check_known(name, study.protocols, "study", "protocols")
    for name in study.protocols:
        _defined(study, name)
    for name in study.study.protocols:
        _in_the_study(study, name)


def _defined(study: StudySettings, name: str) -> None:
    chosen, key = study.protocols[name], ("protocols", name)
    check_known(chosen.experiment, study.experiments, *key, "experiment")
    check_known(chosen.compare_with, study.experiments, *key, "compare_with")
    check_known(chosen.dataset, study.datasets, *key, "dataset")
    if chosen.test_dataset:
        check_known(chosen.test_dataset, study.datasets, *key, "test_dataset")
    for flaw in chosen.flaws:
        for setting in flaw.settings:
            check_known(setting, [*known_names(), REPORTED], *key, "flaws")


def _in_the_study(study: StudySettings, name: str) -> None:
    chosen = study.protocols[name]
    for dataset in filter(None, (chosen.dataset, chosen.test_dataset)):
        if dataset not in study.study.datasets:
            raise StudyError(
                f"study.protocols lists {name}, which is about {dataset}; add it to study.datasets, or leave it out",
                "study",
                "protocols",
            )
