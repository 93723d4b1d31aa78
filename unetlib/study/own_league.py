"""A league on somebody's own images: what a file that names a folder leaves out, so that Snakemake can run it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from unetlib.study.names import check_known
from unetlib.study.settings import StudyError

FILES = ("studies/cpu.yaml", "studies/league.yaml")
EXPERIMENTS = ("tuned", "fast")  # for images of any kind
UPDATES_PER_SECOND, EVALUATIONS = 9, 14  # of `tuned` in studies/league.yaml: 7000 updates in 780 s, 14 evaluations
FAST_UPDATES = 600  # as there
DEFAULTS = {"format": "pairs", "split": "group", "primary_metric": "map", "min_area_px": 20, "watershed_depth_px": 3}


def own_league(
    path: Path, *, tools: Sequence[str] = (), seconds: float | None = None, seeds: int | None = None
) -> dict[str, Any]:
    """Return the configuration that is laid under a person's own file, whose values count where it has them.

    path: a YAML file with at least `datasets: {NAME: {folder: …}}`. tools, seconds, seeds: as on the command line; left
    out, those of studies/league.yaml. Our trainings have updates for at most as many seconds. Raises StudyError for a
    file that names no dataset.
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
    updates = max(round((seconds or 0) * UPDATES_PER_SECOND), 10 * EVALUATIONS)
    shortened = EXPERIMENTS if updates < FAST_UPDATES else EXPERIMENTS[:1]
    length = {"training": {"updates": updates, "evaluate_every": updates // EVALUATIONS}} if seconds else {}
    found = {
        "study": study,
        "datasets": {name: {key: DEFAULTS[key] for key in DEFAULTS if key not in datasets[name]} for name in names},
        # In the league each recipe has datasets of its own; here every experiment is for these.
        "experiments": {name: {"datasets": names, **(length if name in shortened else {})} for name in EXPERIMENTS},
    }
    return found | ({"tool_budget_s": seconds} if seconds else {})


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
