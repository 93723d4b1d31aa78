"""Refuse names of earlier versions, with the name that each has today."""

from collections.abc import Iterator, Mapping

from unetlib.study.settings import StudyError

SECTIONS = {  # of a study and of an experiment
    "weights": "weight_map",
    "gap": "separate_touching",
    "instances": "instance_method",
    "inference.rotations": "inference.test_time_augmentation",
    "scoring.window_px": "scoring.mirrored_window_px",
    "augmentation.variants": "augmentation.copies",
    "training.accumulate": "training.accumulation_steps",
    "training.checkpoint_every": "",
}
KEYS = {  # key (* for any name) → key today; "": it was removed
    **SECTIONS,
    **{f"experiments.*.{old}": f"experiments.*.{new}" if new else "" for old, new in SECTIONS.items()},
    "experiments.*.trained_as": "experiments.*.networks_of",
    "experiments.*.joint": "experiments.*.train_on: all",
    "datasets.*.headline": "datasets.*.primary_metric",
    "tracking.experiments": "tracking.networks_of",
    "study.externals": "study.external_tools",
    "externals": "external_tools",
    "audits.*.honest": "pitfalls.*.control",
    "audits.*.illusion": "pitfalls.*.flawed",
    "audits": "pitfalls",
    "pitfalls.*.honest": "pitfalls.*.control",
    "pitfalls.*.illusion": "pitfalls.*.flawed",
}
REMOVED = {"training.checkpoint_every": "a checkpoint is written at every evaluation (training.evaluate_every)"}
EXPERIMENTS = {
    "leaky": "random-split",
    "no-gap": "touching-merged",
    "id-weights": "id-indexed-weights",
    "mirrored": "mirrored-scoring",
    "noisy-best": "augmented-validation",
    "rotations": "tta",
    "modern-rotations": "modern-tta",
    "border-3-rotations": "border-3-tta",
    "resize": "resized-input",
    "variants-1": "copies-1",
    "variants-12": "copies-12",
    "variants-31": "copies-31",
}
EXPERIMENT_NAMES = (  # where an experiment is named
    "study.experiments",
    "study.reference",
    "experiments.*",
    "experiments.*.networks_of",
    "tracking.networks_of",
    "pitfalls.*.control",
    "pitfalls.*.flawed",
)
METRICS = {"seg_official": "seg_ctc", "objects_official": "objects_ctc"}
METRIC_NAMES = ("datasets.*.primary_metric",)


def refuse_old_names(config: Mapping[str, object]) -> None:
    """Raise StudyError, with today's name, for the first key, experiment or metric that was renamed."""
    for old, new in KEYS.items():
        for path, _ in _matches(config, old.split(".")):
            raise StudyError(_of_a_key(path, old, new), *path)
    for pattern in ("validation", "experiments.*.validation"):
        for path, value in _matches(config, pattern.split(".")):
            if isinstance(value, str):
                raise StudyError(f"{'.'.join(path)}: {value} is {{images: {value}}} now; rewrite it", *path)
    for names, patterns in ((EXPERIMENTS, EXPERIMENT_NAMES), (METRICS, METRIC_NAMES)):
        for path, name in (found for pattern in patterns for found in _names(config, pattern)):
            if name in names:
                raise StudyError(f"{'.'.join(path)}: {name} is called {names[name]} now; rename it", *path)


def _of_a_key(path: tuple[str, ...], old: str, new: str) -> str:
    where = ".".join(path)
    if not new:
        return f"{where} is not a key any more: {REMOVED[old.removeprefix('experiments.*.')]}; remove it"
    names = iter([part for part, pattern in zip(path, old.split("."), strict=True) if pattern == "*"])
    today = ".".join(next(names) if part == "*" else part for part in new.split("."))
    return f"{where} is called {today} now; rename it"


def _names(config: Mapping[str, object], pattern: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the names at a pattern: keys if it ends in "*", else the string or the strings of a list."""
    for path, value in _matches(config, pattern.split(".")):
        found = [path[-1]] if pattern.endswith("*") else value if isinstance(value, list) else [value]
        yield from ((path, name) for name in found if isinstance(name, str))


def _matches(node: object, pattern: list[str], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield path and value of every key of a mapping that matches a pattern; "*" matches any name."""
    if not pattern:
        yield path, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if pattern[0] in ("*", key):
                yield from _matches(value, pattern[1:], (*path, str(key)))
