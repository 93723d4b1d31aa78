"""Our dataset format on disk: one folder with images, instance labels, and a table of frames.

frames.csv           one row per frame: the fields of `FrameRecord` without the pixel size, which training ignores
pixel_sizes.csv      frame, pixel_size_um
images/<frame>.tif   2-D grey, uint8, uint16 or float32 as recorded
labels/<frame>.tif   uint16 instance ids, 0 = background: gold truth, or silver if there is no gold
silver/<frame>.tif   uint16 instance ids: dense silver truth of a frame that also has gold truth
ignore/<frame>.tif   uint8, 1 = unknown; only if the gold truth is partial
markers/<frame>.tif  uint16 tracking markers, if the dataset has them
tracks.csv           sequence, label, begin, end, parent, if the dataset has them
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
# The files of a dataset folder; a folder with any other file is never replaced.
FILES = r"(images|labels|silver|ignore|markers)/[^/]+\.tif|(frames|tracks|pixel_sizes|unused)\.csv|dataset\.json"


@dataclass(frozen=True)
class Sample:
    """One frame to be written to a dataset: its metadata, arrays of the same size, and its source (for errors)."""

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
    tracks: Sequence[Mapping[str, int | str]] = ()  # rows of tracks.csv for the tracks that begin in this frame
    where: str = ""
    notes: tuple[str, ...] = ()  # messages for the user about how the image was read


def check_sample(sample: Sample) -> Sample:
    """Return the sample with its arrays in their stored dtypes; DatasetError if they do not fit each other."""
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
    """Return the row of frames.csv for a checked sample, in a dataset with the given binning."""
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
    """Write the samples as a dataset folder, completely or not at all, and return its number of frames.

    Frames that show the same image are put into one group (`duplicates.find_duplicates`; only identical images unless
    near_duplicates). Truth without an object makes the frame a negative, or is an error unless allow_empty. binning
    is recorded for training, images are written at full size. training_truth, lengths: see `DatasetSettings`. Equal
    samples give equal bytes. Raises DatasetError naming every bad sample and repeated frame id, or if there is no
    sample, or no object in any sample.
    """
    frames: dict[str, FrameRecord] = {}  # by id in lower case: on many systems A.tif and a.tif are the same file
    identities: dict[str, ImageIdentity] = {}
    tracks: list[Mapping[str, int | str]] = []
    faults = Faults()
    check_binning(binning)
    with atomic_folder(folder, FILES, "part of a prepared dataset") as staging:
        with faults.collected():  # faults that the reader raises at its end
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
    """A dataset folder written by `write_dataset`; arrays are read on access."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.frames = read_frames(self.folder)
        self._by_id = {frame.frame: frame for frame in self.frames}

    def frame(self, frame: str) -> FrameRecord:
        """Return the record of a frame; DatasetError if the dataset has no such frame."""
        if frame not in self._by_id:
            raise DatasetError(f"{self.folder}: there is no frame {frame!r} in frames.csv")
        return self._by_id[frame]

    def image(self, frame: str) -> np.ndarray:
        """Return the (H, W) image as recorded: uint8, uint16 or float32."""
        return self._array("images", frame)

    def truth(self, frame: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the gold truth, for evaluation: (H, W) uint16 instance ids and (H, W) bool, True = unknown."""
        if (annotation := self.frame(frame).annotation) not in ("gold", "partial"):
            raise DatasetError(f"{self.folder}: frame {frame} has no gold truth ({annotation}); judge another frame")
        return self._labels("labels", frame, has_ignore=annotation == "partial")

    def dense_frames(self) -> set[str]:
        """Return the frames whose gold truth covers all pixels, or at least DENSE_SHARE of them."""
        known = {f.frame: 1.0 for f in self.frames if f.annotation == "gold"}
        partial = [f.frame for f in self.frames if f.annotation == "partial"]
        known |= {frame: float(1 - self.truth(frame)[1].mean()) for frame in partial}
        return {frame for frame, share in known.items() if share >= DENSE_SHARE}

    def training_truth(self, frame: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the truth to train on, in the form of `truth`: silver if it exists, else gold.

        With training_truth "gold", complete gold truth takes precedence.
        """
        facts = self.frame(frame)
        if facts.annotation == "none":
            raise DatasetError(f"{self.folder}: frame {frame} has no annotation; train on another frame")
        if facts.silver and facts.training_truth == "silver":
            return self._labels("silver" if facts.annotation != "silver" else "labels", frame, has_ignore=False)
        return self._labels("labels", frame, has_ignore=facts.annotation == "partial")

    def best_truth(self, frame: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the truth that judges best, in the form of `truth`: gold, even if partial, else that of training."""
        is_gold = self.frame(frame).annotation in ("gold", "partial")
        return self.truth(frame) if is_gold else self.training_truth(frame)

    def silver(self, frame: str) -> np.ndarray | None:
        """Return the silver truth, (H, W) uint16, of a frame that also has gold truth; None for other frames."""
        facts = self.frame(frame)
        both = facts.silver and facts.annotation in ("gold", "partial")
        return self._array("silver", frame) if both else None

    def seen(self, frame: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the image, the instance ids and the unknown pixels as training uses them, with the frame's binning."""
        factor = self.frame(frame).binning
        labels, ignore = self.training_truth(frame)
        return bin_image(self.image(frame), factor), bin_labels(labels, factor), bin_mask(ignore, factor)

    def length_scale(self, frame: str) -> float:
        """Return the number of binned pixels per unit of length in the settings: 0.5 for pixels binned by 2."""
        facts = self.frame(frame)
        return facts.px_per_length / facts.binning

    def markers(self, frame: str) -> np.ndarray | None:
        """Return the (H, W) uint16 tracking markers, or None if the dataset has none."""
        return self._array("markers", frame) if (self.folder / "markers" / f"{frame}.tif").exists() else None

    def _labels(self, kind: str, frame: str, *, has_ignore: bool) -> tuple[np.ndarray, np.ndarray]:
        labels = self._array(kind, frame)
        ignore = self._array("ignore", frame) != 0 if has_ignore else np.zeros(labels.shape, bool)
        return labels, ignore

    def _array(self, kind: str, frame: str) -> np.ndarray:
        facts = self.frame(frame)
        return read_array(self.folder, kind, frame, (facts.height, facts.width))
