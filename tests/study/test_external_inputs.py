"""What another tool's label images depend on: its command, its files, or the content of a folder."""

import os
from pathlib import Path

import pytest
from builders.config import changed, study
from builders.empty_files import touch

from unetlib.study.config_checks import check_study
from unetlib.study.external_inputs import command_fingerprints, environment_file, labels_content
from unetlib.study.external_tools import split_command
from unetlib.study.settings import ExternalTool, StudyError


@pytest.mark.parametrize(
    ("names", "entry", "words"),
    [
        (["tol"], {"command": "x {images} {output}"}, "did you mean 'tool'"),
        (["tool"], {}, "exactly one of command and folder"),
        (["tool"], {"command": "x {images} {output}", "folder": "f"}, "exactly one of command and folder"),
        (["tool"], {"command": "x {images}"}, r"external_tools\.tool: command 'x {images}' has no {output}"),
        (["reference"], {"folder": "f"}, "an experiment and an external tool"),
        (["otsu"], {"folder": "f"}, "'otsu' is a trivial baseline"),
    ],
)
def test_an_external_that_cannot_be_run_is_refused_before_anything_runs(names, entry, words) -> None:
    config = changed(("study", "external_tools"), names)
    config["external_tools"] = {"tool": entry, "reference": entry, "otsu": entry}
    with pytest.raises(StudyError, match=words):
        check_study(study(config))


def test_what_the_labels_of_a_tool_are_made_from(tmp_path: Path) -> None:
    script, data = tmp_path / "tool.py", tmp_path / "weights.bin"
    script.write_text("x = 1\n")
    data.write_bytes(b"1")
    tool = ExternalTool(command=f"python {script} --weights {data} {{images}} {{output}}", conda="envs/data.yaml")
    before = command_fingerprints(tool)
    assert set(before) == {str(script), str(data)}
    assert labels_content("t", tool, "d", tmp_path / "cache.json") == ""
    script.write_text("x = 1  # the same\n")
    assert command_fingerprints(tool) == before
    data.write_bytes(b"2")
    assert command_fingerprints(tool) != before
    assert environment_file(tool, tmp_path) == str(tmp_path / "envs/data.yaml")
    folder = ExternalTool(folder=str(tmp_path))
    assert command_fingerprints(folder) == {} and environment_file(folder, tmp_path) is None


def test_label_images_of_a_folder_are_known_by_their_content(tmp_path: Path) -> None:
    touch(tmp_path, "made/d/a.tif", "made/d/b.tif", "made/e/a.tif")
    tool, cache = ExternalTool(folder=str(tmp_path / "made")), tmp_path / "cache.json"

    def content(dataset: str = "d") -> str:
        return labels_content("t", tool, dataset, cache)

    before = content()
    touch(tmp_path, "made/d/.DS_Store", "made/d/notes.txt", "made/d/._a.tif", "made/f/a.tif")
    os.utime(tmp_path / "made/d/a.tif", (2e9, 2e9))
    (tmp_path / "made/e/a.tif").write_text("changed")
    assert content() == before != content("e")
    (tmp_path / "made/d/a.tif").write_text("changed")
    os.utime(tmp_path / "made/d/a.tif", (1e9, 1e9))
    assert content() != before
    assert content("nothing of it") == content("nor of this")


@pytest.mark.parametrize(("path", "words"), [("made", "there is no such folder"), ("file", "is not a folder")])
def test_a_folder_of_labels_that_is_not_there_is_an_error_at_once(tmp_path: Path, path: str, words: str) -> None:
    touch(tmp_path, "file")
    with pytest.raises(StudyError, match=rf"external_tools\.t: .*{path}: {words}; check the path"):
        labels_content("t", ExternalTool(folder=str(tmp_path / path)), "d", tmp_path / "cache.json")


def test_a_folder_and_a_program_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    touch(tmp_path, "made/d/a.tif")
    assert labels_content("t", ExternalTool(folder="~/made"), "d", tmp_path / "cache.json")
    words = split_command("~/bin/tool {images} {output} ~x a~/b", images=Path("i"), output=Path("o"))
    assert words == [str(tmp_path / "bin/tool"), "i", "o", "~x", "a~/b"]
