"""Pictures of cells in time: what stands in them, in which unit, the same bytes each time, also of nothing."""

import matplotlib.text
import numpy as np
import pandas as pd
import pytest

from unetlib.report import figures, track_figures

IMAGE = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60)


def cells(scale=0.5):
    """Two cells in frames 5 to 7 and one that is cut by the edge, in frame 5 alone."""
    rows = [(1, t, 10 + t, 20, 100, 0) for t in (5, 6, 7)] + [(2, t, 30, 20 + t, 300, 0) for t in (5, 6, 7)]
    rows += [(3, 5, 0, 5, 9999, 1)]
    names = ["track", "time", "centroid_row_px", "centroid_column_px", "area_px", "touches_border"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(area_um2=table["area_px"] * scale**2 if scale else None)


def tracks(known=True):
    speeds = {"frames": [3, 3, 1], "speed_px_per_frame": [1.0, 2.0, None]}
    return pd.DataFrame(speeds | {"speed_um_per_min": [0.1, 0.2, None] if known else [None] * 3})


def words(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def test_true_paths_are_the_centres_of_the_markers():
    film = np.zeros((2, 8, 9), np.uint16)
    film[0, 1:4, 2:5] = 7
    film[1, 2:5, 3:6] = 7
    film[1, 6, 8] = 300
    assert track_figures.true_paths(film).to_numpy().tolist() == [[7, 0, 2, 3], [7, 1, 3, 4], [300, 1, 6, 8]]
    assert list(track_figures.true_paths(film * 0).columns) == track_figures.PATHS


def test_every_track_is_drawn_and_marked_by_whether_it_reached_the_last_frame():
    truth = track_figures.true_paths(np.eye(40, 60, dtype=np.uint16)[None])
    figure = track_figures.tracks_over(IMAGE, truth, track_figures.paths(cells()), last=7, pixel_size_um=0.5)
    assert {"true tracks (n = 1)", "tracks found (n = 3)", "5 µm"} <= set(words(figure))
    found = figure.axes[1]
    marks = [line for line in found.lines if line.get_marker() in "ox"]
    ends = [(line.get_marker(), *(float(values[0]) for values in line.get_data())) for line in marks]
    assert sorted(ends) == [("o", 20, 17), ("o", 27, 30), ("x", 5, 0)]
    drawn = [segment.tolist() for lines in found.collections for segment in lines.get_segments()]
    assert [[20, 15], [20, 16], [20, 17]] in drawn and len(drawn) == 3
    alone = track_figures.tracks_over(IMAGE, None, track_figures.paths(cells()), last=7, pixel_size_um=None)
    assert len(alone.axes) == 1


@pytest.mark.parametrize(("known", "units"), [(True, ("µm²", "µm/min")), (False, ("px", "px/frame"))])
def test_distributions_state_n_and_units_and_leave_out_what_is_cut(known, units):
    figure = track_figures.motion(cells(0.5 if known else None), tracks(known))
    found = words(figure)
    assert {f"area ({units[0]})", f"speed ({units[1]})"} <= set(found)
    area, speed = ("50 µm²", "0.15 µm/min") if known else ("200 px", "1.5 px/frame")
    assert f"n = 6 cells in all frames, median {area}" in found
    assert f"n = 2 tracks of 3 frames or more, median {speed}" in found
    assert sum(patch.get_height() for patch in figure.axes[0].patches) == 6


def test_equal_pictures_are_equal_bytes_and_nothing_can_be_drawn():
    def drawn(rows):
        yield track_figures.tracks_over(IMAGE, None, track_figures.paths(rows), last=7, pixel_size_um=0.5)
        yield track_figures.motion(rows, tracks().iloc[: len(rows)])

    for table in (cells(), cells().iloc[:0]):
        for form in ("svg", "png"):
            once, again = ([figures.figure_bytes(figure, form) for figure in drawn(table)] for _ in range(2))
            assert once == again and all(once)
