"""What the label images of an external tool are made from: its environment, the files of its command, its folder."""

from pathlib import Path

from unetlib.io.files import sha256_of
from unetlib.study.code_fingerprint import code_of
from unetlib.study.external_tools import split_command
from unetlib.study.settings import ExternalTool


def environment_file(tool: ExternalTool, root: Path) -> str | None:
    """Return the path of the tool's conda environment; Snakemake looks in the rules' folder unless it is absolute."""
    return str(root / tool.conda) if tool.conda else None


def command_fingerprints(tool: ExternalTool) -> dict[str, str]:
    """Return a fingerprint of each file that the tool's command names: an edited script is run again."""
    if not tool.command:
        return {}
    words = split_command(tool.command, images=Path("images"), output=Path("output"))
    files = [path for path in map(Path, words) if path.is_file()]
    return {str(path): code_of(path) if path.suffix == ".py" else sha256_of(path) for path in files}


def label_files(tool: ExternalTool) -> list[str]:
    """Return the files of the tool's folder of label images; the folder itself where there is none."""
    if not tool.folder:
        return []
    return sorted(str(path) for path in Path(tool.folder).rglob("*") if path.is_file()) or [tool.folder]
