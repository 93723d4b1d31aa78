"""Servers that send too much, too little at a time, in circles or nonsense: one line, nothing left behind, soon."""

import hashlib
import itertools
import re
import shutil
import ssl
import subprocess
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders.malformed_server import RawServer, endless, response

from unetlib.io.download import DownloadLimits
from unetlib.io.fetch import FetchError, fetch

DATA = bytes(range(256)) * 40
SHA = hashlib.sha256(DATA).hexdigest()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def get(folder: Path, url: str, **options) -> str:
    quick = {"attempts": 2, "backoff_s": 0.001, "timeout_s": 30.0, "max_bytes": 1 << 20}
    limits = quick | {name: options.pop(name) for name in quick if name in options}
    return fetch("a.zip", folder / "a.zip", url=url, limits=DownloadLimits(**limits), **{"sha256": SHA, **options})


def fails(folder: Path, url: str, why: str | None, *, left: tuple[str, ...] = (), **options) -> None:
    with pytest.raises(FetchError, match=why) as caught:
        get(folder, url, **options)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000
    assert tuple(sorted(path.name for path in folder.iterdir())) == left


def test_a_plain_and_a_chunked_answer_are_read(tmp_path: Path) -> None:
    with RawServer([response(DATA)]) as server:
        assert get(tmp_path, server.base) == SHA
    (tmp_path / "a.zip").unlink()
    with RawServer([CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(DATA), DATA)]) as server:
        assert get(tmp_path, server.base) == SHA
    assert (tmp_path / "a.zip").read_bytes() == DATA


def test_an_endless_body_ends_at_the_largest_size_allowed(tmp_path: Path) -> None:
    with RawServer([lambda: endless(CHUNKED, b"10000\r\n" + bytes(65536) + b"\r\n")]) as server:
        fails(tmp_path, server.base, "is larger than the 1048576 bytes allowed")
        assert server.sent < 1 << 24


def test_a_size_beyond_the_largest_is_refused_before_a_byte_is_written(tmp_path: Path) -> None:
    with RawServer([response(DATA, length=10**15)]) as server:
        fails(tmp_path, server.base, "is larger than the 1048576 bytes allowed")


def test_a_folder_is_no_exception(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "a.zip").write_bytes(DATA)
    with pytest.raises(FetchError, match="larger than the 100 bytes allowed"):
        fetch(
            "a.zip",
            tmp_path / "to" / "a.zip",
            sha256=SHA,
            mirrors=[str(tmp_path / "mirror")],
            limits=DownloadLimits(max_bytes=100),
        )


def test_more_than_was_announced_is_not_written(tmp_path: Path) -> None:
    """The rest of a file may come with a length that goes beyond the size in its Content-Range."""
    (tmp_path / "a.zip.part").write_bytes(DATA[:100])
    rest = [f"Content-Range: bytes 100-{len(DATA) - 1}/{len(DATA)}"]
    too_long = response(DATA[100:] + DATA, *rest, status="206 Partial Content")
    with RawServer([too_long, response(DATA)]) as server:
        assert get(tmp_path, server.base) == SHA
        assert b"Range" in server.requests[0] and b"Range" not in server.requests[1]
    assert (tmp_path / "a.zip").read_bytes() == DATA


def test_a_trickle_is_a_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by a minute per byte, for a server that never stops."""
    minutes = itertools.count(step=60)
    clock = SimpleNamespace(monotonic=lambda: float(next(minutes)), sleep=lambda seconds: None)
    monkeypatch.setattr("unetlib.io.download.time", clock)
    with RawServer([lambda: endless(response(length=10**6), b"x", pause_seconds=0.001)]) as server:
        fails(tmp_path, server.base, "only [0-9]+ bytes came in 120 s", left=("a.zip.part",), timeout_s=60)


def redirect(target: str) -> bytes:
    return response(b"", f"Location: {target}", status="302 Found")


def test_redirects_that_never_end(tmp_path: Path) -> None:
    with RawServer([redirect("/again")]) as server:
        fails(tmp_path, server.base, "redirects more than 20 times")
        assert len(server.requests) == 20


def test_the_body_of_a_redirect_is_not_read(tmp_path: Path) -> None:
    forever = partial(endless, response(b"", "Location: /real", status="302 Found", length=10**12), bytes(1 << 16))
    with RawServer([forever, response(DATA)]) as server:
        assert get(tmp_path, server.base) == SHA
        assert server.sent < 1 << 24


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("file:///etc/passwd", "redirects to .*etc/passwd, which is refused"),
        ("ftp://127.0.0.1/a.zip", "which is refused"),
        ("data:text/plain,hello", "which is refused"),
        ("http://[", "redirects to an invalid address"),
        ("\xff\xfe", "redirects to an invalid address"),
        ("http://127.0.0.1:99999999/", None),
        ("http://\x1b[31mred/", None),
    ],
)
def test_redirects_to_elsewhere(tmp_path: Path, target: str, why: str | None) -> None:
    with RawServer([redirect(target)]) as server:
        fails(tmp_path, server.base, why)


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000, "-1", "1e3", "0x10", "", "5, 7"])
def test_nonsense_for_a_length(tmp_path: Path, length: str) -> None:
    """The checksum decides; no length may be trusted, or be more than a failed download."""
    answer = response(DATA, f"Content-Length: {length}", length=-1)
    with RawServer([answer]) as server:
        try:
            assert get(tmp_path, server.base) == SHA
        except FetchError as error:
            assert str(error).isprintable()
            assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0" * 100,
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 99999 \x1b[31m\r\n\r\n",
        b"HTTP/1.1 404 \x1b[31mred\x85\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A" * 100_000 + b"\r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"ffffffffffffffffffff\r\nabc",
        CHUNKED + b"-5\r\nabc\r\n0\r\n\r\n",
        response(b"abc", "Content-Encoding: gzip"),
        response(b"", "Content-Range: bytes 5-4/3", status="206 Partial Content"),
        response(b"", "Content-Range: bytes */\u00b2", status="416 Range Not Satisfiable"),
    ],
)
def test_nonsense_for_an_answer(tmp_path: Path, answer: bytes) -> None:
    with RawServer([answer]) as server:
        with pytest.raises(FetchError) as caught:
            get(tmp_path, server.base)
        assert str(caught.value).isprintable()
        assert not (tmp_path / "a.zip").exists()


def test_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"a\.zip: its url or one of the mirrors is invalid"):
        get(tmp_path, "http://[")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program to make a certificate")
def test_a_certificate_is_checked_and_https_never_leads_to_http(tmp_path: Path, monkeypatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    make += " -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    folder = tmp_path / "archives"
    folder.mkdir()
    with RawServer([response(DATA)]) as plain, RawServer([redirect(plain.base), response(DATA)], context) as server:
        fails(folder, server.base, "certificate or encryption is not valid")
        server.requests.clear()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        fails(folder, server.base, re.escape(f"redirects to {plain.base}, which is refused"))
        assert plain.requests == []
        assert get(folder, server.base) == SHA
