"""Hostile bytes from valid ones: seeded mutations of TIFF, PNG, zip, CSV and JSON files, and of anything else."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
Mutation = Callable[[bytes, Rng], bytes]
EXTREMES = (0, 1, 2, 3, 7, 8, 255, 256, 65535, 10**5, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)


def pick(rng: Rng, items):
    return items[int(rng.integers(len(items)))]


def flip(data: bytes, rng: Rng) -> bytes:
    """A few random bytes in place of others."""
    changed = bytearray(data)
    for at in rng.integers(len(data), size=int(rng.integers(1, 9))) if data else ():
        changed[at] = rng.integers(256)
    return bytes(changed)


def cut(data: bytes, rng: Rng) -> bytes:
    return data[: int(rng.integers(len(data) + 1))]


def repeat(data: bytes, rng: Rng) -> bytes:
    """A stretch of the file stands in it twice, or is missing."""
    start, stop = sorted(int(at) for at in rng.integers(len(data) + 1, size=2))
    return data[:stop] + data[start:] if rng.integers(2) else data[:start] + data[stop:]


def extreme(data: bytes, rng: Rng) -> bytes:
    """An extreme whole number of 1, 2, 4 or 8 bytes stands somewhere."""
    width, order = pick(rng, [1, 2, 4, 8]), pick(rng, ["little", "big"])
    if len(data) < width:
        return data
    at = int(rng.integers(len(data) - width + 1))
    value = pick(rng, EXTREMES) % 256**width
    return data[:at] + value.to_bytes(width, order) + data[at + width :]


ANYTHING: tuple[Mutation, ...] = (flip, cut, repeat, extreme)


def tiff_tag(data: bytes, rng: Rng) -> bytes:
    """The type, count, value or number of one tag of some page is another."""
    entries = tiff_entries(data)
    if not entries:
        return flip(data, rng)
    order, at, big = pick(rng, entries)
    offset, form = pick(rng, [(0, "H"), (2, "H"), (4, "Q" if big else "I"), (12 if big else 8, "Q" if big else "I")])
    changed = bytearray(data)
    values = (*EXTREMES, 4, 5, 6, 9, 12, 16, 17, 18, 64, 262, 322, 323, 324, 330, 32773, 34712, 50000)
    struct.pack_into(order + form, changed, at + offset, pick(rng, values) % 256 ** struct.calcsize(form))
    return bytes(changed)


def tiff_entries(data: bytes) -> list[tuple[str, int, bool]]:
    """(byte order, offset, BigTIFF) of the tags of all pages, as far as they can be followed."""
    found: list[tuple[str, int, bool]] = []
    order, big = "<" if data[:2] == b"II" else ">", data[2:4] in (b"+\0", b"\0+")
    number, offset, width = ("Q", "Q", 20) if big else ("H", "I", 12)
    try:
        (page,) = struct.unpack_from(order + offset, data, 8 if big else 4)
        while page and len(found) < 200:
            (count,) = struct.unpack_from(order + number, data, page)
            start = page + struct.calcsize(number)
            found += [(order, start + n * width, big) for n in range(min(count, 50))]
            (page,) = struct.unpack_from(order + offset, data, start + count * width)
    except (struct.error, OverflowError):
        pass
    return [entry for entry in found if entry[1] + width <= len(data)]


def tiff_of(*entries: tuple[int, int, int, int], data: bytes = b"", following: int = 0) -> bytes:
    """A little-endian TIFF of one page with these tags (number, type, count, value), its data at offset 8."""
    page = 8 + len(data) + len(data) % 2
    tags = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    body = struct.pack("<H", len(entries)) + tags + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", page) + data.ljust(page - 8, b"\0") + body


def plain_tiff(width: int, height: int, data: bytes = b"\0" * 64, **tags: tuple[int, int, int]) -> bytes:
    """An 8-bit grey TIFF that claims this size; `tags`: t<number>=(type, count, value) replace or join its own."""
    own = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
    own |= {273: (4, 1, 8), 277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, len(data))}
    own |= {int(name[1:]): entry for name, entry in tags.items()}
    return tiff_of(*((number, *entry) for number, entry in own.items()), data=data)


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """(kind, contents) of the chunks of a PNG, as far as they can be followed."""
    chunks, at = [], 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """The PNG of these chunks, with the right checksums."""
    packed = [struct.pack(">I", len(body)) + kind + body for kind, body in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(c + struct.pack(">I", zlib.crc32(c[4:])) for c in packed)


def png_chunk(data: bytes, rng: Rng) -> bytes:
    """One chunk is damaged, doubled, dropped, moved or joined by a hostile one; every checksum is right."""
    chunks = png_chunks(data)
    if not chunks:
        return flip(data, rng)
    at = int(rng.integers(len(chunks)))
    kind, body = chunks[at]
    bomb = (b"zTXt", b"x\0\0" + zlib.compress(bytes(10**6)))
    edits: list[list[tuple[bytes, bytes]]] = [
        [(kind, pick(rng, ANYTHING)(body, rng))],
        [(kind, body), (kind, body)],
        [],
        [bomb, (kind, body)],
        [(pick(rng, [b"PLTE", b"tRNS", b"acTL", b"iCCP", b"IEND", b"IHDR"]), body)],
    ]
    chunks[at : at + 1] = pick(rng, edits)
    return png_of(chunks)


def zip_field(data: bytes, rng: Rng) -> bytes:
    """A field of a local header, of the directory or of the end record is another."""
    marks = {b"PK\x03\x04": 30, b"PK\x01\x02": 46, b"PK\x05\x06": 22, b"PK\x06\x06": 56}
    found = [(at, size) for mark, size in marks.items() for at in places(data, mark)]
    if not found:
        return flip(data, rng)
    at, size = pick(rng, found)
    start = at + int(rng.integers(4, size))
    width = pick(rng, [1, 2, 4])
    value = (pick(rng, EXTREMES) % 256**width).to_bytes(width, "little")
    return data[:start] + value + data[start + width :]


def places(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


NAMES = (
    *("../evil.tif", "/etc/evil", "C:/evil.tif", "a\\..\\evil.tif", "set/\nevil.tif", "./01/t000.tif", "01/t000.tif/"),
    *("01/T000.TIF", "CON", "01/nul.tif", "aux.png", "01/t0000.tif", "01/٠٠٠.tif", "٠١/t٠٠٠.tif", "é/ü.png", "-rf"),
    *(
        "x" * 300,
        f"01/t{'9' * 5000}.tif",
        "\u202egnp.exe",
        "a\u2028b.png",
        "$(touch pwned).png",
        "'; rm -rf x",
        "a\x85b",
    ),
    *(
        "__MACOSX/._a",
        ".DS_Store",
        "images/a.png",
        "labels/a.png",
        "a/images/A.png",
        "A/images/a.png",
        "~/x",
        "con.tif",
    ),
)


def zip_members(data: bytes, rng: Rng) -> bytes:
    """A zip with a member renamed, doubled, dropped, made a link, device or zip, or with hostile contents."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        members = [(info.filename, source.read(info), 0) for info in source.infolist()]
    at = int(rng.integers(len(members)))
    name, body, mode = members[at]
    other = (pick(rng, NAMES), body, mode)
    edits = [
        [other],
        [(name, body, mode), other],
        [],
        [(name, body, 0o120777)],
        [(name, body, pick(rng, [0o020666, 0o060666, 0o010666, 0o140666]))],
        [(name, data, mode)],
        [(name, body, mode), (name.upper(), body, mode)],
        [(name, pick(rng, ANYTHING)(body, rng), mode)],
        [(name, bytes(10**6), mode)],
    ]
    members[at : at + 1] = pick(rng, edits)
    return zip_of(members)


