"""The pages: README maps every file, links lead somewhere, and the commands that pages name exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tracked():
    """The names of all files of the checkout."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def test_the_readme_maps_every_file(tracked):
    text = (ROOT / "README.md").read_text()
    for path in (ROOT / "unetlib").glob("[!_]*"):
        assert re.search(rf"[|,] {path.stem}\b", text), f"README does not map unetlib/{path.name}"
    for name in set(tracked) - {"README.md"}:
        parents = [str(parent) for parent in Path(name).parents][:-1]
        assert any(f"{part}" in text for part in [name, *parents]), f"README does not map {name}"


def pages(tracked):
    """The Markdown pages, but for the log of old decisions, whose paths were right when they were written."""
    return [name for name in tracked if name.endswith(".md") and not name.startswith(("docs/log/", "LOG.md"))]


def test_every_link_within_the_project_leads_to_a_file(tracked):
    links = [
        (name, link)
        for name in pages(tracked)
        for link in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", (ROOT / name).read_text())
    ]
    assert len(links) > 10
    assert [(name, link) for name, link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_every_program_that_a_page_names_exists(tracked):
    """`python tests/slurm/run.py`, `python -m tools.results`, `snakemake --configfile studies/cpu.yaml`."""
    found = []
    for name in pages(tracked):
        text = (ROOT / name).read_text()
        found += [
            (name, path) for path in re.findall(r"python3? ((?:tests|workflow|tools|docs|benchmarks)/\S+?\.py)", text)
        ]
        found += [(name, path) for path in re.findall(r"--configfile (studies/\S+?\.yaml)", text)]
        for module in re.findall(r"python3? -m ((?:tools|benchmarks|docs)(?:\.\w+)*)", text):
            place = ROOT / module.replace(".", "/")
            found.append((name, f"{place / '__main__' if place.is_dir() else place}.py"))
    assert len(found) > 5
    assert [(name, path) for name, path in found if not (ROOT / path).exists()] == []
