"""Our dataset format on disk: one folder with images, instance labels, and a table of frames.

frames.csv           one row per frame: the fields of `FrameRecord` but the pixel size, which trains nothing
pixel_sizes.csv      frame, pixel_size_um
images/<frame>.tif   2-D grey, uint8, uint16 or float32 as recorded
labels/<frame>.tif   uint16 instance ids, 0 = background: gold truth, or silver where there is no gold
silver/<frame>.tif   uint16 instance ids: dense silver truth of a frame that also has gold truth
ignore/<frame>.tif   uint8, 1 = unknown; only where the gold truth is partial
markers/<frame>.tif  uint16 tracking markers, where the dataset has them
tracks.csv           sequence, label, begin, end, parent, where the dataset has them
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from unetlib.datasets.array_files import read_array, write_arrays
from unetlib.datasets.checks import DatasetError, check_frame_id, check_image, check_instances, check_same_size
from unetlib.datasets.duplicates import ImageIdentity, group_duplicates, identify
from unetlib.datasets.faults import Faults
from unetlib.datasets.frames import FrameRecord, marked, read_frames, write_frames
from unetlib.datasets.partial_annotation import DENSE_SHARE
from unetlib.datasets.settings import Lengths, Truth
from unetlib.imaging.binning import bin_image, bin_labels, bin_mask, check_binning
from unetlib.io.files import atomic_folder, write_csv

TRACK_COLUMNS = ("sequence", "label", "begin", "end", "parent")
# What stands in a dataset folder; one that holds anything else is never replaced.
FILES = r"(images|labels|silver|ignore|markers)/[^/]+\.tif|(frames|tracks|pixel_sizes|unused)\.csv|dataset\.json"


@dataclass(frozen=True)
class Sample:
    """One frame on its way into a dataset: facts, arrays of one size, and where it came from (for errors)."""

    frame: str
    sequence: str
    time: int
    group: str
    modality: str
    image: np.ndarray
    labels: np.ndarray | None = None
    silver: np.ndarray | None = None
    ignore: np.ndarray | None = None
    markers: np.ndarray | None = None
    pixel_size_um: float | None = None
    overlap_px: int = 0
    tracks: Sequence[Mapping[str, int | str]] = ()  # rows of tracks.csv that begin in this frame
    where: str = ""
    notes: tuple[str, ...] = ()  # what a user must be told of how the image was read


def check_sample(sample: Sample) -> Sample:
    """Return the sample with its arrays in stored dtypes; DatasetError when they do not fit each other."""
    where = sample.where or sample.frame
    check_frame_id(sample.frame, where)
    image = check_image(sample.image, where)
    arrays: dict[str, np.ndarray | None] = {"image": image}
    for kind, noun in (("labels", "label"), ("silver", "silver label"), ("markers", "marker image")):
        array = getattr(sample, kind)
        if array is None:
            continue
        check_same_size(image, array, where, noun)
        arrays[kind] = check_instances(array, where)
    if sample.ignore is not None:
        check_same_size(image, sample.ignore, where, "ignore mask")
        unknown = np.asarray(sample.ignore) != 0
        arrays["ignore"] = unknown.astype(np.uint8) if unknown.any() else None
    return replace(sample, **arrays)  # type: ignore[arg-type]


def frame_record(sample: Sample, binning: int = 1) -> FrameRecord:
    """Return the row of frames.csv that a checked sample stands for, in a dataset of this binning."""
    truth = sample.labels if sample.labels is not None else sample.silver
    if sample.labels is not None:
        annotation = "gold" if sample.ignore is None else "partial"
    else:
        annotation = "none" if sample.silver is None else "silver"
    shared = {f.name: getattr(sample, f.name) for f in fields(FrameRecord) if f.name not in _DERIVED}
    height, width = sample.image.shape
    instances = 0 if truth is None else int(np.count_nonzero(np.bincount(truth.ravel())[1:]))
    silver = int(sample.silver is not None)
    derived = {"height": height, "width": width, "instances": instances, "annotation": annotation, "silver": silver}
    return FrameRecord(**shared, **derived, binning=binning, sha256=_checksum(sample))


def _checksum(sample: Sample) -> str:
    digest = hashlib.sha256()
    for kind in ("image", "labels", "silver", "ignore", "markers"):
        array = getattr(sample, kind)
        if array is not None:
            digest.update(f"{kind} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


_DERIVED = {"height", "width", "instances", "annotation", "silver", "binning", "duplicate_of", "image_sha256", "sha256"}
_DERIVED |= {"training_truth", "px_per_length"}


def write_dataset(
    folder: Path | str,
    samples: Iterable[Sample],
    *,
    allow_empty: bool = True,
    near_duplicates: bool = True,
    binning: int = 1,
    training_truth: Truth = "silver",
    lengths: Lengths = "pixels",
) -> int:
    """Write the samples as a dataset folder, whole or not at all, and return how many frames it holds.

    Frames that show the same image are put into one group (`duplicates.find_duplicates`; without near_duplicates equal
    ones alone). Truth without an object is a negative, unless not allow_empty. binning: what networks see is averaged
    over so many pixels squared; what is written is not. training_truth, lengths: `DatasetSettings`. Equal samples give
    equal bytes. Raises DatasetError that names
    every bad sample and repeated frame id, or where there is no sample, or no object in any of them.
    """
    frames: dict[str, FrameRecord] = {}  # by id in lower case: on many systems A.tif and a.tif are one file
    identities: dict[str, ImageIdentity] = {}
    tracks: list[Mapping[str, int | str]] = []
    faults = Faults()
    check_binning(binning)
    with atomic_folder(folder, FILES, "part of a prepared dataset") as staging:
        with faults.collected():  # what the reader finds as it reads on
            for raw in samples:
                with faults.collected():
                    sample = check_sample(raw)
                    record = marked(frame_record(sample, binning), training_truth=training_truth, lengths=lengths)
                    _check_new(record, sample.where or sample.frame, frames, allow_empty)
                    frames[sample.frame.lower()] = record
                    identities[sample.frame] = identify(sample.image)
                    tracks.extend(sample.tracks)
                    write_arrays(staging, sample.frame, _arrays(sample))
        faults.check()
        _check_objects(folder, list(frames.values()))
        write_frames(staging, group_duplicates(list(frames.values()), identities, near=near_duplicates))
        if tracks:
            write_csv(staging / "tracks.csv", tracks, TRACK_COLUMNS)
    return len(frames)


def _check_new(record: FrameRecord, where: str, frames: Mapping[str, FrameRecord], allow_empty: bool) -> None:
    if record.frame.lower() in frames:
        raise DatasetError(f"{where}: frame id {record.frame} is taken by another frame; rename one of them")
    if not allow_empty and record.annotation != "none" and not record.instances:
        raise DatasetError(f"{where}: its label has no object; remove the frame or leave out allow_empty: false")


def _check_objects(folder: Path | str, frames: Sequence[FrameRecord]) -> None:
    if not frames:
        raise DatasetError(f"{folder}: there is no frame to write; check that the archive is the right one")
    annotated = [frame for frame in frames if frame.annotation != "none"]
    if annotated and not any(frame.instances for frame in annotated):
        raise DatasetError(
            f"{folder}: none of its {len(annotated)} labels has an object; "
            "check that the right files were taken for labels"
        )


def _arrays(sample: Sample) -> dict[str, np.ndarray | None]:
    beside_gold = sample.silver if sample.labels is not None else None
    truth = sample.labels if sample.labels is not None else sample.silver
    arrays = {"images": sample.image, "labels": truth, "silver": beside_gold}
    return arrays | {"ignore": sample.ignore, "markers": sample.markers}


class Dataset:
    """A dataset folder as `write_dataset` leaves it; arrays are read when asked for."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.frames = read_frames(self.folder)
        self._by_id = {frame.frame: frame for frame in self.frames}

    def frame(self, frame: str) -> FrameRecord:
        """Return the facts of one frame; DatasetError when the dataset has no such frame."""
        if frame not in self._by_id:
            raise DatasetError(f"{self.folder}: there is no frame {frame!r} in frames.csv")
        return self._by_id[frame]

    def image(self, frame: str) -> np.ndarray:
        """Return the (H, W) image as recorded: uint8, uint16 or float32."""
        return self._array("images", frame)

    def truth(self, frame: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the gold truth, for judging: (H, W) uint16 instance ids and (H, W) bool, True = unknown."""
        if (annotation := self.frame(frame).annotation) not in ("gold", "partial"):
            raise DatasetError(f"{self.folder}: frame {frame} has no gold truth ({annotation}); judge another frame")
        return self._labels("labels", frame, has_ignore=annotation == "partial")

    def dense_frames(self) -> set[str]:
        """Return the frames whose gold truth is complete, or leaves less than 1 − DENSE_SHARE of the pixels open."""
        known = {f.frame: 1.0 for f in self.frames if f.annotation == "gold"}
        partial = [f.frame for f in self.frames if f.annotation == "partial"]
        known |= {frame: float(1 - self.truth(frame)[1].mean()) for frame in partial}
        return {frame for frame, share in known.items() if share >= DENSE_SHARE}

    def training_truth(self, frame: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the truth to train on, in the form of `truth`: silver where it exists, else gold.

        Gold comes first where it is complete and the dataset was prepared so.
        """
        facts = self.frame(frame)
        if facts.annotation == "none":
            raise DatasetError(f"{self.folder}: frame {frame} has no annotation; train on another frame")
        if facts.silver and facts.training_truth == "silver":
            return self._labels("silver" if facts.annotation != "silver" else "labels", frame, has_ignore=False)
        return self._labels("labels", frame, has_ignore=facts.annotation == "partial")

    def silver(self, frame: str) -> np.ndarray | None:
        """Return the silver truth, (H, W) uint16, of a frame that has gold truth too; None for any other."""
        facts = self.frame(frame)
        both = facts.silver and facts.annotation in ("gold", "partial")
        return self._array("silver", frame) if both else None

    def seen(self, frame: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what a network is trained on: image, instance ids and unknown pixels, binned as frames.csv says."""
        factor = self.frame(frame).binning
        labels, ignore = self.training_truth(frame)
        return bin_image(self.image(frame), factor), bin_labels(labels, factor), bin_mask(ignore, factor)

    def length_scale(self, frame: str) -> float:
        """Return how many of the pixels that a network sees are a length of 1 in the settings; 0.5 binned by 2."""
        facts = self.frame(frame)
        return facts.px_per_length / facts.binning

    def markers(self, frame: str) -> np.ndarray | None:
        """Return the (H, W) uint16 tracking markers, or None where the dataset has none."""
        return self._array("markers", frame) if (self.folder / "markers" / f"{frame}.tif").exists() else None

    def _labels(self, kind: str, frame: str, *, has_ignore: bool) -> tuple[np.ndarray, np.ndarray]:
        labels = self._array(kind, frame)
        ignore = self._array("ignore", frame) != 0 if has_ignore else np.zeros(labels.shape, bool)
        return labels, ignore

    def _array(self, kind: str, frame: str) -> np.ndarray:
        facts = self.frame(frame)
        return read_array(self.folder, kind, frame, (facts.height, facts.width))
