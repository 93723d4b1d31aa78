"""Figures show the numbers they were given, are the same bytes each time, and stand what may be missing."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from builders.figures import ABLATION, FIGURES, HISTORY, IMAGE, LABELS, TRANSFER
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from unetlib.report import figures, image_panels


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


@pytest.mark.parametrize("name", FIGURES)
def test_equal_figures_are_equal_bytes(name: str, tmp_path: Path) -> None:
    for copy in ("a", "b"):
        figures.save(FIGURES[name](), tmp_path / f"{copy}.png", tmp_path / f"{copy}.svg")
    for form in ("png", "svg"):
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()
    svg = (tmp_path / "a.svg").read_text()
    assert "<dc:date>" not in svg
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); from builders.figures import FIGURES\n"
        "from unetlib.report import figures\n"
        "print(hashlib.sha256(figures.figure_bytes(FIGURES['forest'](), 'svg')).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parents[1])], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(figures.figure_bytes(FIGURES["forest"](), "svg")).hexdigest()


def test_no_global_state_is_left_behind() -> None:
    before = dict(matplotlib.rcParams)
    figures.figure_bytes(FIGURES["transfer"](), "png")
    assert dict(matplotlib.rcParams) == before


def test_heat_map_states_scores_and_foreground() -> None:
    shown = texts(FIGURES["transfer"]())
    assert "0.90 [0.88, 0.92]\n20 / 20 %" in shown
    assert "0.20\n95 / 30 %" in shown


def test_forest_states_effect_and_runs() -> None:
    shown = texts(FIGURES["forest"]())
    assert "−0.100, 3 runs, p < 0.001" in shown
    assert "+0.020, 3 runs, p 0.400" in shown
    assert "+0.000, 1 run" in shown.splitlines()
    assert "cells (IoU)" in shown


def test_forest_draws_each_run_as_a_dot() -> None:
    runs = pd.DataFrame(
        {
            "test_dataset": "cells",
            "experiment": "modern",
            "train_dataset": "cells",
            "metric": "iou",
            "value": [0.0, 0.04],
        }
    )
    figure = figures.ablation_forest(ABLATION, labels={}, runs=runs)
    dots = [line.get_xdata() for line in figure.axes[0].lines if line.get_marker() == "."]
    assert sorted(len(data) for data in dots) == [0, 2]


def test_forest_fills_clear_effects_and_marks_intervals_that_go_on() -> None:
    wide = ABLATION.assign(high=[0.0, 0.9, np.nan])
    lines = figures.ablation_forest(wide, labels={}).axes[0].lines
    dots = {float(line.get_xdata()[0]): line.get_markerfacecolor() for line in lines if line.get_marker() == "o"}
    assert dots == {-0.1: figures.BLUE, 0.02: "white"}
    arrows = {line.get_marker(): float(line.get_xdata()[0]) for line in lines if line.get_marker() in ("<", ">")}
    assert arrows == {"<": pytest.approx(-1.25 * 0.12), ">": pytest.approx(1.25 * 0.12)}


def test_forest_without_a_comparison_says_so() -> None:
    figure = figures.ablation_forest(ABLATION[:0], labels={})
    assert not figure.axes and "nothing to compare" in figure.texts[0].get_text()


def test_mean_curve_ends_where_the_first_run_ends() -> None:
    history = HISTORY[(HISTORY["seed"] == 0) | (HISTORY["update"] < 30)]
    figure = figures.learning_curves(history, experiments=["reference"])
    mean = figure.axes[0].lines[-1]
    assert list(mean.get_xdata()) == [10, 20]
    assert list(mean.get_ydata()) == pytest.approx([0.1, 0.05])


def test_a_single_evaluation_is_a_point() -> None:
    one, several = HISTORY[HISTORY["update"] == HISTORY["update"].min()], HISTORY
    marks = [
        figures.learning_curves(each, experiments=["reference"]).axes[0].lines[-1].get_marker()
        for each in (one, several)
    ]
    assert marks == [".", "None"]


def naive_edges(labels: np.ndarray) -> set[tuple[tuple[float, float], tuple[float, float]]]:
    """Every unit edge between unlike pixels, one by one."""
    edges = set()
    for row in range(labels.shape[0]):
        for column in range(labels.shape[1]):
            if column + 1 < labels.shape[1] and labels[row, column] != labels[row, column + 1]:
                edges.add(((column + 0.5, row - 0.5), (column + 0.5, row + 0.5)))
            if row + 1 < labels.shape[0] and labels[row, column] != labels[row + 1, column]:
                edges.add(((column - 0.5, row + 0.5), (column + 0.5, row + 0.5)))
    return edges


@pytest.mark.parametrize("seed", range(3))
def test_outlines_run_between_unlike_pixels(seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 3, (5, 7))
    axis = Figure().subplots()
    image_panels._outline(axis, labels, "red")
    (patch,) = axis.findobj(PathPatch)
    ends = np.asarray(patch.get_path().vertices).reshape(-1, 2, 2)
    drawn = []
    for (column0, row0), (column1, row1) in ends:
        steps = int(abs(column1 - column0) + abs(row1 - row0))
        drawn += [
            (
                (column0 + k * (column1 > column0), row0 + k * (row1 > row0)),
                (column0 + (k + 1) * (column1 > column0), row0 + (k + 1) * (row1 > row0)),
            )
            for k in range(steps)
        ]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == naive_edges(labels)


def test_error_map_colours() -> None:
    truth, prediction = np.array([[1, 1, 0, 0, 1]]), np.array([[1, 0, 2, 0, 0]])
    ignore = np.array([[0, 0, 0, 0, 1]])
    shown = image_panels._errors(np.ones((1, 5)), image_panels.Example("x", truth, truth, prediction, ignore))
    expected = [image_panels.LIGHT, image_panels.SKY, figures.VERMILION, (0.5, 0.5, 0.5), image_panels.LILAC]
    assert shown[0].tolist() == [pytest.approx(matplotlib.colors.to_rgb(colour)) for colour in expected]


@pytest.mark.parametrize(
    ("columns", "pixel_size_um", "text"),
    [(696, 0.65, "100 µm"), (512, 0.004, "500 nm"), (512, None, "100 px"), (512, 0.19, "20 µm")],
)
def test_scale_bar_is_a_round_length(columns: int, pixel_size_um: float | None, text: str) -> None:
    image = np.zeros((8, columns))
    figure = image_panels.qualitative([image_panels.Example("x", image, image, image, pixel_size_um=pixel_size_um)])
    assert text in texts(figure)
    (bar,) = figure.axes[0].lines
    length = bar.get_xdata()[1] - bar.get_xdata()[0]
    number, unit = text.split()
    px = float(number) / {"µm": pixel_size_um or 1, "nm": 1000 * (pixel_size_um or 1), "px": 1}[unit]
    assert length * columns == pytest.approx(px)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: figures.learning_curves(HISTORY[:0], experiments=["reference"]),
        lambda: figures.learning_curves(HISTORY, experiments=[]),
        lambda: figures.ablation_forest(ABLATION[:0], labels={}),
        lambda: figures.transfer_heatmap(TRANSFER, experiment="absent"),
        lambda: image_panels.qualitative([]),
        lambda: image_panels.qualitative([image_panels.Example("x", IMAGE * 0, LABELS * 0, LABELS * 0)]),
        lambda: image_panels.weight_map(IMAGE, LABELS * 0, LABELS * 0.0, LABELS * 0.0, LABELS * 0.0),
        lambda: image_panels.augmentation_gallery((IMAGE, LABELS), []),
    ],
)
def test_little_or_nothing_to_draw_is_still_a_figure(figure: Callable[[], Figure]) -> None:
    assert figures.figure_bytes(figure(), "png")[:4] == b"\x89PNG"


def test_no_two_of_49_experiments_have_the_same_line() -> None:
    assert len({figures.line(place) for place in range(49)}) == 49
    assert all(figures.line(place)[i] != figures.line(place + 1)[i] for place in range(48) for i in (0, 1))
