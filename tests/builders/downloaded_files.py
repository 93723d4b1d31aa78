"""A file that is downloaded: the answers of a server, the checksum recorded beside it, and how each is read."""

import hashlib
import os
from pathlib import Path

from builders.malformed_server import RawServer, response

from unetlib.io.download import DownloadLimits
from unetlib.io.fetch import fetch

RECORD = f"{hashlib.sha256(b'archive').hexdigest()}  a.zip\n".encode()
ARCHIVE = bytes(range(256)) * 4


def read_record(folder: Path, data: bytes) -> None:
    (folder / "a.zip").write_bytes(b"archive")
    (folder / "a.zip.sha256").write_bytes(data)
    fetch("a.zip", folder / "a.zip", sha256=None)


def answers() -> list[bytes]:
    """Whole answers of a server: plain, in chunks, the rest of a file, an error."""
    chunks = b"200\r\n" + ARCHIVE[:512] + b"\r\n200\r\n" + ARCHIVE[512:] + b"\r\n0\r\n\r\n"
    rest = "Content-Range: bytes 100-1023/1024"
    return [
        response(ARCHIVE, 'ETag: "v1"'),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks,
        response(ARCHIVE[100:], rest, status="206 Partial Content"),
    ]


def download(folder: Path, data: bytes) -> None:
    """What stands at the end is the file that was asked for, or nothing."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    (folder / "a.zip.part").write_bytes(ARCHIVE[:100])
    sha256 = hashlib.sha256(ARCHIVE).hexdigest()
    with RawServer([data]) as server:
        quick = DownloadLimits(timeout_s=0.5, attempts=2, backoff_s=0.001, max_bytes=1 << 20)
        try:
            fetch("a.zip", folder / "a.zip", sha256=sha256, url=server.base, limits=quick)
        finally:
            found = (folder / "a.zip").read_bytes() if (folder / "a.zip").exists() else ARCHIVE
            assert found == ARCHIVE, "a wrong file at the final name"
