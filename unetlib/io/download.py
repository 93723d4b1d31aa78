"""Get one file from one source: copy it, or download it over http(s), resuming after interruptions."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urljoin, urlsplit

import requests
import urllib3

from unetlib.io.settings import LimitSettings

Progress = Callable[[int, int | None], None]

_CHUNK_BYTES = 1 << 18
_PROGRESS_BYTES = 1 << 20  # an interrupted attempt that transferred this much does not count as a failure
_LONGEST_PAUSE_SECONDS = 60.0
_SLOWEST_BYTES = 1 << 14  # a server that sends less than this in `timeout_s` is treated as stalled
_MOST_REDIRECTS = 20
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}  # a retry may succeed; any other error status is final


class DownloadError(ValueError):
    """This source cannot provide the file: the reason, in one line."""


class _Cut(Exception):
    """An interruption: a retry may provide the file, or the rest of it."""


@dataclass(frozen=True)
class DownloadLimits:
    """Limits for one source: it is given up after `attempts` in a row without progress.

    backoff_s: the first pause between attempts, doubled each time. timeout_s: seconds without an answer after which a
    connection counts as interrupted. A file of more than `max_bytes` is refused.
    """

    max_bytes: int | None = None
    timeout_s: float = 60.0
    attempts: int = 5
    backoff_s: float = 1.0

    @classmethod
    def of(cls, settings: LimitSettings) -> Self:
        """Return the limits of a configuration."""
        return cls(settings.archive_bytes, settings.fetch_timeout_s, settings.fetch_attempts)


@dataclass
class Download:
    """A download to `part`, which is resumed if bytes are already there.

    `trusted`: the file will be checked against a known checksum, so that bytes from any source may be resumed;
    otherwise only those that this object wrote, and only while the server confirms that the file is unchanged.
    `progress(bytes so far, total bytes or None)` is called as bytes arrive.
    """

    part: Path
    trusted: bool
    progress: Progress | None = None
    limits: DownloadLimits = DownloadLimits()
    resumed: bool = False  # True once an attempt has resumed bytes that were already in `part`
    _validator: str | None = None  # ETag or Last-Modified of the file that `part` is a beginning of
    _resumable: bool = True

    def get(self, location: str | Path) -> None:
        """Complete `part` from a path or an http(s) URL, or raise DownloadError."""
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
        """Download the rest of `part`, with retries until too many in a row make no progress."""
        failures, best = 0, self._have()
        while True:
            try:
                self._attempt(session, url)
                return
            except _Cut as cut:
                failures = 1 if self._have() - best >= _PROGRESS_BYTES else failures + 1
                best = max(best, self._have())
                if failures >= self.limits.attempts:
                    raise DownloadError(f"{cut}, {self.limits.attempts} times in a row") from cut
                time.sleep(min(self.limits.backoff_s * 2 ** (failures - 1), _LONGEST_PAUSE_SECONDS))

    def _attempt(self, session: requests.Session, url: str) -> None:
        """Send one request, for the rest of the file if there is a beginning, and write what arrives."""
        if not self._resumable or (not self.trusted and self._validator is None):
            self.part.unlink(missing_ok=True)
        have = self._have()
        headers = {"Range": f"bytes={have}-"} if have else {}
        # If-Range: the server sends the whole file instead of the rest if it has changed meanwhile.
        if have and self._validator:
            headers["If-Range"] = self._validator
        try:
            with self._open(session, url, headers) as response:
                start, total = self._extent(response, have)
                if start is not None:
                    self._write(self._arriving(response), start, total)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise _Cut(f"no answer for {self.limits.timeout_s:g} s") from error
        except requests.exceptions.SSLError as error:
            raise DownloadError(f"its certificate or encryption is not valid ({_reason(error)})") from error
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            raise _Cut(f"connection failed or was cut ({_reason(error)})") from error
        except requests.RequestException as error:
            raise DownloadError(_reason(error)) from error
        if total is not None and self._have() != total:
            raise _Cut(f"connection was cut at {self._have()} of {total} bytes")

    def _open(self, session: requests.Session, url: str, headers: dict[str, str]) -> requests.Response:
        """Return the response after redirects: only to http(s), never from https to http, without reading bodies."""
        for _ in range(_MOST_REDIRECTS):
            response = session.get(
                url, headers=headers, stream=True, timeout=self.limits.timeout_s, allow_redirects=False
            )
            if not response.is_redirect:
                return response
            response.close()
            try:
                target = urljoin(url, session.get_redirect_target(response))
                scheme = urlsplit(target).scheme
            except ValueError as error:
                raise DownloadError(f"redirects to an invalid address ({_reason(error)})") from error
            if scheme not in ({"https"} if urlsplit(url).scheme == "https" else {"http", "https"}):
                raise DownloadError(f"redirects to {printable_url(target)}, which is refused")
            url = target
        raise DownloadError(f"redirects more than {_MOST_REDIRECTS} times")

    def _arriving(self, response: requests.Response) -> Iterator[bytes]:
        """Yield bytes as they arrive; _Cut if the server is too slow."""
        since, came = time.monotonic(), 0
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
            yield chunk
            came += len(chunk)
            if (now := time.monotonic()) - since > self.limits.timeout_s:
                if came < _SLOWEST_BYTES:
                    raise _Cut(f"only {came} bytes came in {now - since:.3g} s")
                since, came = now, 0

    def _extent(self, response: requests.Response, have: int) -> tuple[int | None, int | None]:
        """Return the offset of the first byte of the body and the size of the file; offset None: it is complete."""
        status, stated = response.status_code, response.headers.get("Content-Range", "")
        if have and status == 416:
            if stated == f"bytes */{have}":
                self.resumed = True
                return None, have
            raise self._unresumable(f"has no bytes after {have}")
        if have and status == 206:
            match = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", stated.strip())
            if match is None or int(match[1]) != have:
                raise self._unresumable(f"answers bytes={have}- with Content-Range {stated[:100]!r}")
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
        return 0, int(length) if re.fullmatch("[0-9]{1,18}", length) else None

    def _unresumable(self, why: str) -> _Cut:
        self._resumable = False
        return _Cut(why)

    def _write(self, chunks: Iterator[bytes], start: int, total: int | None) -> None:
        """Write `chunks` to `part` from offset `start`, but no byte beyond `total` or `max_bytes`."""
        self._check_size(total or 0)
        with self.part.open("r+b" if start else "wb") as stream:
            stream.seek(start)
            done = start
            for chunk in chunks:
                done += len(chunk)
                if total is not None and done > total:
                    raise self._unresumable(f"sends more than the {total} bytes that it announced")
                self._check_size(done)
                stream.write(chunk)
                if self.progress is not None:
                    self.progress(done, total)

    def _check_size(self, size: int) -> None:
        if self.limits.max_bytes is not None and size > self.limits.max_bytes:
            self.part.unlink(missing_ok=True)
            raise DownloadError(f"is larger than the {self.limits.max_bytes} bytes allowed")

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0


class _Session(requests.Session):
    """A session that ignores redirects: requests reads the whole body of each into memory, even if not following it."""

    def resolve_redirects(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        """Follow no redirect."""
        return iter(())


def printable_url(source: str) -> str:
    """Return the source without user name, password and query, because errors end up in logs."""
    parts = urlsplit(source)
    if not parts.netloc:
        return unquote(source)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _reason(error: BaseException) -> str:
    """Return the innermost cause in one line; requests and urllib3 wrap it two or three times."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return (str(error).splitlines() or [type(error).__name__])[0]
