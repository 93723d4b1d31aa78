"""A transfer from a real server that cuts, lies, redirects and fails: it is resumed, started over or given up."""

import errno
import hashlib
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from builders.download_site import DATA, NAME, OTHER, SHA, Site, begun, fails, get, standing


def test_full_download_with_progress(site: Site, destination: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    url = site.put("/cells.zip")
    assert get(destination, url=url, progress=lambda done, total: calls.append((done, total))) == SHA
    assert destination.read_bytes() == DATA
    assert standing(destination) == [NAME]
    assert calls[-1] == (len(DATA), len(DATA)) and calls == sorted(calls)


def test_a_cut_connection_is_resumed_where_it_broke(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", cuts=[100_000, 50_000])
    assert get(destination, url=url) == SHA
    assert [asked for _, asked in site.seen] == [None, "bytes=100000-", "bytes=150000-"]
    assert destination.read_bytes() == DATA


def test_an_interrupted_run_is_resumed_by_the_next(site: Site, destination: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    url = site.put("/cells.zip")
    with pytest.raises(KeyboardInterrupt):
        get(destination, url=url, progress=interrupt)
    assert standing(destination) == [NAME + ".part"]
    have = (destination.parent / (NAME + ".part")).stat().st_size
    assert 0 < have < len(DATA)
    assert get(destination, url=url) == SHA
    assert site.seen[-1][1] == f"bytes={have}-"
    assert standing(destination) == [NAME]


def test_a_part_that_is_already_whole_only_needs_its_name(site: Site, destination: Path) -> None:
    begun(destination, DATA)
    assert get(destination, url=site.put("/cells.zip")) == SHA
    assert [asked for _, asked in site.seen] == [f"bytes={len(DATA)}-"]


@pytest.mark.parametrize("length", [1000, 300_000, 400_000])
def test_a_part_of_another_file_is_started_over(site: Site, destination: Path, length: int) -> None:
    begun(destination, (OTHER + OTHER)[:length])
    assert get(destination, url=site.put("/cells.zip")) == SHA
    assert site.seen[-1][1] is None
    assert destination.read_bytes() == DATA


@pytest.mark.parametrize("ranges", ["ignored", "wrong", "garbled"])
def test_servers_that_mishandle_ranges(site: Site, destination: Path, ranges: str) -> None:
    """200 instead of 206 is the whole file again; a wrong Content-Range is not trusted and not asked twice."""
    url = site.put("/cells.zip", cuts=[100_000], ranges=ranges)
    assert get(destination, url=url) == SHA
    assert [asked for _, asked in site.seen] == [None, "bytes=100000-", None][: 2 + (ranges != "ignored")]
    assert destination.read_bytes() == DATA


def test_a_connection_cut_again_and_again_is_given_up(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", cuts=[10] * 20, ranges="ignored")
    fails(destination, url, "cut", "3 times in a row", url=url)
    assert len(site.seen) == 3


def test_a_connection_that_brings_nothing_is_given_up_though_it_could_resume(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", cuts=[100_000] + [0] * 20)
    fails(destination, url, "cut", url=url)
    assert len(site.seen) == 3
    assert standing(destination) == [NAME + ".part"]  # for the next try
    site.pages["/cells.zip"].cuts.clear()
    assert get(destination, url=url) == SHA


def test_cuts_that_bring_a_lot_do_not_count(site: Site, destination: Path) -> None:
    data = DATA * 28
    url = site.put("/cells.zip", data=data, cuts=[1_100_000] * 7)
    sha256 = hashlib.sha256(data).hexdigest()
    assert get(destination, sha256, url=url) == sha256
    assert len(site.seen) == 8


def test_passing_faults_are_tried_again_and_final_ones_are_not(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", statuses=[503, 429])
    assert get(destination, url=url) == SHA
    assert len(site.seen) == 3
    destination.unlink()
    site.seen.clear()
    site.pages["/cells.zip"].statuses = [403, 403]
    fails(destination, "answers 403", url=url)
    assert len(site.seen) == 1


def test_nobody_listens(site: Site, destination: Path) -> None:
    with Site() as other:
        base = other.base
    fails(destination, base, "refused", url=f"{base}/cells.zip")


def test_a_silent_server_times_out(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", stall_seconds=0.3)
    fails(destination, "no answer for 0.05 s", url=url, timeout_s=0.05, attempts=2)


def test_without_a_checksum_nothing_of_unknown_origin_is_continued(site: Site, destination: Path) -> None:
    begun(destination, OTHER[:1000])
    assert get(destination, None, url=site.put("/cells.zip")) == SHA
    assert site.seen == [("/cells.zip", None)]


def test_without_a_checksum_a_file_that_changes_between_cuts_is_started_over(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", data=OTHER, cuts=[100_000])

    def publisher_replaces_the_file(done: int, total: int | None) -> None:
        site.pages["/cells.zip"].data, site.pages["/cells.zip"].etag = DATA, '"v2"'

    assert get(destination, None, url=url, progress=publisher_replaces_the_file) == SHA
    assert [asked for _, asked in site.seen] == [None, "bytes=100000-"]


def test_without_a_checksum_and_a_validator_a_cut_starts_over(site: Site, destination: Path) -> None:
    assert get(destination, None, url=site.put("/cells.zip", etag=None, cuts=[1000])) == SHA
    assert [asked for _, asked in site.seen] == [None, None]


def test_without_a_checksum_and_a_size_a_cut_could_pass_unseen(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", length=False)
    fails(destination, "states no size", sha256=None, url=url)
    assert standing(destination) == []
    assert get(destination, SHA, url=url) == SHA


def test_without_a_checksum_failure_leaves_nothing(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", cuts=[1000, 0, 0, 0])
    fails(destination, "cut", sha256=None, url=url)
    assert standing(destination) == []


def test_redirects_are_followed_to_http_and_keep_the_range(site: Site, destination: Path) -> None:
    site.put("/real.zip", cuts=[1000])
    assert get(destination, url=site.put("/cells.zip", redirect="/real.zip")) == SHA
    assert site.seen[-1] == ("/real.zip", "bytes=1000-")


def test_a_redirect_to_a_file_is_refused(site: Site, destination: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(DATA)
    url = site.put("/cells.zip", redirect=f"file://{tmp_path / NAME}")
    fails(destination, f"redirects to file://{tmp_path}", "refused", url=url)
    assert len(site.seen) == 1


def test_a_redirect_in_a_circle_is_an_error(site: Site, destination: Path) -> None:
    fails(destination, "redirects", url=site.put("/cells.zip", redirect="/cells.zip"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program to make a certificate")
def test_a_certificate_nobody_vouches_for_is_refused(site: Site, destination: Path, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    subprocess.run([*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.put("/cells.zip")
    fails(
        destination, "certificate or encryption is not valid", url=site.base.replace("http:", "https:") + "/cells.zip"
    )
    assert site.seen == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_named_and_not_tried_again(site: Site, destination: Path) -> None:
    destination.parent.mkdir()
    (destination.parent / (NAME + ".part")).symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"no space left on the device.*cells\.zip\.part") as caught:
        get(destination, url=site.put("/cells.zip"))
    assert caught.value.errno == errno.ENOSPC
    assert len(site.seen) == 1 and not destination.exists()


def test_pauses_double_between_attempts(site: Site, destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("unetlib.io.download.time.sleep", pauses.append)
    fails(destination, "404", url=site.put("/cells.zip", statuses=[503, 503, 503, 404]), attempts=9, backoff_s=0.5)
    assert pauses == [0.5, 1.0, 2.0]
