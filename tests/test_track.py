"""Cells through time: tracks from links by hand, moving discs followed, the challenge's format, what is refused."""

import csv
import sys

import numpy as np
import pytest
import tifffile
from micrographs import write_stack

from unetlib import track as module
from unetlib.track import Frame, TrackError, frame_of, link, motion, track_files, tracks_of

DEFAULTS = {"max_distance_px": None, "max_gap": 1, "divisions": True, "interval_min": None, "pixel_size_um": None}


def frame(*centroids):
    places = np.array(centroids, float).reshape(-1, 2)
    return Frame(np.arange(1, len(places) + 1), places, np.full(len(places), 30))


def test_a_frame_is_its_ids_centroids_and_areas():
    labels = np.zeros((8, 9), int)
    labels[1:3, 2:6], labels[7, 8] = 5, 900
    found = frame_of(labels)
    assert found.ids.tolist() == [5, 900] and found.areas.tolist() == [8, 1]
    assert found.centroids.tolist() == [[1.5, 3.5], [7.0, 8.0]]
    assert len(frame_of(labels * 0).ids) == 0


def test_links_become_tracks():
    """Cell 0 divides after frame 1; cell 1 is missing in frame 2; frame 3 has a newcomer."""
    frames = [frame((0, 0), (9, 9)), frame((0, 0), (9, 9)), frame((0, 0), (1, 1)), frame((0, 0), (9, 9), (5, 5))]
    links = [((0, 0), (1, 0)), ((0, 1), (1, 1)), ((1, 0), (2, 0)), ((1, 0), (2, 1)), ((2, 0), (3, 0)), ((1, 1), (3, 1))]
    found = [(t.number, t.parent, t.origin, t.cells) for t in tracks_of(frames, links)]
    assert found == [
        (1, 0, "appears", ((0, 0), (1, 0))),
        (2, 0, "appears", ((0, 1), (1, 1))),
        (3, 1, "division", ((2, 0), (3, 0))),
        (4, 1, "division", ((2, 1),)),
        (5, 2, "gap", ((3, 1),)),
        (6, 0, "appears", ((3, 2),)),
    ]


def test_motion():
    frames = [frame((0, 0)), frame((3, 4)), frame((3, 0)), frame((9, 9))]
    (first, *_) = tracks_of(frames, [((0, 0), (1, 0)), ((1, 0), (2, 0))])
    row = motion(first, frames, 0.5, 10.0)
    assert (row["distance_px"], row["displacement_px"], row["speed_px_per_frame"]) == (9.0, 3.0, 4.5)
    assert (row["distance_um"], row["displacement_um"]) == (4.5, 1.5)
    assert row["speed_um_per_min"] == pytest.approx(4.5 / 20)
    bare = motion(first, frames, None, 10.0)
    assert bare["distance_um"] is None and bare["speed_um_per_min"] is None
    alone = motion(tracks_of(frames, [])[-1], frames, 0.5, 10.0)
    assert alone["distance_px"] == 0 and alone["speed_px_per_frame"] is None and alone["speed_um_per_min"] is None
    assert set(row) == set(module.COLUMNS)


def moving_discs(frames=6, seed=0):
    """Discs on a jittered grid that drift their own way; ids shuffled per frame; and the true number of each."""
    rng = np.random.default_rng(seed)
    starts = np.stack(np.mgrid[20:120:25, 20:120:25], -1).reshape(-1, 2) + rng.uniform(-2, 2, (16, 2))
    velocity = rng.uniform(-1.5, 1.5, (16, 2))
    rows, columns = np.mgrid[:130, :130]
    labels, numbers = np.zeros((frames, 130, 130), np.uint16), []
    for time in range(frames):
        order = rng.permutation(16)
        for new, cell in enumerate(order, start=1):
            row, column = starts[cell] + time * velocity[cell]
            labels[time][np.hypot(rows - row, columns - column) < 6] = new
        numbers.append(dict(zip(range(1, 17), order, strict=True)))
    return labels, numbers


def test_moving_discs_are_followed():
    pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    labels, numbers = moving_discs()
    frames = [frame_of(plane) for plane in labels]
    tracks = link(frames, max_distance_px=10, max_gap=1, divisions=False)
    assert len(tracks) == 16
    for found in tracks:
        cells = {numbers[time][int(frames[time].ids[index])] for time, index in found.cells}
        assert len(cells) == 1 and len(found.cells) == 6


