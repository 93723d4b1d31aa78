"""Downloads from a real server on 127.0.0.1 that cuts, lies, redirects and fails: verified or absent."""

import errno
import hashlib
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unetlib.io.download import DownloadLimits
from unetlib.io.fetch import FetchError, fetch

NAME = "cells.zip"
DATA = np.random.default_rng(1).bytes(300_000)
OTHER = np.random.default_rng(2).bytes(300_000)
SHA = hashlib.sha256(DATA).hexdigest()


@dataclass
class Page:
    """How one address answers: its bytes, and its vices. Lists are used up request by request."""

    data: bytes = DATA
    statuses: list[int] = field(default_factory=list)  # answered first, before 200
    cuts: list[int] = field(default_factory=list)  # bytes sent before the connection is cut
    ranges: str = "right"  # right | ignored | wrong | garbled
    redirect: str | None = None
    length: bool = True
    etag: str | None = '"v1"'
    stall_seconds: float = 0.0


class Site(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Page] = {}
        self.seen: list[tuple[str, str | None]] = []  # (path, Range header) of each request
        self.base = f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, path: str, **vices: Any) -> str:
        self.pages[path] = Page(**vices)
        return self.base + path

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up early is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Site

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path)
        asked = self.headers.get("Range")
        self.server.seen.append((self.path, asked))
        if page is None or page.statuses:
            self.send_error(404 if page is None else page.statuses.pop(0))
            return
        if page.redirect is not None:
            self.send_response(302)
            self.send_header("Location", page.redirect)
            self.end_headers()
            return
        time.sleep(page.stall_seconds)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        changed = self.headers.get("If-Range", page.etag) != page.etag
        self.answer(page, 0 if page.ranges == "ignored" or changed else start)

    def answer(self, page: Page, start: int) -> None:
        size = len(page.data)
        if start >= size:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            stated = {"right": f"bytes {start}-{size - 1}/{size}", "wrong": f"bytes 0-{size - 1}/{size}"}
            self.send_header("Content-Range", stated.get(page.ranges, "bytes what?"))
        if page.length:
            self.send_header("Content-Length", str(size - start))
        if page.etag:
            self.send_header("ETag", page.etag)
        self.end_headers()
        body = page.data[start:]
        self.wfile.write(body[: page.cuts.pop(0)] if page.cuts else body)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "archives" / NAME


def get(destination: Path, sha256: str | None = SHA, **options: Any) -> str:
    quick = {"attempts": 3, "backoff_s": 0.001, "timeout_s": 5.0}
    limits = quick | {name: options.pop(name) for name in [*quick, "max_bytes"] if name in options}
    return fetch(NAME, destination, sha256=sha256, limits=DownloadLimits(**limits), **options)


def standing(destination: Path) -> list[str]:
    return sorted(p.name for p in destination.parent.iterdir()) if destination.parent.is_dir() else []


def fails(destination: Path, *whys: str, **options: Any) -> None:
    """Fetching fails with one line that holds each of `whys`, and leaves nothing at the final name."""
    with pytest.raises(FetchError) as caught:
        get(destination, **options)
    message = str(caught.value)
    assert NAME in message and "\n" not in message
    for why in whys:
        assert why in message
    assert not destination.exists()


def test_full_download_with_progress(site: Site, destination: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    url = site.put("/cells.zip")
    assert get(destination, url=url, progress=lambda done, total: calls.append((done, total))) == SHA
    assert destination.read_bytes() == DATA
    assert standing(destination) == [NAME]
    assert calls[-1] == (len(DATA), len(DATA)) and calls == sorted(calls)


def test_a_verified_file_is_not_fetched_again(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip")
    assert get(destination, url=url) == get(destination, url=url) == SHA
    assert len(site.seen) == 1


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


def begun(destination: Path, data: bytes) -> None:
    destination.parent.mkdir(parents=True)
    (destination.parent / (NAME + ".part")).write_bytes(data)


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


def test_nobody_listens(site: Site, destination: Path) -> None:
    with Site() as other:
        base = other.base
    fails(destination, base, "refused", url=f"{base}/cells.zip")


def test_a_silent_server_times_out(site: Site, destination: Path) -> None:
    url = site.put("/cells.zip", stall_seconds=0.3)
    fails(destination, "no answer for 0.05 s", url=url, timeout_s=0.05, attempts=2)


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


def test_a_mirror_may_start_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / NAME).write_bytes(DATA)
    for number, mirror in enumerate(("~/mirror", "file:~/mirror")):
        assert fetch(NAME, tmp_path / str(number) / NAME, sha256=None, mirrors=[mirror]) == SHA
