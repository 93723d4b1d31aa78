"""Another tool's command is never read by a shell; its label images are all there, and no others."""

import ast
import sys
from pathlib import Path

import pytest
from builders.empty_files import touch

from unetlib.study.code_fingerprint import imported_modules
from unetlib.study.external_tools import ExternalError, find_labels, run_command, split_command

ROOT = Path(__file__).parents[2]


def test_names_reach_the_program_as_they_are(tmp_path: Path) -> None:
    images, output = tmp_path / "a b; touch pwned $(touch pwned) 'x", tmp_path / "o"
    images.mkdir()
    output.mkdir()
    writes = "import sys, pathlib; pathlib.Path(sys.argv[2], 'seen').write_text(sys.argv[1])"
    run_command(f'"{sys.executable}" -c "{writes}" {{images}} {{output}}', images=images, output=output)
    assert (output / "seen").read_text() == str(images)
    assert not list(tmp_path.rglob("pwned")) and not Path("pwned").exists()


def test_shell_signs_are_words() -> None:
    words = split_command("tool {images} > {output} ; rm -rf x && $HOME", images=Path("{output}"), output=Path("o"))
    assert words == ["tool", "{output}", ">", "o", ";", "rm", "-rf", "x", "&&", "$HOME"], "filled in once only"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("tool {images}", "has no {output}"),
        ("", "has no {images} and no {output}"),
        ("tool '{images} {output}", "cannot be split"),
        ("no-such-program-at-all {images} {output}", "cannot be started"),
        (f'"{sys.executable}" -c "raise SystemExit(3)" {{images}} {{output}}', "ended with code 3"),
    ],
)
def test_a_command_that_does_not_work_says_so(command: str, words: str) -> None:
    with pytest.raises(ExternalError, match=words):
        run_command(command, images=Path("i"), output=Path("o"))


def test_labels_are_found_by_pattern(tmp_path: Path) -> None:
    touch(tmp_path, "d/a.tif", "d/b.tif", "d/c.tif", "d/notes.txt", "d/._a.tif", "d/.tmp-1.tif", "e/a_masks.png")
    asked = {"dataset": "d", "frames": ["b", "a"], "known": ["a", "b", "c"]}
    assert find_labels(tmp_path, "{dataset}/{frame}.tif", **asked) == {n: tmp_path / f"d/{n}.tif" for n in "ba"}
    found = find_labels(tmp_path, "e/{frame}_masks.png", dataset="d", frames=["a"], known=["a"])
    assert found == {"a": tmp_path / "e/a_masks.png"}


@pytest.mark.parametrize(
    ("pattern", "frames", "known", "words"),
    [
        ("{dataset}/{frame}.tif", ["a", "x", "y"], ["a", "b", "x", "y"], r"missing: .*x\.tif, .*y\.tif \(2 of 3\)"),
        ("{dataset}/{frame}.tif", ["a"], ["a"], r"no image of d by the pattern .*: .*b\.tif; remove"),
        ("{dataset}/{frame}.png", ["a"], ["a"], r"missing: .*a\.png; write"),
        ("{frame}.tif", ["a"], ["a"], r"missing: .*a\.tif; write"),
        ("elsewhere/{frame}.tif", ["a"], ["a"], "there is no such folder"),
        ("{dataset}/a.tif", ["a"], ["a"], "has no {frame}"),
        ("{frame}/{frame}.tif", ["a"], ["a"], "names a file, not a folder"),
    ],
)
def test_a_missing_or_extra_label_image_is_one_clear_error(tmp_path, pattern, frames, known, words) -> None:
    with pytest.raises(ExternalError, match=words):
        find_labels(touch(tmp_path, "d/a.tif", "d/b.tif"), pattern, dataset="d", frames=frames, known=known)


def test_a_tool_with_its_own_environment_needs_nothing_of_ours() -> None:
    """run_external.py runs where only Python is: every module it reaches imports the standard library alone."""
    script = ROOT / "workflow/scripts/run_external.py"
    shared = [ROOT / "workflow/scripts" / name for name in ("script.py", "arguments.py")]
    for path in [script, *shared, *imported_modules(script)]:
        top = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.Import | ast.ImportFrom)]
        for node in top:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            ours = {name.split(".")[0] for name in names} - {"unetlib", "script", "arguments"}
            assert ours <= sys.stdlib_module_names, f"{path.name}:{node.lineno}"