def test_a_division_and_a_gap_are_found():
    pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    lone = [(50, 50), (51, 50), None, (52, 51), (53, 51)]
    mother = [(10, 10), (10, 11), None, None, None]
    daughters = [[], [], [(7, 11), (13, 11)], [(6, 11), (14, 11)], [(5, 11), (15, 11)]]
    far = [[(90, 90)], [(90, 91)], [(90, 92)], [(90, 93)], [(90, 94)]]
    frames = [frame(*[p for p in (a, b) if p], *c, *d) for a, b, c, d in zip(lone, mother, daughters, far, strict=True)]
    found = link(frames, max_distance_px=8, max_gap=1, divisions=True)
    origins = sorted(t.origin for t in found)
    assert origins == ["appears", "appears", "appears", "division", "division", "gap"]
    assert {t.parent for t in found if t.origin == "division"} == {
        t.number for t in found if frames[0].centroids[t.cells[0][1]].tolist() == [10, 10] and t.cells[0][0] == 0
    }
    assert "division" not in {t.origin for t in link(frames, max_distance_px=8, max_gap=1, divisions=False)}
    assert "gap" not in {t.origin for t in link(frames, max_distance_px=8, max_gap=0, divisions=True)}


def test_the_folder_is_in_the_challenges_format(tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is the optional dependency unetlib[track]")
    labels, _ = moving_discs()
    write_stack(tmp_path / "labels.tif", labels, "TYX", finterval=300)
    found = track_files([tmp_path / "labels.tif"], tmp_path / "out", **DEFAULTS)
    assert (found.frames, found.tracks, found.divisions) == (6, 16, 0)
    assert found.max_distance_px == pytest.approx(12, abs=0.5)  # the diameter of the discs
    lines = [[int(part) for part in line.split()] for line in (tmp_path / "out/res_track.txt").read_text().splitlines()]
    seen = {}
    for time in range(6):
        mask = tifffile.imread(tmp_path / f"out/mask{time:03d}.tif")
        assert mask.dtype == np.uint16
        np.testing.assert_array_equal(mask > 0, labels[time] > 0)
        for number in np.unique(mask[mask > 0]).tolist():
            seen.setdefault(number, []).append(time)
    assert {number: (times[0], times[-1]) for number, times in seen.items()} == {a: (b, c) for a, b, c, _ in lines}
    assert all(len(times) == times[-1] - times[0] + 1 for times in seen.values())
    with (tmp_path / "out/tracks.csv").open() as stream:
        table = list(csv.DictReader(stream))
    first = table[0]
    assert float(first["distance_um"]) == pytest.approx(0.65 * float(first["distance_px"]), rel=1e-6)
    assert float(first["speed_um_per_min"]) == pytest.approx(float(first["distance_um"]) / (5 * 5), rel=1e-6)
    before = sorted((path.name, path.read_bytes()) for path in (tmp_path / "out").iterdir())
    track_files([tmp_path / "labels.tif"], tmp_path / "out", **DEFAULTS)  # an earlier result is replaced, the same
    assert before == sorted((path.name, path.read_bytes()) for path in (tmp_path / "out").iterdir())


def test_refusals(tmp_path, monkeypatch):
    labels = np.zeros((2, 20, 30), np.uint16)
    empty = write_stack(tmp_path / "empty.tif", labels, "TYX")
    one = tmp_path / "one.tif"
    tifffile.imwrite(one, np.eye(20, 30, dtype=np.uint16))
    small = tmp_path / "small.tif"
    tifffile.imwrite(small, np.eye(9, dtype=np.uint16))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("precious")
    out = tmp_path / "out"
    for given, folder, message in (
        ([empty], out, "no cell in any frame"),
        ([one], out, "one.tif: has one frame"),
        ([one, small], out, "small.tif: frames of 20×30 and 9×9 px"),
        ([one, one], tmp_path / "mine", "holds thesis.txt, which is no result of tracking"),
        ([one, one], tmp_path, "holds the labels that were given"),
    ):
        with pytest.raises(TrackError, match=message):
            track_files(given, folder, **DEFAULTS)
    monkeypatch.setitem(sys.modules, "laptrack", None)
    with pytest.raises(TrackError, match=r"pip install 'unetlib\[track\]'"):
        track_files([one, one], out, **DEFAULTS)
    assert not out.exists() and (tmp_path / "mine/thesis.txt").read_text() == "precious"
