"""Sweeps of a study: the number of training images, or the size of the network."""

from unetlib.study.settings import ABOUT, StudySettings

SWEEPS = {"training-size": ("split", "max_train"), "network-size": ("model", "base_filters")}


def swept_levels(study: StudySettings) -> dict[str, dict[str, int | None]]:
    """Return sweep → experiment → level, including the reference's level.

    An experiment belongs to a sweep if it differs from the study's sections in that setting alone. A sweep without
    experiments is omitted. The level None means all training images.
    """
    changes = {
        name: study.experiments[name].model_dump(exclude_unset=True, exclude={"networks_of", "datasets", *ABOUT})
        for name in study.study.experiments
    }
    found: dict[str, dict[str, int | None]] = {}
    for sweep, (section, key) in SWEEPS.items():
        steps = {name: c[section][key] for name, c in changes.items() if [*c] == [section] and [*c[section]] == [key]}
        own = changes[study.study.reference].get(section, {})
        level = own[key] if key in own else getattr(getattr(study, section), key)
        if steps:
            found[sweep] = steps | {study.study.reference: level}
    return found
