"""Where a dataset comes from: an archive with its checksum in the path, synthetic microscopy, or a folder of files."""

import re

import pytest
from builders.config import CONFIG, changed, study

from unetlib.study.settings import StudyError
from unetlib.study.sources import archive_entry, folder_content, pin_of, source_files, source_of

SHA = "0123456789abcdef" * 4


def dataset(**entry):
    return study(changed(("datasets", "a"), CONFIG["datasets"]["a"] | entry))


def test_a_pinned_archive_has_its_checksum_in_its_path():
    unpinned, elsewhere = study(), dataset(url="https://y.org/a.zip")
    assert re.fullmatch(r"resources/archives/from[0-9a-f]{8}/a\.zip", source_of(unpinned, "a"))
    assert source_of(unpinned, "a") != source_of(elsewhere, "a"), "another source, another file"
    pinned = dataset(sha256=SHA, url="https://x.org/a.zip")
    assert source_of(pinned, "a") == f"resources/archives/{SHA[:12]}/a.zip" == source_files(pinned, "a")[0]
    assert archive_entry(pinned, "a.zip", SHA[:12]).url == "https://x.org/a.zip"
    assert archive_entry(elsewhere, "a.zip", pin_of(elsewhere, elsewhere.datasets["a"])).url == "https://y.org/a.zip"


def test_synthetic_microscopy_has_a_key_of_its_settings():
    one, other = (dataset(archive=None, synthetic={"modality": "phase", "seed": seed}) for seed in (1, 2))
    paths = {source_of(one, "a"), source_of(other, "a"), source_of(one, "a")}
    assert len(paths) == 2 and all(path.startswith("resources/synthetic/") for path in paths)


def test_a_folder_is_known_by_what_is_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind in ("images", "labels"):
        (tmp_path / "mine" / kind).mkdir(parents=True)
        (tmp_path / f"mine/{kind}/{{a}}.png").write_text(kind)
    (tmp_path / "mine/notes.txt").touch()
    mine = dataset(archive=None, format="pairs", folder=str(tmp_path / "mine"))
    assert source_files(mine, "a") == [] and source_of(mine, "a") == str(tmp_path / "mine")
    first = folder_content(mine, "a")
    assert [row.file for row in first.unused] == ["notes.txt"] and folder_content(mine, "a") == first
    (tmp_path / "mine/labels/{a}.png").write_text("corrected")
    assert folder_content(mine, "a").sha256 != first.sha256
    with pytest.raises(StudyError, match=r"datasets\.a: nowhere: there is no such folder"):
        folder_content(dataset(archive=None, format="pairs", folder="nowhere"), "a")


def test_a_folder_may_start_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert source_of(dataset(archive=None, format="pairs", folder="~/cells"), "a") == "/somewhere/cells"
