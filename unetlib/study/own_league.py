"""A league on somebody's own images: what a file that names a folder leaves out, so that Snakemake can run it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from unetlib.study.config_errors import read_study
from unetlib.study.experiments import merged, run_settings
from unetlib.study.names import check_known
from unetlib.study.settings import Name, StudyError, StudySettings

Layer = dict[str, Any]  # a configuration before it is validated
FILES = ("studies/cpu.yaml", "studies/league.yaml")
EXPERIMENTS = ("tuned", "fast")  # for images of any kind
TIMED, EVALUATIONS = EXPERIMENTS[0], 14  # what is fitted to the time; as many evaluations as in studies/league.yaml
TRAINING_SHARE = 0.75  # of the time; the rest is for start and validation (LOG.md)
DEFAULTS = {"format": "pairs", "split": "group", "primary_metric": "map", "min_area_px": 20, "watershed_depth_px": 3}


def own_league(
    path: Path, *, tools: Sequence[str] = (), seconds: float | None = None, seeds: int | None = None
) -> Layer:
    """Return the configuration that is laid under a person's own file, whose values count where it has them.

    path: a YAML file with at least `datasets: {NAME: {folder: …}}`. tools, seconds, seeds: as on the command line; left
    out, those of studies/league.yaml. `with_length` fits our trainings to the time. Raises StudyError for a file that
    names no dataset.
    """
    datasets = read_yaml(path).get("datasets")
    if (
        not isinstance(datasets, Mapping)
        or not datasets
        or not all(isinstance(each, Mapping) for each in datasets.values())
    ):
        raise StudyError(f"{path}: names no images; write datasets: {{my-cells: {{folder: path/to/my-cells}}}}")
    try:
        TypeAdapter(Name).validate_python(path.stem)
    except ValidationError as error:
        raise StudyError(
            f"{path}: the comparison has the name of this file, and so of a folder; use letters, digits, . _ - alone"
        ) from error
    stated = {str(name): entry for name, entry in datasets.items()}
    study: Layer = {"name": path.stem, "datasets": [*stated], "experiments": [*EXPERIMENTS]}
    if tools:
        study["tools"] = [*tools]
    if seeds:
        study["seeds"] = [*range(seeds)]
    found = {
        "study": study,
        "datasets": {
            name: {key: value for key, value in DEFAULTS.items() if key not in entry} for name, entry in stated.items()
        },
        # In the league each recipe has datasets of its own; here every experiment is for these.
        "experiments": {name: {"datasets": [*stated]} for name in EXPERIMENTS},
    }
    return found | ({"tool_budget_s": seconds} if seconds else {})


def whole_study(root: Path, league: Layer, path: Path) -> StudySettings:
    """Return the study that Snakemake will read: the project's files, then `league`, then the person's own file.

    root: the project's folder. Raises StudyError for whatever is wrong in it.
    """
    files = [root / "config.yaml", *(root / name for name in FILES)]
    config: Layer = {}
    for part in (*map(read_yaml, files), league, read_yaml(path)):
        config = _laid_over(config, part)
    for name in league["study"].get("tools", ()):
        check_known(name, config["tools"], "--tools")
    return read_study(config, [*files, path])


def _laid_over(base: Layer, change: Layer) -> Layer:
    """Merge mapping by mapping, down to the last, as Snakemake does with its configuration files."""
    result = dict(base)
    for key, value in change.items():
        old = result.get(key)
        result[key] = _laid_over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def with_length(league: Layer, study: StudySettings, updates_per_second: float) -> Layer:
    """Return the league with our trainings as long as the tools' budget allows: `tuned`, and `fast` if that is longer.

    study: of `whole_study`; updates_per_second: of `tuned` on this machine (`training.speed`).
    """
    updates = max(round(TRAINING_SHARE * study.tool_budget_s * updates_per_second), 10 * EVALUATIONS)
    length = {"training": {"updates": updates, "evaluate_every": updates // EVALUATIONS}}
    longer = [name for name in EXPERIMENTS if run_settings(study, name).training.updates > updates]
    return merged(league, {"experiments": dict.fromkeys({TIMED, *longer}, length)})


def tool_folders(study: StudySettings) -> list[str]:
    """Return the folders in workflow/tools of the tools that a study trains."""
    return sorted({study.tools[name].tool or name for name in study.study.tools})


def read_yaml(path: Path) -> Layer:
    """Return the mapping in a YAML file; StudyError in one line for anything else."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: not readable as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(found, dict):
        raise StudyError(f"{path}: holds no settings; write datasets: {{my-cells: {{folder: path/to/my-cells}}}}")
    return found
