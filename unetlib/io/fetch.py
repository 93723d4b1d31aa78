"""Fetch an archive from mirrors or its URL: resumed after interruptions, checked by SHA-256, complete or absent."""

import os
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from unetlib.io.download import Download, DownloadError, DownloadLimits, Progress, printable_url
from unetlib.io.files import atomic_path, sha256_of
from unetlib.io.replacement import full_disk_named, move_into_place


class FetchError(ValueError):
    """No source provided the file: which sources were tried, why each failed, and what to do."""


def fetch(
    name: str,
    destination: str | Path,
    *,
    sha256: str | None,
    mirrors: Sequence[str] = (),
    url: str | None = None,
    progress: Progress | None = None,
    limits: DownloadLimits | None = None,
) -> str:
    """Fetch the archive `name` to `destination` unless it is there already; return its verified SHA-256.

    Sources are tried in order: `mirrors` (folders, `file:` or http(s) URLs that contain `name`), then `url`. If sha256
    is None, the checksum is recorded in `<destination>.sha256` on first use and enforced from then on. An interrupted
    http(s) download stays in `<destination>.part` and is resumed if its checksum is known. A wrong file found at
    `destination` is moved to `<destination>.wrong` (or `.wrong.2` and so on).
    `progress(bytes so far, total bytes or None)` is called as bytes arrive. `limits` apply to each source.
    Errors: FetchError; OSError for a full disk.
    """
    try:
        sources = list(_sources(name, mirrors, url))
    except FetchError:
        raise
    except ValueError as error:  # from urllib, whose message does not name the URL
        raise FetchError(f"{name}: its url or one of the mirrors is invalid ({error}); correct it") from error
    destination = Path(destination)
    record = _sibling(destination, ".sha256")
    expected = _expected(sha256, record)
    if destination.is_file():
        found = sha256_of(destination)
        if expected in (None, found):
            return _recorded(found, name, record, sha256)
        destination.rename(_unused(_sibling(destination, ".wrong")))
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = _sibling(destination, ".part")
    download = Download(part, expected is not None, progress, limits or DownloadLimits())
    reasons = []
    for source, location in sources:
        try:
            with full_disk_named(part):
                found = _verified(download, location, expected)
        except DownloadError as failure:
            reasons.append(f"{source}: {_printable(str(failure))}")
            continue
        _recorded(found, name, record, sha256)
        move_into_place(part, destination)
        return found
    if expected is None:
        part.unlink(missing_ok=True)
    raise FetchError(
        f"{name}: no source gave it ({'; '.join(reasons) or 'neither mirrors nor url are given'}); "
        f"check the connection, name a mirror that holds it, or put the file at {destination}"
    )


def missing_source(name: str, mirrors: Sequence[str], url: str | None) -> str:
    """Return why no source can provide the archive `name`, as far as can be seen offline; "" if one may.

    A mirror folder that does not exist is reported even if another source has the file: its name is mistyped, or its
    disk is not mounted. Raises FetchError for an invalid address.
    """
    local = {shown: location for shown, location in _sources(name, mirrors, url) if isinstance(location, Path)}
    count = len(mirrors) + (url is not None)
    for place, location in local.items():
        if not location.parent.is_dir():
            return f"{place}: there is no folder {location.parent}; check the path"
    if count and len(local) == count and not any(location.is_file() for location in local.values()):
        return f"{name} is not there: {', '.join(local)}; check the name and the path"
    return "" if count else f"{name}: neither mirrors nor url are given; set one of them"


def _verified(download: Download, location: str | Path, expected: str | None) -> str:
    """Download the file to `download.part` and return its checksum; DownloadError if it is not `expected`."""
    download.get(location)
    found = sha256_of(download.part)
    if download.resumed and expected not in (None, found):  # the beginning may have been of another file
        download.part.unlink()
        download.get(location)
        found = sha256_of(download.part)
    if expected not in (None, found):
        download.part.unlink()
        raise DownloadError(f"its sha256 is {found}, expected {expected}")
    return found


def _sources(name: str, mirrors: Sequence[str], url: str | None) -> Iterator[tuple[str, str | Path]]:
    """Yield each source as it is shown in errors, and as a path or an http(s) URL."""
    if not re.fullmatch(r"[^/\\\x00-\x1f]+", name) or name in (".", ".."):
        raise FetchError(f"{name!r} is not a plain file name; give the archive's name without folders")
    for mirror in mirrors:
        if "://" in mirror or mirror.startswith("file:"):
            location = _location(f"{mirror.rstrip('/')}/{quote(name)}")
        else:
            location = Path(mirror).expanduser() / name
        yield printable_url(str(location)), location
    if url is not None:
        yield printable_url(url), _location(url)


def _location(url: str) -> str | Path:
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise FetchError(f"{url}: names a host {parts.netloc!r}; write file:///folder or file:folder")
        return Path(url2pathname(parts.path)).expanduser()
    if parts.scheme not in ("http", "https"):
        raise FetchError(f"{printable_url(url)}: only http, https and file URLs can be fetched; correct this source")
    return url


def _expected(sha256: str | None, record: Path) -> str | None:
    """Return the checksum to enforce: the one given, else the one recorded on first use, else None."""
    if sha256 is None and not record.is_file():
        return None
    stated = sha256 if sha256 is not None else record.read_text(encoding="utf-8", errors="replace")[:64]
    if not re.fullmatch(r"[0-9a-fA-F]{64}", stated):
        where = "sha256" if sha256 is not None else str(record)
        raise FetchError(f"{where}: {stated!r} is not 64 hex digits; correct it" + " or delete it" * (not sha256))
    return stated.lower()


def _recorded(found: str, name: str, record: Path, sha256: str | None) -> str:
    """Return `found`; record it beside the file, in the format of sha256sum, if no checksum was given."""
    if sha256 is None and not record.is_file():
        with atomic_path(record) as temporary:
            temporary.write_text(f"{found}  {name}\n", encoding="utf-8")
    return found


def _printable(text: str) -> str:
    """Return a text that may come from a server, without control characters and cut to 300 characters."""
    return "".join(character if character.isprintable() else "?" for character in text[:300])


def _sibling(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _unused(path: Path) -> Path:
    """Return the path, or the first numbered one that does not exist, so that no file of the user is overwritten."""
    names = (path if number == 1 else _sibling(path, f".{number}") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))
