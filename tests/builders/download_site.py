"""A server on 127.0.0.1 that cuts, lies, redirects and fails, and downloads from it."""

import hashlib
import time
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


def begun(destination: Path, data: bytes) -> None:
    destination.parent.mkdir(parents=True)
    (destination.parent / (NAME + ".part")).write_bytes(data)
