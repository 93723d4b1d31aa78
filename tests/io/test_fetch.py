"""An archive comes from the first source that has it, and stands at its place verified or not at all."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from builders.download_site import DATA, NAME, OTHER, SHA, Site, fails, get, standing

from unetlib.io.fetch import FetchError, fetch


def test_a_verified_file_is_not_fetched_again(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip")
    assert get(destination, url=url) == get(destination, url=url) == SHA
    assert len(site.seen) == 1


def test_not_found_everywhere_lists_every_source_and_why(site: Site, destination: Path, tmp_path: Path) -> None:
    mirrors = [str(tmp_path / "nowhere"), f"{site.base}/mirror/"]
    fails(
        destination,
        f"{tmp_path}/nowhere/{NAME}: no such file",
        f"{site.base}/mirror/{NAME}: answers 404",
        f"{site.base}/official.zip: answers 404",
        f"put the file at {destination}",
        mirrors=mirrors,
        url=f"{site.base}/official.zip",
    )
    assert standing(destination) == []


def test_no_source_at_all(destination: Path) -> None:
    fails(destination, "neither mirrors nor url")


def test_mirrors_come_first_and_in_order(site: Site, destination: Path, tmp_path: Path) -> None:
    site.put("/mirror/cells.zip")
    url = site.put("/cells.zip")
    assert get(destination, mirrors=[str(tmp_path / "empty"), f"{site.base}/mirror"], url=url) == SHA
    assert [path for path, _ in site.seen] == ["/mirror/cells.zip"]


def test_a_name_with_spaces_and_signs_is_quoted_in_addresses_only(
    site: Site, destination: Path, tmp_path: Path
) -> None:
    site.put("/mirror/my%20cells%231.zip")
    assert fetch("my cells#1.zip", destination, sha256=SHA, mirrors=[f"{site.base}/mirror"]) == SHA
    destination.replace(tmp_path / "my cells#1.zip")
    assert fetch("my cells#1.zip", destination, sha256=SHA, mirrors=[str(tmp_path)]) == SHA


@pytest.mark.parametrize("form", ["{}", "file://{}", "file:{}/"])
def test_a_folder_as_mirror(destination: Path, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "my mirror"
    folder.mkdir()
    (folder / NAME).write_bytes(DATA)
    calls: list[tuple[int, int | None]] = []
    mirror = form.format(folder if form == "{}" else str(folder).replace(" ", "%20"))
    assert get(destination, mirrors=[mirror], progress=lambda *call: calls.append(call)) == SHA
    assert destination.read_bytes() == (folder / NAME).read_bytes() == DATA
    assert calls[-1] == (len(DATA), len(DATA))
    assert standing(destination) == [NAME]


def test_a_relative_folder_and_a_relative_file_url(
    destination: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_bytes(DATA)
    monkeypatch.chdir(tmp_path)
    assert get(destination, mirrors=["."]) == SHA
    destination.unlink()
    assert get(destination, url=f"file:./{NAME}") == SHA


def test_a_wrong_mirror_is_passed_over_for_the_right_url(site: Site, destination: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(OTHER)
    site.put("/mirror/cells.zip", data=OTHER)
    mirrors = [str(tmp_path), f"{site.base}/mirror"]
    assert get(destination, mirrors=mirrors, url=site.put("/cells.zip")) == SHA
    assert destination.read_bytes() == DATA
    assert [asked for _, asked in site.seen] == [None, None]


def test_a_wrong_checksum_everywhere_names_both_checksums(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", data=OTHER)
    fails(destination, hashlib.sha256(OTHER).hexdigest(), f"expected {SHA}", url=url)
    assert standing(destination) == []


def test_a_wrong_file_in_place_is_moved_aside_and_replaced(site: Site, destination: Path) -> None:
    destination.parent.mkdir()
    destination.write_bytes(OTHER)
    fails(destination, "answers 404", url=f"{site.base}/gone.zip")
    assert (destination.parent / (NAME + ".wrong")).read_bytes() == OTHER
    assert get(destination, url=site.put("/cells.zip")) == SHA


def test_an_unknown_checksum_is_recorded_and_then_enforced(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip")
    assert get(destination, None, url=url) == SHA
    record = destination.parent / (NAME + ".sha256")
    assert record.read_text() == f"{SHA}  {NAME}\n"
    destination.unlink()
    site.pages["/cells.zip"].data = OTHER
    fails(destination, f"expected {SHA}", sha256=None, url=url)
    assert get(destination, hashlib.sha256(OTHER).hexdigest(), url=url)  # a stated checksum outranks the record
    assert record.read_text().startswith(SHA)


def test_an_unknown_checksum_of_a_file_already_in_place_is_recorded(destination: Path) -> None:
    destination.parent.mkdir()
    destination.write_bytes(DATA)
    assert get(destination, None) == SHA
    destination.write_bytes(OTHER)
    fails(destination, "neither mirrors nor url", sha256=None)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"url": "ftp://host/cells.zip"}, "only http, https and file"),
        ({"mirrors": ["file://host/folder"]}, "names a host 'host'"),
        ({"sha256": "abc"}, "'abc' is not 64 hex digits"),
    ],
)
def test_settings_that_cannot_work(destination: Path, options: dict[str, Any], why: str) -> None:
    with pytest.raises(FetchError, match=why):
        get(destination, **options)


@pytest.mark.parametrize("name", ["../cells.zip", "a/b.zip", "a\\b.zip", "..", ""])
def test_an_archive_name_cannot_leave_its_folder(destination: Path, name: str) -> None:
    with pytest.raises(FetchError, match="not a plain file name"):
        fetch(name, destination, sha256=SHA, mirrors=["."])


def test_passwords_and_tokens_do_not_reach_the_error(site: Site, destination: Path) -> None:
    url = site.base.replace("//", "//user:secret@") + "/gone.zip?token=secret"
    with pytest.raises(FetchError, match=r"gone\.zip") as caught:
        get(destination, url=url)
    assert "secret" not in str(caught.value)


def test_a_mirror_may_start_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / NAME).write_bytes(DATA)
    for number, mirror in enumerate(("~/mirror", "file:~/mirror")):
        assert fetch(NAME, tmp_path / str(number) / NAME, sha256=None, mirrors=[mirror]) == SHA
