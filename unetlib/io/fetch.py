"""Downloads that are verified or absent: mirrors first, resumed after a cut, checked by SHA-256, renamed whole."""

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
    """No source gave the file: which sources were tried, why each failed, and what to do."""


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
    """Returns the SHA-256 of the archive `name` that now stands, whole and verified, at `destination`.

    Sources in order: `mirrors` (folders, `file:` or http(s) URLs that hold `name`), then `url`. A checksum of
    None is recorded in `<destination>.sha256` on first use and enforced from then on. An interrupted http(s)
    download stays in `<destination>.part` and is resumed when its checksum is known; a wrong file found at
    `destination` is moved to `<destination>.wrong` (`.wrong.2` where that is taken).
    `progress(bytes so far, bytes in all or None)` is called as bytes arrive. `limits` hold for each source.
    Errors: FetchError; OSError for a full disk.
    """
    try:
        sources = list(_sources(name, mirrors, url))
    except FetchError:
        raise
    except ValueError as error:  # of urllib, which says what but not where
        raise FetchError(f"{name}: its url or one of the mirrors is no address ({error}); correct it") from error
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
    """Return why no source can give the archive `name`, as far as is seen without a connection; "" where one may.

    A mirror that is a folder and is not there is named even where another source has the file: it is mistyped, or its
    disk is not mounted. Raises FetchError for what is no address.
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
    """Returns the checksum of the whole file now at `download.part`; DownloadError if it is not `expected`."""
    download.get(location)
    found = sha256_of(download.part)
    if download.resumed and expected not in (None, found):  # what was continued may have been another file
        download.part.unlink()
        download.get(location)
        found = sha256_of(download.part)
    if expected not in (None, found):
        download.part.unlink()
        raise DownloadError(f"its sha256 is {found}, expected {expected}")
    return found


def _sources(name: str, mirrors: Sequence[str], url: str | None) -> Iterator[tuple[str, str | Path]]:
    """Yields each source as shown in errors, and as a path or an http(s) URL."""
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
    """Returns the checksum to enforce: the one given, else the one recorded on first use, else None."""
    if sha256 is None and not record.is_file():
        return None
    stated = sha256 if sha256 is not None else record.read_text(encoding="utf-8", errors="replace")[:64]
    if not re.fullmatch(r"[0-9a-fA-F]{64}", stated):
        where = "sha256" if sha256 is not None else str(record)
        raise FetchError(f"{where}: {stated!r} is not 64 hex digits; correct it" + " or delete it" * (not sha256))
    return stated.lower()


def _recorded(found: str, name: str, record: Path, sha256: str | None) -> str:
    """Returns `found`, recorded beside the file (in the form of sha256sum) if no checksum was given."""
    if sha256 is None and not record.is_file():
        with atomic_path(record) as temporary:
            temporary.write_text(f"{found}  {name}\n", encoding="utf-8")
    return found


def _printable(text: str) -> str:
    """Returns what a server may have written without control characters, and not all of it if it is long."""
    return "".join(character if character.isprintable() else "?" for character in text[:300])


def _sibling(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _unused(path: Path) -> Path:
    """Returns the path, or the first with a number that nothing stands at: what a user put there is never lost."""
    names = (path if number == 1 else _sibling(path, f".{number}") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))
