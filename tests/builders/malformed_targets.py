"""What reads bytes from outside: valid files for each reader, how it is called, and the errors it may raise."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from builders.downloaded_files import RECORD, answers, download, read_record
from builders.foreign_layouts import (
    archive_of,
    layouts,
    pngs,
    read_image,
    read_layout,
    read_tracks,
    read_zip,
    tiffs,
    zip64,
)
from builders.network_files import MODEL, Warned, network, predicted, read_model, read_predictions, resume
from builders.prepared_files import (
    SPLIT,
    Refused,
    in_cache,
    in_dataset,
    read_cached,
    read_frames,
    read_pixels,
    read_split,
    rewrite_journal,
)

from unetlib.datasets import splits
from unetlib.datasets.checks import DatasetError
from unetlib.io import files, images, predictions
from unetlib.io.archives import ArchiveError
from unetlib.io.fetch import FetchError
from unetlib.networks import trained_network

PREPARED = (images.ImageError, DatasetError, ArchiveError)


@dataclass(frozen=True)
class Target:
    """One reader: what is mutated and how, the call (folder of the case, hostile bytes), its family of errors."""

    what: str
    kind: str  # a key of malformed.MUTATIONS
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path, bytes], object]
    errors: tuple[type[Exception], ...]


def read_facts(folder: Path, data: bytes) -> None:
    (folder / "case.json").write_bytes(data)
    assert isinstance(files.read_json(folder / "case.json"), dict)


def some_facts() -> bytes:
    facts = {"settings": {"model": MODEL}, "seconds": 1.5, "roles": {"a": {"train": ["01-t000"]}}, "name": "é"}
    return json.dumps(facts, ensure_ascii=False, indent=1).encode()


def targets() -> dict[str, Target]:
    """Every reader, by name."""
    found = {
        "tiff": Target("images.decode, TIFF", "tiff", tiffs, read_image, (images.ImageError,)),
        "png": Target("images.decode, PNG", "png", pngs, read_image, (images.ImageError,)),
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
