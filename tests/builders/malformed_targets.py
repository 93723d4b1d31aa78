"""What reads bytes from outside: valid files for each reader, how it is called, and the errors it may raise."""

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from builders.archives import png, texture, tiff
from builders.malformed import png_chunks, png_of, zip_of
from builders.malformed_server import RawServer, response

from unetlib.datasets import split_files, splits
from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.io import files, images, predictions
from unetlib.io.archives import ArchiveError, open_archive
from unetlib.io.download import DownloadLimits
from unetlib.io.fetch import FetchError, fetch
from unetlib.networks import trained_network
from unetlib.networks.run_record import RunRecord

MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class Target:
    """One reader: what is mutated and how, the call (folder of the case, hostile bytes), its family of errors."""

    what: str
    kind: str  # a key of hostile.MUTATIONS
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path, bytes], object]
    errors: tuple[type[Exception], ...]


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


def dataset_in(folder: Path) -> Path:
    """A valid dataset folder, made once per folder of cases."""
    if not (folder / "dataset").exists():
        box = folder / "box.zip"
        box.write_bytes(archive_of("ctc"))
        with open_archive(box, max_bytes=MAX_BYTES, max_members=1000) as archive:
            write_dataset(folder / "dataset", read("ctc", archive))
    return folder / "dataset"


@cache
def in_dataset(name: str) -> bytes:
    """The bytes of a file of a valid dataset."""
    with tempfile.TemporaryDirectory() as folder:
        return (dataset_in(Path(folder)) / name).read_bytes()


def read_frames(folder: Path, data: bytes) -> None:
    dataset = dataset_in(folder)
    (dataset / "frames.csv").write_bytes(data)
    read_everything(dataset)
    Dataset(dataset)
    write_small_cache(folder, [frame.frame for frame in Dataset(dataset).frames if frame.annotation != "none"])


def read_pixels(folder: Path, data: bytes) -> None:
    dataset = dataset_in(folder)
    for kind in ("images", "labels", "markers"):
        (dataset / kind / "01-t000.tif").write_bytes(data)
    (dataset / "frames.csv").write_bytes(in_dataset("frames.csv"))
    read_everything(dataset)


def write_small_cache(folder: Path, frames: list[str]) -> Path:
    from unetlib.training.cache import write_cache
    from unetlib.training.settings import AugmentationSettings, CacheSettings

    settings = CacheSettings(augmentation=AugmentationSettings(policy="none"))
    return write_cache(folder / "cache", Dataset(folder / "dataset"), frames, settings, seed=0, code="c")


def read_split(folder: Path, data: bytes) -> None:
    (folder / "fold0.csv").write_bytes(data)
    frames = split_files.frames_with_role(folder / "fold0.csv", "train")
    dataset = Dataset(dataset_in(folder))
    for frame in frames:
        dataset.image(frame)
    write_small_cache(folder, frames)


class Refused(Exception):
    """A CacheError or its like: importing that type would import torch, which costs seconds."""


def cache_index(folder: Path) -> Path:
    index = folder / "cache" / "index.csv"
    if not index.exists():
        dataset_in(folder)
        write_small_cache(folder, ["01-t000"])
    return index


def read_cached(name: str) -> Callable[[Path, bytes], None]:
    def look(folder: Path, data: bytes) -> None:
        from unetlib.training.cached_variants import CacheError, read_cache

        index = cache_index(folder)
        whole = (folder / "cache" / name).read_bytes()
        (folder / "cache" / name).write_bytes(data)
        try:
            for variants in read_cache(index):
                shapes = {getattr(variants, kind).shape for kind in ("image", "mask", "weight")}
                assert len(shapes) == 1, shapes
                float(variants.weight.astype(np.float32).sum())
        except (CacheError, DatasetError, files.FileError) as error:
            raise Refused(str(error)) from error.__cause__
        finally:
            (folder / "cache" / name).write_bytes(whole)

    return look


