"""make tools: environments from locks; what cannot be made is one line, and the others are made all the same."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from builders.fake_tools import write_tool

from tools import install_tools
from unetlib.trained_tools.tool_folders import FOLDER, LOCK, STAMP, ToolError, lock_checksum


def with_environment(folder: Path, lock: str = "numpy==1 --hash=sha256:0\n") -> Path:
    write_tool(folder)
    for name, text in {"requirements.in": "numpy\n", LOCK: lock}.items():
        (folder / name).write_text(text)
    install_tools.write_conda(folder)
    return folder


def test_a_tool_without_requirements_needs_nothing(tmp_path: Path) -> None:
    assert (
        install_tools.install(write_tool(tmp_path / "tool"), tmp_path) == "tool: runs in the project's own environment"
    )


def test_an_environment_is_made_once_and_stamped(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("UNETLIB_TOOLS", raising=False)
    ran: list[list[str]] = []

    def run(words: list[str], name: str, folder: Path | None = None) -> None:
        ran.append(words)
        if "venv" in words:
            (Path(words[-1]) / "bin").mkdir(parents=True)
            (Path(words[-1]) / "bin/python").touch()

    monkeypatch.setattr(install_tools, "_run", run)
    folder, place = with_environment(tmp_path / "tool"), tmp_path / ".tools/tool"
    (place / "old").mkdir(parents=True)  # half-made by an earlier call
    assert install_tools.install(folder, tmp_path) == f"tool: installed in {place}"
    assert not (place / "old").exists() and (place / STAMP).read_text().strip() == lock_checksum(folder)
    assert len(ran) == 2 and "--require-hashes" in ran[1]
    assert install_tools.install(folder, tmp_path) == f"tool: is in {place / 'bin/python'}" and len(ran) == 2
    (folder / LOCK).write_text("numpy==2 --hash=sha256:0\n")
    with pytest.raises(ToolError, match=r"conda\.yaml: was not made from this requirements\.lock; .* --conda tool$"):
        install_tools.install(folder, tmp_path)
    install_tools.write_conda(folder)
    install_tools.install(folder, tmp_path)
    assert len(ran) == 4, "another lock is another environment"


def test_conda_gets_the_packages_of_the_lock_themselves(tmp_path: Path) -> None:
    lock = """# comment
numpy==1 ; python_version < '3.12' \\
    --hash=sha256:0 \\
    --hash=sha256:1
    # via scipy
scipy==2 --hash=sha256:2
"""
    folder = with_environment(tmp_path / "tool", lock)
    made = yaml.safe_load((folder / "conda.yaml").read_text())
    assert made["dependencies"][-1]["pip"] == [
        "--require-hashes",
        "numpy==1 ; python_version < '3.12' --hash=sha256:0 --hash=sha256:1",
        "scipy==2 --hash=sha256:2",
    ]


@pytest.mark.parametrize("folder", sorted(path.parent for path in (install_tools.ROOT / FOLDER).glob(f"*/{LOCK}")))
def test_the_conda_environments_of_the_tools_here_are_those_of_their_locks(folder: Path) -> None:
    assert (folder / "conda.yaml").read_text() == install_tools.conda_environment(folder)
    assert "-r " not in (folder / "conda.yaml").read_text(), "snakemake shows conda no other file"


def test_a_python_that_is_not_installed_is_told(tmp_path: Path) -> None:
    folder = write_tool(tmp_path / "tool")
    (folder / "tool.toml").write_text('python = ["2.6"]\n')
    with pytest.raises(ToolError, match=r"tool: runs with Python 2\.6, and none of them is installed"):
        install_tools.python_for(folder)
    (folder / "tool.toml").write_text(f'python = ["2.6", "{sys.version_info.major}.{sys.version_info.minor}"]\n')
    assert install_tools.python_for(folder) == sys.executable


def test_what_a_program_said_is_one_line(tmp_path: Path) -> None:
    code = "import sys; print('warning: x\\nerror: no such package\\n  ^', file=sys.stderr); sys.exit(2)"
    with pytest.raises(ToolError, match=r"tool: \S+ ended with code 2: error: no such package$"):
        install_tools._run([sys.executable, "-c", code], "tool")


def test_a_name_that_is_no_tool_is_one_line_and_the_others_are_made() -> None:
    command = [sys.executable, "-m", "tools.install_tools", "no-such-tool", "fitted-watershed"]
    done = subprocess.run(command, cwd=install_tools.ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "fitted-watershed: runs in" in done.stdout
    assert len(done.stderr.splitlines()) == 1 and "there is no such tool" in done.stderr
