"""A league on somebody's own images: what a file that names a folder leaves out, so that Snakemake can run it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from unetlib.study.config_errors import read_study
from unetlib.study.experiments import merged
from unetlib.study.names import check_known
from unetlib.study.settings import StudyError, StudySettings

FILES = ("studies/cpu.yaml", "studies/league.yaml")
EXPERIMENTS = ("tuned", "fast")  # for images of any kind
TIMED, EVALUATIONS = EXPERIMENTS[0], 14  # what is fitted to the time; as many evaluations as in studies/league.yaml
TRAINING_SHARE = 0.75  # of the time; the rest is for start and validation
FAST_UPDATES = 600  # as in studies/league.yaml
DEFAULTS = {"format": "pairs", "split": "group", "primary_metric": "map", "min_area_px": 20, "watershed_depth_px": 3}


def own_league(
    path: Path, *, tools: Sequence[str] = (), seconds: float | None = None, seeds: int | None = None
) -> dict[str, Any]:
    """Return the configuration that is laid under a person's own file, whose values count where it has them.

    path: a YAML file with at least `datasets: {NAME: {folder: …}}`. tools, seconds, seeds: as on the command line; left
    out, those of studies/league.yaml. `with_length` fits our trainings to the time. Raises StudyError for a file that
    names no dataset.
    """
    own = read_yaml(path)
    datasets = own.get("datasets")
    if (
        not isinstance(datasets, Mapping)
        or not datasets
        or not all(isinstance(each, Mapping) for each in datasets.values())
    ):
        raise StudyError(f"{path}: names no images; write datasets: {{my-cells: {{folder: path/to/my-cells}}}}")
    names = [str(name) for name in datasets]
    study: dict[str, Any] = {"name": path.stem, "datasets": names, "experiments": [*EXPERIMENTS]}
    if tools:
        study["tools"] = [*tools]
    if seeds:
        study["seeds"] = [*range(seeds)]
    found = {
        "study": study,
        "datasets": {name: {key: DEFAULTS[key] for key in DEFAULTS if key not in datasets[name]} for name in names},
        # In the league each recipe has datasets of its own; here every experiment is for these.
        "experiments": {name: {"datasets": names} for name in EXPERIMENTS},
    }
    return found | ({"tool_budget_s": seconds} if seconds else {})


def whole_study(root: Path, league: Mapping[str, Any], path: Path) -> StudySettings:
    """Return the study that Snakemake will read: the project's files, then `league`, then the person's own file.

    root: the project's folder. Raises StudyError for whatever is wrong in it.
    """
    files = [root / "config.yaml", *(root / name for name in FILES)]
    config: dict[str, Any] = {}
    for part in (*map(read_yaml, files), league, read_yaml(path)):
        config = merged(config, part)
    return read_study(config, [*files, path])


def with_length(league: Mapping[str, Any], seconds: float, updates_per_second: float) -> dict[str, Any]:
    """Return the league with our trainings as long as the time allows: `tuned`, and `fast` where that is longer.

    seconds: the budget of a training; updates_per_second: of `tuned` on this machine (`training.speed`).
    """
    updates = max(round(TRAINING_SHARE * seconds * updates_per_second), 10 * EVALUATIONS)
    length = {"training": {"updates": updates, "evaluate_every": updates // EVALUATIONS}}
    shortened = EXPERIMENTS if updates < FAST_UPDATES else (TIMED,)
    return merged(league, {"experiments": dict.fromkeys(shortened, length)})


def tool_folders(root: Path, tools: Sequence[str] = ()) -> list[str]:
    """Return the folders in workflow/tools of these tools, or of all tools of studies/league.yaml.

    root: the project's folder. Raises StudyError for a tool that config.yaml does not define.
    """
    defined = read_yaml(root / "config.yaml")["tools"]
    chosen = [*tools] or read_yaml(root / FILES[-1])["study"]["tools"]
    for name in chosen:
        check_known(name, defined, "tools")
    return sorted({defined[name].get("tool", name) for name in chosen})


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; StudyError in one line for anything else."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: not readable as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(found, dict):
        raise StudyError(f"{path}: holds no settings; write datasets: {{my-cells: {{folder: path/to/my-cells}}}}")
    return found
