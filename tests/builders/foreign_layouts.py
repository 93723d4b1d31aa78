"""Small valid images and archives in every foreign layout, and how each is read to the end."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from builders.archives import png, texture, tiff
from builders.malformed import png_chunks, png_of, zip_of

from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.io import images
from unetlib.io.archives import open_archive

MAX_BYTES = 1 << 24


def tiffs() -> list[bytes]:
    grey, stack, colour = texture(20, 30), texture(3, 12, 14), texture(12, 14, 3)
    packed = [tiff(grey, compression=name) for name in (None, "lzw", "zlib", "packbits", "zstd")]
    return [
        *packed,
        tiff(grey.astype(np.uint16), byteorder=">"),
        tiff(grey.astype(np.float32), predictor=True, compression="zlib"),
        tiff(stack, photometric="minisblack", metadata=None),
        tiff(stack, photometric="minisblack", bigtiff=True, compression="lzw"),
        tiff(stack, imagej=True),
        tiff(colour, photometric="rgb"),
        tiff(np.moveaxis(colour, -1, 0), photometric="rgb", planarconfig="separate"),
        tiff(texture(40, 50), tile=(16, 16), compression="zlib"),
        tiff(grey > 100),
    ]


def pngs() -> list[bytes]:
    shapes = [(20, 30), (20, 30, 3), (20, 30, 4), (9, 9, 2)]
    made = [png(texture(*shape, dtype=dtype)) for shape in shapes for dtype in (np.uint8, np.uint16)]
    palette = [(b"PLTE", bytes(range(240))), *png_chunks(made[0])[1:]]
    header = png_chunks(made[0])[0][1]
    return [*made, png_of([(b"IHDR", header[:9] + b"\3" + header[10:]), *palette])]


def read_image(folder: Path, data: bytes) -> None:
    images.decode_image(data, "case").grey()


def labelled() -> np.ndarray:
    labels = np.zeros((24, 28), np.uint16)
    labels[2:9, 3:11], labels[9:18, 5:12], labels[12:20, 16:25] = 1, 2, 7
    return labels


def layouts() -> dict[str, dict[str, bytes]]:
    """A small valid archive of each foreign format, by member."""
    labels = labelled()
    image = texture(*labels.shape)
    shown = tiff(image, compression="lzw")
    binary = np.where(labels > 0, 255, 0).astype(np.uint8)
    ctc = {f"PhC-X/{s}/t{t:03d}.tif": shown for s in ("01", "02") for t in range(2)}
    ctc |= {"PhC-X/01_GT/SEG/man_seg000.tif": tiff(np.where(labels == 1, labels, 0).astype(np.uint16))}
    ctc |= {"PhC-X/01_ST/SEG/man_seg000.tif": tiff(labels), "PhC-X/02_GT/SEG/man_seg001.tif": tiff(labels)}
    ctc |= {f"PhC-X/01_GT/TRA/man_track{t:03d}.tif": tiff(labels) for t in range(2)}
    ctc |= {"PhC-X/01_GT/TRA/man_track.txt": b"1 0 1 0\n2 0 1 0\n7 0 1 0\n"}
    isbi = {f"ISBI/{s}-volume.tif": tiff(texture(3, 24, 28), photometric="minisblack") for s in ("train", "test")}
    isbi |= {"ISBI/train-labels.tif": tiff(np.stack([binary] * 3), photometric="minisblack")}
    colour = png(np.dstack([image, image, image // 2, image * 0 + 255]))
    dsb = {f"stage1_train/{i}/images/{i}.png": colour for i in ("a1", "b2")}
    dsb |= {f"stage1_train/{i}/masks/{n}.png": png(np.uint8(255) * (labels == n)) for i in ("a1", "b2") for n in (1, 2)}
    pairs = {f"images/{n}.png": png(image) for n in ("a", "b")} | {f"labels/{n}.tif": tiff(labels) for n in ("a", "b")}
    return {"ctc": ctc, "isbi": isbi, "dsb": dsb, "pairs": pairs}


def archive_of(format: str) -> bytes:
    return zip_of([(name, data, 0) for name, data in layouts()[format].items()])


def zip64() -> bytes:
    """A zip whose members carry the 64-bit forms of size and offset."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in ("a.tif", "b.tif"):
            with target.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(b"some bytes" * 20)
    return stream.getvalue()


def read_zip(folder: Path, data: bytes) -> None:
    path = folder / "case.zip"
    path.write_bytes(data)
    with open_archive(path, max_bytes=MAX_BYTES, max_members=1000) as archive:
        for name in archive.names():
            archive.read(name)


def read_layout(format: str) -> Callable[[Path, bytes], None]:
    def prepare(folder: Path, data: bytes) -> None:
        path = folder / "case.zip"
        path.write_bytes(data)
        with open_archive(path, max_bytes=MAX_BYTES, max_members=1000) as archive:
            write_dataset(folder / "dataset", read(format, archive))
        read_everything(folder / "dataset")

    return prepare


def read_everything(folder: Path) -> None:
    dataset = Dataset(folder)
    for frame in dataset.frames:
        image = dataset.image(frame.frame)
        assert image.shape == (frame.height, frame.width)
        dataset.markers(frame.frame)
        if frame.annotation in ("gold", "partial"):
            dataset.truth(frame.frame)
        if frame.annotation != "none":
            dataset.training_truth(frame.frame)


def read_tracks(folder: Path, data: bytes) -> None:
    members = layouts()["ctc"] | {"PhC-X/01_GT/TRA/man_track.txt": data}
    read_layout("ctc")(folder, zip_of([(name, body, 0) for name, body in members.items()]))
