"""Curves show every step once, where its networks really were, with its interval."""

import matplotlib
import pytest
from builders.tables import SIZE_COMPARISON

from unetlib.report import figures, size_curves
from unetlib.study.sweeps import SWEEPS

STEPS = {"train-1": 1, "train-4": 4, "train-16": 16, "reference": None}
FRAMES = {("train-1", "cells"): 1.0, ("train-4", "cells"): 4.0, ("train-16", "cells"): 9.0, ("reference", "cells"): 9.0}
DRAWN = {"datasets": ["cells", "nuclei"], "labels": {"iou": "IoU"}, "name": "training-size", "full": "reference"}


def test_points_stand_at_the_frames_that_trained_and_equal_steps_are_one():
    found = size_curves.curve_points(SIZE_COMPARISON, STEPS, FRAMES)
    assert found[["experiment", "level"]].to_numpy().tolist() == [["train-1", 1], ["train-4", 4], ["reference", 9]]


def test_without_frames_the_level_is_the_setting():
    found = size_curves.curve_points(SIZE_COMPARISON, {"reference": 64, "modern": 8})
    assert found[["experiment", "level"]].to_numpy().tolist() == [["modern", 8], ["reference", 64]]


@pytest.mark.parametrize(
    "change", [{"train_dataset": "all"}, {"primary": False}], ids=["a joint network", "another metric"]
)
def test_what_is_no_primary_metric_of_a_network_of_its_own_is_no_point(change):
    assert size_curves.curve_points(SIZE_COMPARISON.assign(**change), STEPS, FRAMES).empty


def test_the_drawing_has_a_dot_per_point_an_interval_where_there_is_one_and_counts():
    figure = size_curves.curve(
        size_curves.curve_points(SIZE_COMPARISON, {**STEPS, "train-16": 16, "reference": 32}), **DRAWN
    )
    (axis,) = [axis for axis in figure.axes if axis.get_visible()]
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert [list(dot.get_xdata()) for dot in dots] == [[1, 4, 16], [32]]
    assert [dot.get_color() for dot in dots] == [figures.BLUE, figures.VERMILION]
    (bars,) = axis.collections
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [[0.4, 0.6], [0.6, 0.75], [0.7, 0.85]]
    assert axis.get_xlabel() == "training images (n = 12 scores)" and axis.get_ylabel() == "IoU"


def test_equal_curves_are_equal_bytes_and_nothing_can_be_drawn():
    made = [size_curves.curve(size_curves.curve_points(SIZE_COMPARISON, STEPS, FRAMES), **DRAWN) for _ in "ab"]
    assert figures.figure_bytes(made[0], "svg") == figures.figure_bytes(made[1], "svg")
    empty = size_curves.curve(size_curves.curve_points(SIZE_COMPARISON[:0], STEPS), **DRAWN)
    assert not [text for text in empty.findobj(matplotlib.text.Text) if text.get_text() == "cells"]
    assert figures.figure_bytes(empty, "png")[:4] == b"\x89PNG"


def test_every_curve_has_an_axis_and_a_caption():
    from unetlib.report.page import CHARTS, PICTURES

    assert set(SWEEPS) == set(size_curves.AXES) == set(size_curves.AXES) & set(PICTURES) & CHARTS
