"""One file from one source: a copy, or an http(s) download that survives cuts and lying servers."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import requests
import urllib3

Progress = Callable[[int, int | None], None]

_CHUNK_BYTES = 1 << 18
_PROGRESS_BYTES = 1 << 20  # an attempt that brings this much before it is cut does not count as a failed one
_LONGEST_PAUSE_SECONDS = 60.0
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}  # another try may succeed; any other error status is final


class DownloadError(ValueError):
    """This source cannot give the file: why, on one line."""


class _Cut(Exception):
    """This source may give the file, or the rest of it, when asked again."""


@dataclass
class Download:
    """A file being downloaded to `part`; bytes already there are continued.

    `trusted`: the bytes at `part` will be verified against a known checksum, so they may be continued whatever
    they came from; otherwise only those that this object wrote, while the server confirms the same file.
    `progress(bytes so far, bytes in all or None)` is called as bytes arrive; `attempts` in a row without
    progress end the download, `backoff_s` seconds apart, doubling.
    """

    part: Path
    trusted: bool
    progress: Progress | None = None
    timeout_s: float = 60.0
    attempts: int = 5
    backoff_s: float = 1.0
    resumed: bool = False  # True once bytes that stood at `part` before an attempt were continued
    _validator: str | None = None  # ETag or Last-Modified of what `part` was begun from
    _resumable: bool = True

    def get(self, location: str | Path) -> None:
        """Completes `part` from a path or an http(s) URL, or raises DownloadError."""
        self.resumed, self._validator, self._resumable = False, None, True
        if isinstance(location, Path):
            self._copy(location)
            return
        with _Session() as session:
            session.headers.update({"User-Agent": "unetlib", "Accept-Encoding": "identity"})
            self._persist(session, location)

    def _copy(self, path: Path) -> None:
        if not path.is_file():
            raise DownloadError("no such file")
        try:
            source = path.open("rb")
        except OSError as error:
            raise DownloadError(f"cannot be read ({error.strerror})") from error
        with source:
            self._write(iter(lambda: source.read(_CHUNK_BYTES), b""), 0, path.stat().st_size)

    def _persist(self, session: requests.Session, url: str) -> None:
        """Downloads the rest of `part`, asking again after each cut until too many in a row brought nothing."""
        failures, best = 0, self._have()
        while True:
            try:
                self._attempt(session, url)
                return
            except _Cut as cut:
                failures = 1 if self._have() - best >= _PROGRESS_BYTES else failures + 1
                best = max(best, self._have())
                if failures >= self.attempts:
                    raise DownloadError(f"{cut}, {self.attempts} times in a row") from cut
                time.sleep(min(self.backoff_s * 2 ** (failures - 1), _LONGEST_PAUSE_SECONDS))

    def _attempt(self, session: requests.Session, url: str) -> None:
        """Asks once, for the rest if there is a beginning, and writes what comes."""
        if not self._resumable or (not self.trusted and self._validator is None):
            self.part.unlink(missing_ok=True)
        have = self._have()
        headers = {"Range": f"bytes={have}-"} if have else {}
        if have and self._validator:
            headers["If-Range"] = self._validator
        try:
            with session.get(url, headers=headers, stream=True, timeout=self.timeout_s) as response:
                start, total = self._extent(response, have)
                if start is not None:
                    self._write(response.raw.stream(_CHUNK_BYTES, decode_content=False), start, total)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise _Cut(f"no answer for {self.timeout_s:g} s") from error
        except requests.exceptions.SSLError as error:
            raise DownloadError(f"its certificate or encryption is not valid ({_reason(error)})") from error
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            raise _Cut(f"connection failed or was cut ({_reason(error)})") from error
        except requests.RequestException as error:
            raise DownloadError(_reason(error)) from error
        if total is not None and self._have() != total:
            raise _Cut(f"connection was cut at {self._have()} of {total} bytes")

    def _extent(self, response: requests.Response, have: int) -> tuple[int | None, int | None]:
        """Returns (offset of the first byte that follows, size of the whole file); offset None: all is here."""
        status, stated = response.status_code, response.headers.get("Content-Range", "")
        if have and status == 416:
            if stated == f"bytes */{have}":
                self.resumed = True
                return None, have
            raise self._unresumable(f"has no bytes after {have}")
        if have and status == 206:
            match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", stated.strip())
            if match is None or int(match[1]) != have:
                raise self._unresumable(f"answers bytes={have}- with Content-Range {stated!r}")
            self.resumed = True
            return have, int(match[2]) + 1 if match[3] == "*" else int(match[3])
        if status in _PASSING_STATUS:
            raise _Cut(f"answers {status} {response.reason}")
        if status != 200:
            raise DownloadError(f"answers {status} {response.reason}")
        length = response.headers.get("Content-Length", "")
        if not self.trusted and not length and "Transfer-Encoding" not in response.headers:
            raise DownloadError("states no size, so that without a sha256 a cut could not be noticed; set its sha256")
        etag = response.headers.get("ETag", "W/")
        self._validator = response.headers.get("Last-Modified") if etag.startswith("W/") else etag
        return 0, int(length) if length.isdigit() else None

    def _unresumable(self, why: str) -> _Cut:
        self._resumable = False
        return _Cut(why)

    def _write(self, chunks: Iterator[bytes], start: int, total: int | None) -> None:
        """Writes `chunks` at `start` of `part`, cutting off what stood there."""
        with self.part.open("r+b" if start else "wb") as stream:
            stream.seek(start)
            done = start
            for chunk in chunks:
                stream.write(chunk)
                done += len(chunk)
                if self.progress is not None:
                    self.progress(done, total)

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0


class _Session(requests.Session):
    """Follows redirects to http(s) only, and from https to https only."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is not None:
            absolute = urljoin(resp.url, target)
            allowed = {"https"} if urlsplit(resp.url).scheme == "https" else {"http", "https"}
            if urlsplit(absolute).scheme not in allowed:
                raise DownloadError(f"redirects to {shown(absolute)}, which is refused")
        return target


def shown(source: str) -> str:
    """Returns the source without any user name, password or query: errors end up in logs."""
    parts = urlsplit(source)
    if not parts.netloc:
        return unquote(source)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _reason(error: BaseException) -> str:
    """Returns the innermost cause on one line; requests and urllib3 wrap it two or three times."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return (str(error).splitlines() or [type(error).__name__])[0]
