"""Read Cell Tracking Challenge data: <sequence>/tNNN.tif with gold and silver segmentation, markers and tracks."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from unetlib.datasets.checks import LABEL_FIRST, DatasetError, instances_or_mask
from unetlib.datasets.dataset import Sample, check_sample
from unetlib.datasets.faults import Faults
from unetlib.datasets.partial_annotation import unknown_region
from unetlib.io.archives import Archive
from unetlib.io.axes import Choice, ImageError
from unetlib.io.images import decode_image

MEMBER = re.compile(
    r"(?P<root>(?:.*/)?)(?P<sequence>\d\d)"
    r"(?:/t|(?P<kind>_GT/SEG|_ST/SEG|_GT/TRA)/(?:man_seg|man_track))(?P<number>\d{3,})\.tif"
)
KINDS = {None: "image", "_GT/SEG": "labels", "_ST/SEG": "silver", "_GT/TRA": "markers"}
MODALITIES = {"PhC": "phase-contrast", "DIC": "dic", "Fluo": "fluorescence", "BF": "brightfield"}
Row = Mapping[str, int | str]


def read_ctc(
    archive: Archive,
    *,
    pixel_size_um: float | None = None,
    modality: str | None = None,
    masks: bool = False,
    channel: int | None = None,
) -> Iterator[Sample]:
    """Yield one sample per frame, by sequence and time; the dataset's folder may be anywhere in the archive.

    Gold truth is read from _GT/SEG, silver truth from _ST/SEG; with `masks`, each component of these is an object.
    Markers and tracks are read from _GT/TRA. Frames without truth are kept. In gold frames, cells that have a marker
    but no segmentation become ignored pixels (`partial_annotation.unknown_region`). The modality follows from the
    dataset's name (PhC-, DIC-, Fluo-, BF-) unless given. Raises ImageError or DatasetError that names every bad file.
    """
    root, frames = _frames(archive)
    faults = Faults()
    name = root.rstrip("/").rsplit("/", 1)[-1] or str(getattr(archive, "path", ""))
    modality = modality or MODALITIES.get(re.split(r"[-_]", name.rsplit("/", 1)[-1])[0], "unknown")
    for sequence in sorted({sequence for sequence, _ in frames}):
        tracks: list[Row] = []
        with faults.collected():
            tracks = _tracks(archive, root, sequence, frames)
        for (own, time), files in sorted(frames.items()):
            if own != sequence:
                continue
            begins = [row for row in tracks if row["begin"] == time]
            with faults.collected():
                yield _sample(archive, sequence, time, files, begins, (modality, pixel_size_um, masks, channel))
    faults.check()


def _frames(archive: Archive) -> tuple[str, dict[tuple[str, int], dict[str, str]]]:
    """Return the dataset's folder in the archive, and for each sequence and time the frame's files by kind."""
    frames: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    roots = set()
    for name in archive.names():
        if match := MEMBER.fullmatch(name):
            frames[match["sequence"], int(match["number"])][KINDS[match["kind"]]] = name
            roots.add(match["root"])
    if not frames:
        raise ImageError(
            f"no 01/t000.tif or the like among {len(archive.names())} files; is this a Cell Tracking Challenge archive?"
        )
    if len(roots) > 1:
        raise ImageError(f"found several datasets ({', '.join(sorted(roots))}); give an archive with one")
    for (sequence, time), files in sorted(frames.items()):
        if "image" not in files:
            known = next(iter(files.values()))
            raise ImageError(f"{known}: its image {sequence}/t{time:03d}.tif is missing; fetch the archive again")
    return roots.pop(), frames


def _sample(
    archive: Archive,
    sequence: str,
    time: int,
    files: Mapping[str, str],
    tracks: list[Row],
    facts: tuple[str, float | None, bool, int | None],
) -> Sample:
    modality, pixel_size_um, masks, channel = facts
    arrays = {kind: _labels(archive, name, kind, masks) for kind, name in files.items() if kind != "image"}
    picture = decode_image(archive.read(files["image"]), files["image"], Choice(channel=channel))
    sample = check_sample(
        Sample(
            frame=f"{sequence}-t{time:03d}",
            sequence=sequence,
            time=time,
            group=sequence,
            modality=modality,
            image=picture.grey(),
            labels=arrays.get("labels"),
            silver=arrays.get("silver"),
            markers=arrays.get("markers"),
            pixel_size_um=pixel_size_um,
            tracks=tracks,
            where=files["image"],
            notes=picture.notes,
        )
    )
    if sample.labels is None or sample.markers is None:
        return sample
    if sample.markers.any() and not sample.labels.any():  # not a negative: there are cells, but none is segmented
        raise DatasetError(
            f"{files['labels']}: has no object, but {files['markers']} has cells; remove the former, or draw them"
        )
    unknown = unknown_region(sample.labels, sample.markers, sample.silver)
    return replace(sample, ignore=unknown.astype(np.uint8) if unknown.any() else None)


def _labels(archive: Archive, name: str, kind: str, masks: bool) -> np.ndarray:
    """Return the ids in a file; tracking markers cannot be masks, because their ids identify tracks."""
    values = decode_image(archive.read(name), name).labels()
    if kind == "markers":
        return instances_or_mask(values, name, remedies=f"{LABEL_FIRST}, that of its track")
    return instances_or_mask(values, name, masks=masks)


def _tracks(
    archive: Archive, root: str, sequence: str, frames: Mapping[tuple[str, int], Mapping[str, str]]
) -> list[Row]:
    """Return the rows of man_track.txt (label, begin, end, parent); [] if the sequence has no markers."""
    name = f"{root}{sequence}_GT/TRA/man_track.txt"
    if name not in archive.names():
        if any(own == sequence and "markers" in files for (own, _), files in frames.items()):
            raise ImageError(f"{name} is missing beside its man_track images; fetch the archive again")
        return []
    rows: list[Row] = []
    for number, line in enumerate(archive.read(name).decode("utf-8", "replace").split("\n"), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 4 or not all(re.fullmatch(r"[0-9]{1,9}", field) for field in fields):
            raise ImageError(
                f"{name}, line {number}: expected label, begin, end and parent, found {line.strip()[:200]!r}"
            )
        label, begin, end, parent = map(int, fields)
        if (sequence, begin) not in frames or end < begin:
            raise ImageError(f"{name}, line {number}: track {label} runs from frame {begin} to {end}, which cannot be")
        rows.append({"sequence": sequence, "label": label, "begin": begin, "end": end, "parent": parent})
    return rows
