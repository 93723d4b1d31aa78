"""Score tracks against the Cell Tracking Challenge's ground truth: TRA, DET and LNK (Matula et al. 2015).

Tracks are a graph: a node is a cell in a frame, an edge joins a cell to itself in the next frame or a mother to a
daughter. The scores count the operations that turn the predicted graph into the true one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.datasets.dataset import TRACK_COLUMNS, Dataset
from unetlib.datasets.frames import FrameRecord
from unetlib.evaluation.contingency import contingency, majority
from unetlib.evaluation.ctc_metrics import EXTRA_COST, MISS_COST, SPLIT_COST
from unetlib.io.files import FileError, read_csv
from unetlib.io.images import decode_image
from unetlib.tracking.sequences import TrackScores, masks_in

REDUNDANT_COST, ABSENT_COST, MEANING_COST = 1, 1.5, 1  # per edge: Matula et al. 2015, table 2
SCORES = ("tra", "det", "lnk")
Node = tuple[int, int]  # frame, id
Match = tuple[int, int]  # id in the truth, id in the result


class LineageError(ValueError):
    """Tracks contradict the frames that they belong to."""


@dataclass(frozen=True)
class Lineage:
    """Tracks (label, first frame, last frame, parent or 0) and the ids in each frame."""

    tracks: Sequence[tuple[int, int, int, int]]
    ids: Sequence[frozenset[int]]

    @property
    def divisions(self) -> int:
        """The number of tracks with two or more daughters; a single daughter is the same cell after a gap."""
        return sum(count > 1 for count in Counter(row[3] for row in self.tracks if row[3]).values())

    def edges(self) -> dict[tuple[Node, Node], bool]:
        """Return every edge, True if it joins a parent to a daughter; raise LineageError for a missing track."""
        found = {
            ((time, label), (time + 1, label)): False
            for time, (now, then) in enumerate(zip(self.ids, self.ids[1:], strict=False))
            for label in now & then
        }
        ends = {label: last for label, _, last, _ in self.tracks}
        for label, first, _, parent in self.tracks:
            if parent:
                pair = (ends.get(parent, -1), parent), (first, label)
                if any(not 0 <= time < len(self.ids) or name not in self.ids[time] for time, name in pair):
                    raise LineageError(f"track {label} begins in frame {first} after {parent}, but one is not there")
                found[pair] = True
        return found


def matches(markers: NDArray[Any], mask: NDArray[Any]) -> list[Match]:
    """Return, for each marker (H, W) of the truth, the id of the mask (H, W) that covers more than half of it."""
    table = contingency(markers, mask)
    rows, columns, _ = majority(table)
    truth, found = (np.unique(plane[plane > 0]) for plane in (markers, mask))
    return list(zip(truth[rows - 1].tolist(), found[columns - 1].tolist(), strict=True))


def score(truth: Lineage, found: Lineage, matched: Sequence[Sequence[Match]]) -> dict[str, float]:
    """Return the SCORES, 0 to 1, of predicted tracks; matched: the matches of each frame.

    TRA = 1 − min(AOGM, AOGM0) / AOGM0, where AOGM is the weighted sum of operations and AOGM0 what an empty result
    costs; DET counts only operations on nodes, LNK only those on edges. NaN if the truth has no nodes or no edges.
    Equal to py-ctcmetrics 1.3.3, which needs a table of all true by all found cells (tests/tracking).
    """
    splits = missed = extra = 0
    twin: dict[Node, Node] = {}  # predicted cell → the only true cell that it covers
    for time, (true, ours, pairs) in enumerate(zip(truth.ids, found.ids, matched, strict=True)):
        covers = Counter(name for _, name in pairs)  # how many true cells each predicted one covers
        splits += sum(covers.values()) - len(covers)
        missed += len(true) - len(pairs)
        extra += len(ours - covers.keys())
        twin |= {(time, name): (time, true_name) for true_name, name in pairs if covers[name] == 1}
    wanted = truth.edges()
    # An edge counts only if both its ends are cells that cover exactly one true cell.
    made = {(twin[a], twin[b]): kind for (a, b), kind in found.edges().items() if a in twin and b in twin}
    redundant = len(made.keys() - wanted.keys())
    absent = len(wanted.keys() - made.keys())
    wrong = sum(kind != wanted[edge] for edge, kind in made.items() if edge in wanted)
    nodes = SPLIT_COST * splits + MISS_COST * missed + EXTRA_COST * extra
    edges = REDUNDANT_COST * redundant + ABSENT_COST * absent + MEANING_COST * wrong
    no_nodes, no_edges = MISS_COST * sum(map(len, truth.ids)), ABSENT_COST * len(wanted)
    costs = ((nodes + edges, no_nodes + no_edges), (nodes, no_nodes), (edges, no_edges))
    values = [1 - min(cost, none) / none if none else float("nan") for cost, none in costs]
    return dict(zip(SCORES, values, strict=True))


def read_lines(path: Path) -> list[tuple[int, int, int, int]]:
    """Read the tracks of a res_track.txt or man_track.txt; a FileError names the faulty line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        fields = line.split()
        if len(fields) != 4 or not all(field.isdecimal() for field in fields):
            raise FileError(f"{path}, line {number}: expected label, begin, end, parent; remove it and run again")
        label, first, last, parent = map(int, fields)
        rows.append((label, first, last, parent))
    return rows


def true_lines(rows: Iterable[Mapping[str, str]], sequence: str, first_time: int) -> list[tuple[int, int, int, int]]:
    """Return the tracks of one sequence from a dataset's tracks.csv, with frames counted from its first one."""
    return [
        (int(row["label"]), int(row["begin"]) - first_time, int(row["end"]) - first_time, int(row["parent"]))
        for row in rows
        if row["sequence"] == sequence
    ]


def ids_of(plane: NDArray[Any]) -> frozenset[int]:
    """Return the ids of a label image (H, W)."""
    return frozenset(np.unique(plane[plane > 0]).tolist())


def truth_of(dataset: Dataset, frames: Sequence[FrameRecord]) -> Lineage | None:
    """Return the true tracks of a sequence, or None if a frame has no markers."""
    shown = []
    for frame in frames:
        markers = dataset.markers(frame.frame)
        if markers is None:
            return None
        shown.append(ids_of(markers))
    rows = read_csv(dataset.folder / "tracks.csv", TRACK_COLUMNS)
    return Lineage(true_lines(rows, frames[0].sequence, frames[0].time), shown)


def score_tracks(dataset: Dataset, frames: Sequence[FrameRecord], folder: Path) -> TrackScores:
    """Score the tracks in a folder written by `ctc_folder.track_planes`; every mask is read once, in order."""
    truth, shown, matched = truth_of(dataset, frames), [], []
    for frame, path in zip(frames, masks_in(folder), strict=True):
        mask = decode_image(path.read_bytes(), str(path)).labels()
        shown.append(ids_of(mask))
        markers = dataset.markers(frame.frame)
        matched.append([] if markers is None else matches(markers, mask))
    found = Lineage(read_lines(folder / "res_track.txt"), shown)
    scores = score(truth, found, matched) if truth else {}
    return {
        "sequence": frames[0].sequence,
        "frames": len(frames),
        "cells": sum(map(len, shown)),
        "tracks": len(found.tracks),
        "true_tracks": len(truth.tracks) if truth else None,
        "divisions": found.divisions,
        "true_divisions": truth.divisions if truth else None,
        "tra": scores.get("tra"),
        "det": scores.get("det"),
        "lnk": scores.get("lnk"),
    }
