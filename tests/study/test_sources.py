"""Where a dataset comes from: an archive with its checksum in the path, synthetic microscopy, or a folder of files."""

import re

import pytest
from builders.config import CONFIG, changed, study

from unetlib.study.settings import StudyError
from unetlib.study.sources import (
    archive_entry,
    check_archives,
    folder_content,
    hint_of_few,
    pin_of,
    source_files,
    source_of,
)

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
    with pytest.raises(StudyError, match=rf"^datasets\.a: nowhere: there is no such folder; .* in {tmp_path}$"):
        folder_content(dataset(archive=None, format="pairs", folder="nowhere"), "a")


def test_a_folder_may_start_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert source_of(dataset(archive=None, format="pairs", folder="~/cells"), "a") == "/somewhere/cells"


def archives(tmp_path, mirrors, **entry):
    config = changed(("datasets", "a"), CONFIG["datasets"]["a"] | entry)
    config["mirrors"], config["study"]["datasets"] = mirrors, ["a"]
    return study(config)


def test_a_mirror_or_file_that_is_not_there_is_an_error_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/a.zip").touch()
    here = f"file://{tmp_path}"
    for mirrors, entry in (
        ([str(tmp_path / "disk")], {}),
        (["~/disk"], {}),
        ([f"{here}/disk"], {}),
        ([], {"url": f"{here}/disk/a.zip"}),
        ([], {"url": "https://example.org/a.zip"}),
        (["~/disk"], {"url": "https://example.org/a.zip"}),
        (["https://example.org/mirror"], {"url": f"{here}/disk/b.zip"}),
    ):
        check_archives(archives(tmp_path, mirrors, **entry), tmp_path)
    for mirrors, entry, words in (
        (["~/dsik"], {"url": "https://example.org/a.zip"}, r"there is no folder .*/dsik; check the path"),
        ([str(tmp_path / "dsik")], {}, r"datasets\.a: .*/dsik/a\.zip: there is no folder .*/dsik; check the path"),
        ([f"{here}/dsik"], {}, r"there is no folder .*/dsik; check the path"),
        (["~/disk"], {"archive": "b.zip"}, r"b\.zip is not there: .*/disk/b\.zip; check the name and the path"),
        ([], {"url": f"{here}/disk/b.zip"}, r"a\.zip is not there: .*/disk/b\.zip; check"),
        ([], {}, r"a\.zip: neither mirrors nor url are given; set one of them"),
        ([], {"url": "file://host/a.zip"}, "names a host 'host'; write file:///folder"),
    ):
        with pytest.raises(StudyError, match=words):
            check_archives(archives(tmp_path, mirrors, **entry), tmp_path)


def test_an_archive_that_is_fetched_needs_no_source(tmp_path):
    wanted = archives(tmp_path, ["/nowhere"])
    path = tmp_path / source_of(wanted, "a")
    path.parent.mkdir(parents=True)
    path.touch()
    check_archives(wanted, tmp_path)


@pytest.mark.parametrize(
    ("groups", "entry", "words"),
    [
        (12, {}, "2 folds of 12 images (or groups of images) test on half of them; split: {folds: 5} trains on more"),
        (4, {}, "split: {folds: 4} trains on more"),
        (12, {"folds": 3}, ""),
        (12, {"split": "block"}, ""),
        (2, {}, ""),
        (0, {}, ""),
        (200, {}, ""),
    ],
)
def test_few_images_are_told_of_more_folds(groups, entry, words):
    mine = dataset(archive=None, format="pairs", folder="x", **{"split": "group"} | entry)
    said = hint_of_few(mine, "a", groups)
    assert words in said if words else said == ""


def test_the_groups_of_a_folder_are_those_with_labels(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("images/a.png", "labels/a.png", "images/b.png", "images/day1/c.png", "images/day1/d.png"):
        (tmp_path / "flat" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "flat" / name).touch()
    for plate in ("A", "B"):
        for name in ("images/1.png", "images/2.png", "labels/1.png", "labels/2.png"):
            (tmp_path / "plates" / plate / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "plates" / plate / name).write_text(name + plate)

    def groups(folder):
        return folder_content(dataset(archive=None, format="pairs", folder=folder), "a").groups

    assert (groups("flat"), groups("plates")) == (1, 2)