@cache
def in_cache(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return (cache_index(Path(folder)).parent / name).read_bytes()


def rewrite_journal(name: str) -> Callable[[Path, bytes], None]:
    """A cache whose notes were edited is finished all the same; with another journal, to the same index."""

    def again(folder: Path, data: bytes) -> None:
        index = cache_index(folder)
        (index.parent / name).write_bytes(data)
        index.unlink()
        write_small_cache(folder, ["01-t000"])
        assert name != "journal.json" or index.read_bytes() == in_cache("index.csv"), "another index"

    return again


def predicted() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("a/1", "a/2"):
            buffer = io.BytesIO()
            np.save(buffer, texture(20, 30))
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def read_predictions(folder: Path, data: bytes) -> None:
    path = folder / "case.npz"
    path.write_bytes(data)
    found = predictions.Predictions(path)
    for name in found:
        probability = found[name]
        assert probability.ndim == 2 and probability.dtype == np.float32


@cache
def network(kind: str) -> bytes:
    import torch

    from unetlib.networks.blocks import initialise
    from unetlib.networks.settings import ModelSettings
    from unetlib.networks.unet import UNet

    model = UNet(ModelSettings(**MODEL))
    initialise(model, torch.Generator().manual_seed(0))
    with tempfile.TemporaryDirectory() as folder:
        if kind == "model":
            trained_network.save_model(Path(folder) / "m", model.state_dict(), RunRecord(settings={"model": MODEL}))
        else:
            train_few(Path(folder) / "m")
        return (Path(folder) / "m").read_bytes()


MODEL = {
    "base_filters": 1,
    "depth": 2,
    "padding": "same",
    "skip": "concatenate",
    "norm": "none",
    "dropout": 0.0,
    "dropout_at": "bottom",
    "upsampling": "transpose",
}


def read_model(folder: Path, data: bytes) -> None:
    path = folder / "case.pt"
    path.write_bytes(data)
    record, weights = trained_network.read_model(path)
    assert record == RunRecord(settings={"model": MODEL}), "another record"
    assert {name: part.numpy().tobytes() for name, part in weights.items()} == saved(), "other weights"


@cache
def saved() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m").write_bytes(network("model"))
        return {
            name: part.numpy().tobytes() for name, part in trained_network.read_model(Path(folder) / "m")[1].items()
        }


def train_few(checkpoint: Path) -> tuple[bytes, list[Mapping]]:
    """The weights after four updates of a tiny network, going on from the checkpoint if that is one."""
    import torch

    from unetlib.networks.blocks import initialise
    from unetlib.networks.settings import ModelSettings
    from unetlib.networks.unet import UNet
    from unetlib.training.loop import train
    from unetlib.training.objective import Objective, ValidationScores
    from unetlib.training.settings import TrainingSettings

    model = UNet(ModelSettings(**MODEL))
    initialise(model, torch.Generator().manual_seed(0))
    x = torch.linspace(0, 1, 64).reshape(1, 1, 8, 8)
    settings = TrainingSettings(
        optimiser="adam",
        learning_rate=0.01,
        schedule="constant",
        warmup_updates=0,
        updates=4,
        evaluate_every=2,
        precision="float32",
    )
    objective = Objective(
        lambda i: (x + i, (x[:, 0] > 0.5).long(), x[:, 0]),
        lambda logits, target, weight: (logits[:, 0] * weight).square().mean(),
        lambda model: ValidationScores(float(next(iter(model.parameters())).sum().detach().sigmoid())),
    )
    said: list[Mapping] = []
    train(model, objective, settings, seed=0, device="cpu", checkpoint=checkpoint, report=said.append)
    return b"".join(part.numpy().tobytes() for part in model.state_dict().values()), said


def resume(folder: Path, data: bytes) -> None:
    """Whatever stands at the checkpoint, a training ends in the same bits."""
    path = folder / "checkpoint.pt"
    path.write_bytes(data)
    weights, said = train_few(path)
    assert weights == fresh(), "other weights"
    if any("warning" in row for row in said):
        raise Warned(next(row["warning"] for row in said if "warning" in row))


class Warned(Exception):
    """A checkpoint was reported and left aside."""


@cache
def fresh() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return train_few(Path(folder) / "none.pt")[0]


def read_record(folder: Path, data: bytes) -> None:
    (folder / "a.zip").write_bytes(b"archive")
    (folder / "a.zip.sha256").write_bytes(data)
    fetch("a.zip", folder / "a.zip", sha256=None)


ARCHIVE = bytes(range(256)) * 4


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


def read_facts(folder: Path, data: bytes) -> None:
    (folder / "case.json").write_bytes(data)
    assert isinstance(files.read_json(folder / "case.json"), dict)


def some_facts() -> bytes:
    facts = {"settings": {"model": MODEL}, "seconds": 1.5, "roles": {"a": {"train": ["01-t000"]}}, "name": "é"}
    return json.dumps(facts, ensure_ascii=False, indent=1).encode()


PREPARED = (images.ImageError, DatasetError, ArchiveError)
NOTE = "01-t000.row.json"  # of a frame in an unfinished cache
RECORD = f"{hashlib.sha256(b'archive').hexdigest()}  a.zip\n".encode()
SPLIT = b"frame,role\n01-t000,train\n01-t001,validation\n02-t001,test\n02-t000,unused\n"


def targets() -> dict[str, Target]:
    """Every reader, by name."""
    found = {
        "tiff": Target("images.decode_image, TIFF", "tiff", tiffs, read_image, (images.ImageError,)),
        "png": Target("images.decode_image, PNG", "png", pngs, read_image, (images.ImageError,)),
        "zip": Target(
            "open_archive and read", "zip", lambda: [archive_of("pairs"), zip64()], read_zip, (ArchiveError,)
        ),
    }
    for format in layouts():
        seeds = [archive_of(format)]
        found[format] = Target(
            f"read_{format}, write_dataset, Dataset", "members", lambda s=seeds: s, read_layout(format), PREPARED
        )
    found |= {
        "tracks": Target("man_track.txt", "csv", lambda: [b"1 0 1 0\n2 0 1 0\n7 0 1 0\n"], read_tracks, PREPARED),
        "frames.csv": Target(
            "Dataset, write_cache",
            "csv",
            lambda: [in_dataset("frames.csv")],
            read_frames,
            (DatasetError, files.FileError),
        ),
        "prepared": Target(
            "Dataset.image, .truth", "tiff", lambda: [in_dataset("labels/01-t000.tif")], read_pixels, (DatasetError,)
        ),
        "split": Target(
            "frames_with_role", "csv", lambda: [SPLIT], read_split, (splits.SplitError, DatasetError, files.FileError)
        ),
        "index.csv": Target("read_cache", "csv", lambda: [in_cache("index.csv")], read_cached("index.csv"), (Refused,)),
        "journal": Target(
            "write_cache", "bytes", lambda: [in_cache("journal.json")], rewrite_journal("journal.json"), ()
        ),
        "note": Target(
            "write_cache", "bytes", lambda: [in_cache("01-t000.row.json")], rewrite_journal("01-t000.row.json"), ()
        ),
        "predictions": Target(
            "Predictions", "zip", lambda: [predicted()], read_predictions, (predictions.PredictionError,)
        ),
        "model": Target("read_model", "zip", lambda: [network("model")], read_model, (trained_network.ModelFileError,)),
        "checkpoint": Target("train, resumed", "zip", lambda: [network("checkpoint")], resume, (Warned,)),
        "record": Target("fetch, recorded sha256", "bytes", lambda: [RECORD], read_record, (FetchError,)),
        "http": Target("fetch, the server's answer", "bytes", answers, download, (FetchError,)),
        "json": Target("files.read_json", "bytes", lambda: [some_facts()], read_facts, (files.FileError,)),
    }
    for name in ("image", "mask", "weight"):
        file = f"01-t000.{name}.npy"
        found[f"{name}.npy"] = Target(
            "read_cache", "bytes", lambda f=file: [in_cache(f)], read_cached(file), (Refused,)
        )
    return found


def read_tracks(folder: Path, data: bytes) -> None:
    members = layouts()["ctc"] | {"PhC-X/01_GT/TRA/man_track.txt": data}
    read_layout("ctc")(folder, zip_of([(name, body, 0) for name, body in members.items()]))


def zip64() -> bytes:
    """A zip whose members carry the 64-bit forms of size and offset."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in ("a.tif", "b.tif"):
            with target.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(b"some bytes" * 20)
    return stream.getvalue()