def zip_of(members: list[tuple[str, bytes, int]]) -> bytes:
    """A zip of (name, contents, Unix mode); names stand in it as they are, whatever zipfile would make of them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, body, mode in members:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            with warnings.catch_warnings(action="ignore"):  # zipfile warns of a name that it has already
                target.writestr(info, body, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


CELLS = (
    *("", "-1", "1e9", "nan", "inf", "9" * 400, "9" * 5000, "../../evil", "/etc/passwd", "x" * 200_000, "\0", "é", '"'),
    *("CON", "a b", "$(touch pwned)", "=1+1", "gold", "train", "test", "1", "0", "\n", ",", "10**5", "0x10", "１２"),
)


def csv_cell(data: bytes, rng: Rng) -> bytes:
    """One cell (or the name of a column) is another, a line is missing, doubled, or longer."""
    lines = [line.split(b",") for line in data.split(b"\n")]
    row = int(rng.integers(len(lines)))
    column = int(rng.integers(len(lines[row])))
    if (choice := rng.integers(6)) < 3:
        lines[row][column] = pick(rng, CELLS).encode()
    elif choice == 3:
        del lines[row][column]
    else:
        lines.insert(row, list(lines[row])) if choice == 4 else lines.pop(row)
    return b"\n".join(b",".join(line) for line in lines)


MUTATIONS: dict[str, tuple[Mutation, ...]] = {
    "tiff": (*ANYTHING, tiff_tag, tiff_tag, tiff_tag, tiff_tag),
    "png": (*ANYTHING, png_chunk, png_chunk, png_chunk),
    "zip": (*ANYTHING, zip_field, zip_field, zip_field),
    "members": (zip_members,),
    "csv": (*ANYTHING, csv_cell, csv_cell, csv_cell, csv_cell),
    "bytes": ANYTHING,
}


def mutated(data: bytes, kind: str, seed: int, index: int) -> bytes:
    """The mutation of this seed and number, the same on every machine: one to three steps."""
    rng = np.random.default_rng([seed, index])
    for _ in range(int(rng.integers(1, 4))):
        data = pick(rng, MUTATIONS[kind])(data, rng)
    return data
