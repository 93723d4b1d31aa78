"""Resolve what each experiment does: the study's sections, overridden by what the experiment states."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from unetlib.datasets.settings import SplitSettings, ViewSettings
from unetlib.evaluation.settings import DatasetScoring, NetworkScoring, ScoringSettings
from unetlib.imaging.settings import InstanceMethod, InstanceSettings, SeedSettings
from unetlib.io.files import short_hash
from unetlib.io.settings import Settings, SettingsError
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.tiling import largest_tile
from unetlib.study.runs import JOINT
from unetlib.study.settings import StudyError, StudySettings
from unetlib.tracking.settings import LinkSettings, SequenceSettings
from unetlib.training.settings import AugmentationSettings, CacheSettings, RunSettings

TRAINED_BY = tuple(RunSettings.model_fields)  # the sections that decide a network
# What may differ between experiments of the same networks.
PREDICTED_BY = ("inference", "instance_method", "seeds", "scoring")
PIXEL_METRICS = ("iou", "dice", "v_rand_thinned", "v_info_thinned")  # no instance method changes them

Section = TypeVar("Section", bound=Settings)


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `change` into a copy of `base`, mapping by mapping; `params` is replaced as a whole."""
    result = dict(base)
    for key, value in change.items():
        old = result.get(key)
        both = key != "params" and isinstance(value, Mapping) and isinstance(old, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def laid_over(section: Section, change: Settings | None, where: str) -> Section:
    """Return a section with an experiment's overrides; a StudyError for an invalid result names `where`."""
    if change is None:
        return section
    try:
        return type(section).read(merged(section.model_dump(), change.model_dump(exclude_unset=True)), where)
    except SettingsError as error:
        raise StudyError(str(error), *where.split(".", 2)) from error


def training_experiment(study: StudySettings, experiment: str) -> str:
    """Return the experiment that trains this experiment's networks, usually itself."""
    return study.experiments[experiment].networks_of or experiment


def trains_nothing(study: StudySettings, experiment: str) -> bool:
    """Return whether an experiment uses the networks of another."""
    return training_experiment(study, experiment) != experiment


def is_joint(study: StudySettings, experiment: str) -> bool:
    """Return whether one network is trained on all datasets together."""
    return study.experiments[training_experiment(study, experiment)].train_on == JOINT


def datasets_of(study: StudySettings, experiment: str) -> list[str]:
    """Return the study's datasets that an experiment's networks are trained on: those it names, by default all."""
    named = study.experiments[experiment].datasets or study.experiments[training_experiment(study, experiment)].datasets
    return [name for name in study.study.datasets if named is None or name in named]


def training_sets(study: StudySettings, experiment: str) -> list[str]:
    """Return an experiment's training sets: each of its datasets, or all of them together."""
    return [JOINT] if is_joint(study, experiment) else datasets_of(study, experiment)


def run_settings(study: StudySettings, experiment: str, train_dataset: str = "") -> RunSettings:
    """Return how an experiment's networks are trained on this training set, even if another experiment trains them.

    A network of one dataset uses that dataset's own tile_px and draw_frames_by instead of those of `batch`. If an
    experiment changes the padding but not the tile, the tile is the largest valid one up to the study's.
    """
    trainer = training_experiment(study, experiment)
    base = study.model_dump(include={*TRAINED_BY})
    own = study.datasets.get(train_dataset)
    of_dataset = own.model_dump(include={"tile_px", "draw_frames_by"}, exclude_none=True) if own else {}
    base = merged(base, {"batch": of_dataset})
    change = study.experiments[trainer].model_dump(include={*TRAINED_BY}, exclude_unset=True)
    chosen = merged(base, change)
    if chosen["model"]["padding"] != base["model"]["padding"] and "tile_px" not in change.get("batch", {}):
        size = {"depth": chosen["model"]["depth"], "padding": chosen["model"]["padding"]}
        chosen["batch"] = chosen["batch"] | {"tile_px": largest_tile(base["batch"]["tile_px"], **size)}
    try:
        return RunSettings.read(chosen, f"experiments.{trainer}")
    except SettingsError as error:
        raise StudyError(str(error), "experiments", trainer) from error


def cache_settings(study: StudySettings, experiment: str) -> CacheSettings:
    """Return the settings that an augmented cache depends on; with equal settings and splits, experiments share it."""
    chosen = run_settings(study, experiment).cache
    if chosen.augmentation.policy == "full":
        return chosen
    # without copies: one cache for the policies none and flips
    return chosen.model_copy(update={"augmentation": AugmentationSettings(policy="none", copies=0)})


def inference_settings(study: StudySettings, experiment: str) -> InferenceSettings:
    """Return how an experiment's networks predict the test images."""
    change = study.experiments[experiment].inference
    return laid_over(study.inference, change, f"experiments.{experiment}.inference")


def scoring_settings(study: StudySettings, experiment: str) -> ScoringSettings:
    """Return an experiment's scoring settings."""
    return laid_over(study.scoring, study.experiments[experiment].scoring, f"experiments.{experiment}.scoring")


def instance_method(study: StudySettings, experiment: str) -> InstanceMethod:
    """Return the method by which an experiment turns foreground into instances."""
    return study.experiments[experiment].instance_method or study.instance_method


def seed_settings(study: StudySettings, experiment: str) -> SeedSettings | None:
    """Return how an experiment finds the middles of cells; None where its instances grow from none."""
    if instance_method(study, experiment) != "seeds":
        return None
    return laid_over(study.seeds, study.experiments[experiment].seeds, f"experiments.{experiment}.seeds")


def instance_settings(study: StudySettings, experiment: str, dataset: str) -> InstanceSettings:
    """Return how an experiment's probabilities of a dataset become instances.

    The watershed depth is 0 (connected components) where the experiment uses none or the dataset states none.
    """
    entry = study.datasets[dataset]
    depth = (entry.watershed_depth_px or 0) if instance_method(study, experiment) == "watershed" else 0
    if entry.lengths == "micrometres" and entry.options.pixel_size_um:
        depth /= entry.options.pixel_size_um
    return InstanceSettings(
        threshold=study.threshold,
        min_area_px=entry.min_area_px,
        watershed_depth_px=depth,
        seeds=seed_settings(study, experiment),
    )


def network_scoring(study: StudySettings, experiment: str) -> NetworkScoring:
    """Return how the predictions of an experiment's networks are scored, on every dataset of the study."""
    instances = {name: instance_settings(study, experiment, name) for name in study.study.datasets}
    return NetworkScoring(**dict(scoring_settings(study, experiment)), instances=instances)


def sequence_settings(study: StudySettings, dataset: str) -> SequenceSettings:
    """Return how the test sequences of a dataset are tracked."""
    entry = study.datasets[dataset]
    return SequenceSettings(
        link=LinkSettings.read(study.tracking.model_dump(include={*LinkSettings.model_fields})),
        frame_interval_min=entry.frame_interval_min,
        field_of_interest_px=entry.field_of_interest_px,
    )


def dataset_scoring(study: StudySettings, dataset: str) -> DatasetScoring:
    """Return how the test images of a dataset are scored."""
    return DatasetScoring.read(study.datasets[dataset].model_dump(include={*DatasetScoring.model_fields}))


def view_settings(study: StudySettings, dataset: str) -> ViewSettings:
    """Return how the images of a dataset are presented to networks."""
    return ViewSettings.read(study.datasets[dataset].model_dump(include={*ViewSettings.model_fields}))


def prediction_settings(
    study: StudySettings, experiment: str, train_dataset: str, pixel_sizes_um: Mapping[str, float | None]
) -> PredictionSettings:
    """Return how the networks of an experiment predict images of their training set.

    pixel_sizes_um: by dataset. For joint networks, settings in which the datasets differ keep their defaults.
    """
    names = datasets_of(study, experiment) if train_dataset == JOINT else [train_dataset]
    trained = run_settings(study, experiment, train_dataset)
    instances = {instance_settings(study, experiment, name) for name in names}
    alike = InstanceSettings(threshold=study.threshold, seeds=seed_settings(study, experiment))
    binning, sizes = {study.datasets[name].binning for name in names}, {pixel_sizes_um[name] for name in names}
    return PredictionSettings(
        inference=inference_settings(study, experiment),
        instances=instances.pop() if len(instances) == 1 else alike,
        normalisation=trained.normalisation,
        binning=binning.pop() if len(binning) == 1 and trained.resample.object_diameter_px is None else 1,
        pixel_size_um=sizes.pop() if len(sizes) == 1 else None,
    )


def split_settings(study: StudySettings, dataset: str, experiment: str | None = None) -> SplitSettings:
    """Return how a dataset is split in an experiment, or in the study itself.

    `by` is the dataset's own if neither the study nor the experiment states it.
    """
    entry, chosen = study.datasets[dataset], study.split
    if entry.folds:
        chosen = chosen.model_copy(update={"folds": entry.folds})
    if entry.dense_only:
        chosen = chosen.model_copy(update={"dense_only": True})
    if experiment is not None:
        trainer = training_experiment(study, experiment)
        chosen = laid_over(chosen, study.experiments[trainer].split, f"experiments.{trainer}.split")
    return chosen.model_copy(update={"by": chosen.by or entry.split})


def training_split_settings(study: StudySettings, dataset: str, experiment: str | None = None) -> SplitSettings:
    """Return the part of a split that training depends on: not the number of test frames that are scored.

    So a change of max_test retrains nothing, unless test frames also train.
    """
    chosen = split_settings(study, dataset, experiment)
    return chosen.model_copy(update={"max_test": None}) if chosen.test_frames_also == "none" else chosen


def split_keys(
    study: StudySettings, of: Callable[[StudySettings, str, str | None], SplitSettings] = split_settings
) -> dict[str, dict[str, str]]:
    """Return experiment → dataset → key of the split's settings; "" stands for the study itself."""
    return {
        name or "": {dataset: short_hash(of(study, dataset, name).identity()) for dataset in study.study.datasets}
        for name in (None, *study.study.experiments)
    }


def same_as_reference(study: StudySettings, experiment: str) -> list[str]:
    """Return the datasets on which an experiment's primary metric equals the reference's by construction.

    It uses the reference's networks with the same inference and scoring. A different instance method does not matter
    where the primary metric is one of pixels.
    """
    reference = study.study.reference
    if (
        experiment == reference
        or training_experiment(study, experiment) != training_experiment(study, reference)
        or inference_settings(study, experiment) != inference_settings(study, reference)
        or scoring_settings(study, experiment) != scoring_settings(study, reference)
    ):
        return []
    return [
        name
        for name in datasets_of(study, experiment)
        if instance_settings(study, experiment, name) == instance_settings(study, reference, name)
        or study.datasets[name].primary_metric in PIXEL_METRICS
    ]
