"""Cells through time: tracks from links by hand, moving discs followed."""

import sys

import numpy as np
import pytest
from builders.images import moving_discs

from unetlib.tracking import linking as module
from unetlib.tracking.linking import (
    FrameCells,
    Scale,
    TrackError,
    cells_of_frame,
    link,
    motion,
    reach_px,
    tracks_of,
    typical_diameter_px,
)
from unetlib.tracking.settings import LinkSettings


def frame(*centroids):
    places = np.array(centroids, float).reshape(-1, 2)
    return FrameCells(np.arange(1, len(places) + 1), places, np.full(len(places), 30))


def test_a_frame_is_its_ids_centroids_and_areas():
    labels = np.zeros((8, 9), int)
    labels[1:3, 2:6], labels[7, 8] = 5, 900
    found = cells_of_frame(labels)
    assert found.ids.tolist() == [5, 900] and found.areas.tolist() == [8, 1]
    assert found.centroids.tolist() == [[1.5, 3.5], [7.0, 8.0]]
    assert len(cells_of_frame(labels * 0).ids) == 0


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
    row = motion(first, frames, Scale(0.5, 10.0))
    assert (row["distance_px"], row["displacement_px"], row["speed_px_per_frame"]) == (9.0, 3.0, 4.5)
    assert (row["distance_um"], row["displacement_um"]) == (4.5, 1.5)
    assert row["speed_um_per_min"] == pytest.approx(4.5 / 20)
    bare = motion(first, frames, Scale(None, 10.0))
    assert bare["distance_um"] is None and bare["speed_um_per_min"] is None
    alone = motion(tracks_of(frames, [])[-1], frames, Scale(0.5, 10.0))
    assert alone["distance_px"] == 0 and alone["speed_px_per_frame"] is None and alone["speed_um_per_min"] is None
    assert set(row) == set(module.COLUMNS)


def test_moving_discs_are_followed():
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    labels, numbers = moving_discs()
    frames = [cells_of_frame(plane) for plane in labels]
    tracks = link(frames, LinkSettings(max_distance_px=10, max_gap=1, divisions=False))
    assert len(tracks) == 16
    for found in tracks:
        cells = {numbers[time][int(frames[time].ids[index])] for time, index in found.cells}
        assert len(cells) == 1 and len(found.cells) == 6


def test_a_division_and_a_gap_are_found():
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    lone = [(50, 50), (51, 50), None, (52, 51), (53, 51)]
    mother = [(10, 10), (10, 11), None, None, None]
    daughters = [[], [], [(7, 11), (13, 11)], [(6, 11), (14, 11)], [(5, 11), (15, 11)]]
    far = [[(90, 90)], [(90, 91)], [(90, 92)], [(90, 93)], [(90, 94)]]
    frames = [frame(*[p for p in (a, b) if p], *c, *d) for a, b, c, d in zip(lone, mother, daughters, far, strict=True)]
    found = link(frames, LinkSettings(max_distance_px=8, max_gap=1, divisions=True))
    origins = sorted(t.origin for t in found)
    assert origins == ["appears", "appears", "appears", "division", "division", "gap"]
    assert {t.parent for t in found if t.origin == "division"} == {
        t.number for t in found if frames[0].centroids[t.cells[0][1]].tolist() == [10, 10] and t.cells[0][0] == 0
    }
    assert "division" not in {
        t.origin for t in link(frames, LinkSettings(max_distance_px=8, max_gap=1, divisions=False))
    }
    assert "gap" not in {t.origin for t in link(frames, LinkSettings(max_distance_px=8, max_gap=0, divisions=True))}


def test_no_cell_is_no_track_and_has_no_diameter():
    empty = [cells_of_frame(np.zeros((4, 5), int))] * 3
    assert reach_px(empty, LinkSettings()) is None and reach_px(empty, LinkSettings(max_distance_px=5)) == 5
    assert link(empty, LinkSettings(max_distance_px=5, max_gap=1, divisions=True)) == []
    with pytest.raises(TrackError, match="no cell in any frame"):
        typical_diameter_px(empty)


def test_without_laptrack_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "laptrack", None)
    with pytest.raises(TrackError, match=r"pip install laptrack"):
        link([frame((0, 0))] * 2, LinkSettings(max_distance_px=5, max_gap=1, divisions=True))
