"""Test sequences: whole, in order, beside their truth; a perfect result scores one and an edited one does not."""

import numpy as np
import pytest

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.datasets.readers import read
from unetlib.datasets.splits import SplitError
from unetlib.datasets.synthetic.archive_writer import write_archive
from unetlib.datasets.synthetic.phase_contrast import phase_contrast
from unetlib.io.archives import open_archive
from unetlib.tracking.ctc_folder import track_planes
from unetlib.tracking.ctc_scores import score_tracks, truth_of
from unetlib.tracking.linking import Scale
from unetlib.tracking.sequences import masks_in, sequence_frames
from unetlib.tracking.settings import LinkSettings

HOW = (LinkSettings(), Scale())
SIZE = {"frames": 10, "height": 120, "width": 140, "cells": 5, "divisions": 1}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phase")
    write_archive(folder / "phase.zip", "phase", seed=1, **SIZE)
    with open_archive(folder / "phase.zip", max_bytes=10**9, max_members=10**4) as archive:
        write_dataset(folder / "data", read("ctc", archive))
    return Dataset(folder / "data")


def test_a_film_is_the_whole_sequence_of_the_tested_frames(dataset):
    found = sequence_frames(dataset.frames[::-1], ["02-t003"])
    assert [frame.frame for frame in found] == [f"02-t{time:03d}" for time in range(10)]
    with pytest.raises(SplitError, match=r"2 sequences \(01, 02\); split by sequence"):
        sequence_frames(dataset.frames, ["02-t003", "01-t003"])
    with pytest.raises(SplitError, match="frame 02-t006 follows 02-t004"):
        sequence_frames([frame for frame in dataset.frames if frame.frame != "02-t005"], ["02-t003"])


def test_the_truth_is_that_of_the_sequence(dataset):
    frames = sequence_frames(dataset.frames, ["02-t003"])
    truth = truth_of(dataset, frames)
    movie = phase_contrast(102, **SIZE)
    assert sorted(truth.tracks) == [(t.label, t.begin, t.end, t.parent) for t in movie.tracks]
    assert truth.ids == [frozenset(np.unique(plane[plane > 0]).tolist()) for plane in movie.labels]
    assert truth.divisions == 1


def test_true_labels_are_followed_to_a_score_of_one_and_a_lost_cell_costs(dataset, tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    frames = sequence_frames(dataset.frames, ["02-t003"])
    labels = phase_contrast(102, **SIZE).labels
    track_planes(lambda: labels, tmp_path / "all", *HOW, where="x")
    found = score_tracks(dataset, frames, tmp_path / "all")
    truth = truth_of(dataset, frames)
    cells = sum(map(len, truth.ids))
    assert found == {
        **{"sequence": "02", "frames": 10, "cells": cells, "tracks": len(truth.tracks), "divisions": 1},
        **{"true_tracks": len(truth.tracks), "true_divisions": 1, "tra": 1.0, "det": 1.0, "lnk": 1.0},
    }
    last = int(labels[-1].max())
    track_planes(lambda: (np.where(plane == last, 0, plane) for plane in labels), tmp_path / "lost", *HOW, where="x")
    lost = score_tracks(dataset, frames, tmp_path / "lost")
    gone = sum(last in ids for ids in truth.ids)
    assert lost["cells"] == cells - gone and lost["det"] == pytest.approx(1 - gone / cells) and lost["tra"] < 1


def test_without_markers_there_is_a_film_and_no_score(dataset, tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    samples = read_without_markers(dataset)
    write_dataset(tmp_path / "data", samples)
    bare = Dataset(tmp_path / "data")
    frames = sequence_frames(bare.frames, ["02-t003"])
    track_planes(lambda: phase_contrast(102, **SIZE).labels, tmp_path / "out", *HOW, where="x")
    found = score_tracks(bare, frames, tmp_path / "out")
    assert found["tra"] is None and found["true_tracks"] is None and found["tracks"] > 0


def read_without_markers(dataset):
    for frame in dataset.frames:
        facts = {name: getattr(frame, name) for name in ("sequence", "time", "group", "modality")}
        labels, _ = dataset.training_truth(frame.frame)
        yield Sample(frame.frame, **facts, image=dataset.image(frame.frame), labels=labels)


def test_masks_are_in_the_order_of_time(tmp_path):
    for name in ("mask1000.tif", "mask999.tif", "mask000.tif"):
        (tmp_path / name).touch()
    assert [path.name for path in masks_in(tmp_path)] == ["mask000.tif", "mask999.tif", "mask1000.tif"]
