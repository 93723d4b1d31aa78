"""Inputs and settings of the jobs of a trained tool: its folder, its files by content, its environment, its limits."""

import json
from pathlib import Path

from unetlib.study.settings import StudyError, StudySettings, ToolSettings
from unetlib.trained_tools.tool_folders import CONDA, FOLDER, fault_of, file_checksums, has_environment

OWN_CONDA = "envs/data.yaml"  # of tools that run in the project's own environment


def check_tools(study: StudySettings, root: Path = Path()) -> None:
    """Raise StudyError, in one line, for a tool of the study whose folder is missing or incomplete.

    root: the project's folder.
    """
    for name in study.study.tools:
        if fault := fault_of(root / tool_folder(study.tools[name], name)):
            raise StudyError(f"tools.{name}: {fault}", "tools", name)


def tool_folder(entry: ToolSettings, name: str) -> str:
    """Return the folder of a tool, from the project's root."""
    return (FOLDER / (entry.tool or name)).as_posix()


def tool_files(entry: ToolSettings, name: str, root: Path = Path()) -> dict[str, str]:
    """Return the checksum of each file that decides what a tool does: an edit trains it again."""
    return file_checksums(root / tool_folder(entry, name))


def tool_conda(entry: ToolSettings, name: str, root: Path) -> str:
    """Return the conda environment of a tool; Snakemake looks in the rules' folder unless the path is absolute."""
    folder = root / tool_folder(entry, name)
    return str(folder / CONDA if has_environment(folder) else root / OWN_CONDA)


def tool_settings(study: StudySettings, name: str) -> str:
    """Return the settings of a tool's trainings as JSON (`tool_runs.tool_run`)."""
    entry, compute = study.tools[name], study.compute
    settings = {
        "budget_s": entry.budget_s or study.tool_budget_s,
        "predict_s": entry.predict_s,
        "threads": compute.threads,
        "device": compute.device,
        "options": dict(entry.options),
        "pretrained": entry.pretrained,
    }
    return json.dumps(settings, sort_keys=True)
