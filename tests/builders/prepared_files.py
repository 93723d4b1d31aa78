"""A small prepared dataset, its split and its cache: the bytes of their files, and how each file is read."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from builders.foreign_layouts import MAX_BYTES, archive_of, read_everything

from unetlib.datasets import split_files
from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import read
from unetlib.io import files
from unetlib.io.archives import open_archive

SPLIT = b"frame,role\n01-t000,train\n01-t001,validation\n02-t001,test\n02-t000,unused\n"
NOTE = "01-t000.row.json"  # of a frame in an unfinished cache


class Refused(Exception):
    """A CacheError or its like: importing that type would import torch, which costs seconds."""


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


def read_split(folder: Path, data: bytes) -> None:
    (folder / "fold0.csv").write_bytes(data)
    frames = split_files.frames_with_role(folder / "fold0.csv", "train")
    dataset = Dataset(dataset_in(folder))
    for frame in frames:
        dataset.image(frame)
    write_small_cache(folder, frames)


def write_small_cache(folder: Path, frames: list[str]) -> Path:
    from unetlib.training.cache import write_cache
    from unetlib.training.settings import AugmentationSettings, CacheSettings

    settings = CacheSettings(augmentation=AugmentationSettings(policy="none"))
    return write_cache(folder / "cache", Dataset(folder / "dataset"), frames, settings, seed=0, code="c")


def cache_index(folder: Path) -> Path:
    index = folder / "cache" / "index.csv"
    if not index.exists():
        dataset_in(folder)
        write_small_cache(folder, ["01-t000"])
    return index


@cache
def in_cache(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return (cache_index(Path(folder)).parent / name).read_bytes()


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


def rewrite_journal(name: str) -> Callable[[Path, bytes], None]:
    """A cache whose notes were edited is finished all the same; with another journal, to the same index."""

    def again(folder: Path, data: bytes) -> None:
        index = cache_index(folder)
        (index.parent / name).write_bytes(data)
        index.unlink()
        write_small_cache(folder, ["01-t000"])
        assert name != "journal.json" or index.read_bytes() == in_cache("index.csv"), "another index"

    return again
