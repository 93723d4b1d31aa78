"""Inputs of an external tool's label images: its environment, the files of its command, or its folder."""

from pathlib import Path

from unetlib.datasets.source_digest import file_checksums
from unetlib.io.files import sha256_of, short_hash
from unetlib.io.folders import folder_fault
from unetlib.study.code_fingerprint import code_of
from unetlib.study.external_tools import FOLDER_PATTERN, label_images, split_command
from unetlib.study.settings import ExternalTool, StudyError


def environment_file(tool: ExternalTool, root: Path) -> str | None:
    """Return the path of the tool's conda environment; Snakemake looks in the rules' folder unless it is absolute."""
    return str(root / tool.conda) if tool.conda else None


def command_fingerprints(tool: ExternalTool) -> dict[str, str]:
    """Return a fingerprint of each file that the tool's command names, so that an edited script runs again."""
    if not tool.command:
        return {}
    words = split_command(tool.command, images=Path("images"), output=Path("output"))
    files = [path for path in map(Path, words) if path.is_file()]
    return {str(path): code_of(path) if path.suffix == ".py" else sha256_of(path) for path in files}


def labels_content(name: str, tool: ExternalTool, dataset: str, cache: Path) -> str:
    """Return a checksum of a tool's label images of a dataset, or "" if its command makes them.

    cache: see `source_digest.file_checksums`. Raises StudyError for a folder that is not there.
    """
    if not tool.folder:
        return ""
    folder = Path(tool.folder).expanduser()
    if fault := folder_fault(folder):
        raise StudyError(f"external_tools.{name}: {fault}", "external_tools", name, "folder")
    beside = folder / Path((tool.pattern or FOLDER_PATTERN).replace("{dataset}", dataset)).parent
    names = [str(path.relative_to(folder)) for path in label_images(beside)] if beside.is_dir() else []
    return short_hash(file_checksums(folder, names, cache))
