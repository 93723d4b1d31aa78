"""Figures of tracked cells: tracks over the last frame, and distributions of areas and speeds."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.report.figures import BLUE, CYCLE, VERMILION, WIDTH_INCH, styled_figure
from unetlib.report.image_panels import hide_axes, rescale_for_display, scale_bar

PATHS = ["track", "time", "row_px", "column_px"]
BRIGHT = CYCLE[1:]  # black is invisible on a dark image
LEAST_FRAMES = 3  # shorter tracks give no reliable speed


def true_paths(markers: Iterable[NDArray[Any]]) -> pd.DataFrame:
    """Return the centroids of the markers (H, W) of consecutive frames as a table of PATHS, with time from 0."""
    rows: list[tuple[float, ...]] = []
    for time, plane in enumerate(markers):
        ids = np.unique(plane[plane > 0])
        centres = ndimage.center_of_mass(plane > 0, plane, ids) if len(ids) else []
        rows += [(name, time, *centre) for name, centre in zip(ids.tolist(), centres, strict=True)]
    return pd.DataFrame(rows, columns=PATHS)


def paths(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the positions of the cells of a sequence (the table of rule measure) as a table of PATHS."""
    return cells.rename(columns={"centroid_row_px": "row_px", "centroid_column_px": "column_px"})[PATHS]


def tracks_over(
    image: NDArray[Any], truth: pd.DataFrame | None, found: pd.DataFrame, *, last: int, pixel_size_um: float | None
) -> Figure:
    """Draw the true tracks, if any, and the predicted tracks over an image (H, W), the frame at time `last`.

    truth, found: tables of PATHS.
    """
    panels = [("true tracks", truth)] * (truth is not None) + [("tracks found", found)]
    width = WIDTH_INCH if len(panels) == 2 else 0.55 * WIDTH_INCH
    with styled_figure(width, 0.55 + width / len(panels) * image.shape[0] / image.shape[1]) as figure:
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axis, (title, shown) in zip(axes, panels, strict=True):
            # vmax above 1 dims the image, so that the tracks stand out.
            axis.imshow(rescale_for_display(image), cmap="gray", vmin=0, vmax=1.3)
            if shown is not None:
                _paths(axis, shown, last)
                axis.set_title(f"{title} (n = {shown['track'].nunique()})")
            axis.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
            scale_bar(axis, image.shape[1], pixel_size_um)
            hide_axes(axis)
        marks = (("in the last frame", "o"), ("ended earlier", "x"))
        handles = [Line2D([], [], color="#444444", marker=mark, linewidth=1, label=name) for name, mark in marks]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _paths(axis: Axes, shown: pd.DataFrame, last: int) -> None:
    outline = [withStroke(linewidth=1.9, foreground="black")]
    lines: dict[str, list[NDArray[Any]]] = {colour: [] for colour in BRIGHT}
    for place, (_, rows) in enumerate(shown.sort_values("time").groupby("track")):
        colour = BRIGHT[place % len(BRIGHT)]
        line = rows[["column_px", "row_px"]].to_numpy(dtype=float)
        lines[colour].append(line)
        mark, size = ("o", 3.5) if rows["time"].iloc[-1] == last else ("x", 2.8)
        axis.plot(*line[-1], mark, color=colour, markersize=size, path_effects=outline, zorder=3)
    for colour, drawn in lines.items():
        axis.add_collection(LineCollection(drawn, colors=colour, linewidths=0.9, path_effects=outline))


def motion(cells: pd.DataFrame, tracks: pd.DataFrame) -> Figure:
    """Draw the distributions of cell areas and speeds, in µm and minutes if the scale is known.

    cells: the table of rule measure; cells cut by the image edge are excluded. tracks: tracks.csv; only tracks of at
    least LEAST_FRAMES frames are used.
    """
    whole = cells[cells["touches_border"] == 0]
    long = tracks[tracks["frames"] >= LEAST_FRAMES]
    area, area_unit = _first(whole, [("area_um2", "µm²"), ("area_px", "px")])
    speeds = [("speed_um_per_min", "µm/min"), ("speed_px_per_frame", "px/frame")]
    speed, speed_unit = _first(long, speeds)
    with styled_figure(WIDTH_INCH, 2.1) as figure:
        axes = figure.subplots(1, 2)
        _histogram(axes[0], area, "area", area_unit, "cells in all frames")
        _histogram(axes[1], speed, "speed", speed_unit, f"tracks of {LEAST_FRAMES} frames or more")
    return figure


def _first(rows: pd.DataFrame, choices: Sequence[tuple[str, str]]) -> tuple[NDArray[np.float64], str]:
    """Return the values and unit of the first column that has values."""
    found = [(rows[name].dropna().to_numpy(dtype=float), unit) for name, unit in choices]
    return next((pair for pair in found if len(pair[0])), found[-1])


def _histogram(axis: Axes, values: NDArray[np.float64], quantity: str, unit: str, counted: str) -> None:
    axis.set(xlabel=f"{quantity} ({unit})", ylabel=f"number of {counted.partition(' ')[0]}")
    title = f"n = {len(values)} {counted}"
    if len(values):
        middle = float(np.median(values))
        title += f", median {middle:,.0f} {unit}" if middle >= 100 else f", median {middle:.2g} {unit}"
        bins = min(30, max(5, int(np.sqrt(len(values)))))
        axis.hist(values, bins=bins, range=(0, float(values.max()) or 1.0), color=BLUE, alpha=0.85)
        axis.axvline(middle, color=VERMILION, linewidth=1.4)
        axis.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    else:
        axis.set(xticks=[], yticks=[])
    axis.set_title(title, loc="left")
