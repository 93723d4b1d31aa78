"""Figures of images: predictions beside the ground truth, weight maps, augmented variants.

Each function returns a matplotlib Figure for figures.save. Images are 2-D grey arrays, labels 2-D arrays of instance
ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from unetlib.report.figures import CYCLE, GREY, VERMILION, WIDTH_INCH, styled_figure

SKY, ORANGE, LIGHT, LILAC = "#56B4E9", "#E69F00", "#F2F2F2", "#B9A7D6"


@dataclass(frozen=True)
class Example:
    """One row of the example figure; its 2-D arrays have one shape, and truth and prediction are instance labels."""

    name: str
    image: np.ndarray
    truth: np.ndarray
    prediction: np.ndarray
    ignore: np.ndarray | None = None
    note: str = ""
    pixel_size_um: float | None = None


def qualitative(examples: Sequence[Example]) -> Figure:
    """Draw one row per example: image, outlines of the truth, outlines of the prediction, map of pixel errors."""
    heights = [(WIDTH_INCH - 0.6) / 4 * example.image.shape[0] / example.image.shape[1] for example in examples]
    with styled_figure(WIDTH_INCH, 0.5 + (sum(heights) or 1) + 0.07 * len(heights)) as figure:
        grid = figure.subplots(max(len(examples), 1), 4, squeeze=False, height_ratios=heights or None)
        for axis, title in zip(grid[0], ("image", "truth", "prediction", "errors"), strict=True):
            axis.set_title(title)
        for axes, example in zip(grid, examples, strict=False):
            grey = rescale_for_display(example.image)
            for axis in axes[:3]:
                axis.imshow(grey, cmap="gray", vmin=0, vmax=1)
            _outline(axes[1], example.truth, SKY)
            _outline(axes[2], example.prediction, ORANGE)
            axes[3].imshow(_errors(grey, example))
            axes[0].set_ylabel(f"{example.name}\n{example.note}" if example.note else example.name, fontsize=7)
            scale_bar(axes[0], example.image.shape[1], example.pixel_size_um)
        for axis in grid.flat:
            hide_axes(axis)
        legend = {"correct": LIGHT, "false positive": VERMILION, "missed": SKY, "unknown, not scored": LILAC}
        if all(example.ignore is None or not example.ignore.any() for example in examples):
            legend.pop("unknown, not scored")
        patches = [
            Patch(facecolor=colour, edgecolor=GREY, linewidth=0.4, label=name) for name, colour in legend.items()
        ]
        figure.legend(handles=patches, loc="outside lower right", ncols=4)
    return figure


def weight_map(
    image: np.ndarray, labels: np.ndarray, class_weight: np.ndarray, border_weight: np.ndarray, total: np.ndarray
) -> Figure:
    """Draw the image, its instances, and the class, border and total loss weights on one colour scale."""
    rows, columns = image.shape
    with styled_figure(WIDTH_INCH, 0.4 + (WIDTH_INCH - 0.6) / 5 * rows / columns) as figure:
        axes = figure.subplots(1, 5)
        axes[0].imshow(rescale_for_display(image), cmap="gray", vmin=0, vmax=1)
        axes[1].imshow(_coloured(labels))
        top = float(np.nanmax([np.max(total), np.max(class_weight), np.max(border_weight), 1e-9]))
        for axis, weight in zip(axes[2:], (class_weight, border_weight, total), strict=True):
            drawn = axis.imshow(weight, cmap="magma", norm=PowerNorm(0.5, vmin=0, vmax=top))
        titles = ("image", "instances", "class weight", "border weight", "total weight")
        for axis, title in zip(axes, titles, strict=True):
            axis.set_title(title)
            hide_axes(axis)
        ticks = np.unique([0, 1, np.floor(top / 2), np.floor(top)])
        bar = figure.colorbar(drawn, ax=list(axes), pad=0.01, aspect=15, ticks=ticks)
        bar.set_label("loss weight")
        bar.outline.set_linewidth(0.4)
    return figure


def augmentation_gallery(
    original: tuple[np.ndarray, np.ndarray], variants: Sequence[tuple[np.ndarray, np.ndarray]], *, columns: int = 4
) -> Figure:
    """Draw a training image and its augmented variants with outlines of the labels; each is an (image, labels) pair."""
    pairs = [original, *variants]
    columns = min(columns, len(pairs))
    count = -(-len(pairs) // columns)
    side = WIDTH_INCH / columns
    with styled_figure(WIDTH_INCH, count * (side * original[0].shape[0] / original[0].shape[1] + 0.25)) as figure:
        grid = figure.subplots(count, columns, squeeze=False)
        for place, axis in enumerate(grid.flat):
            hide_axes(axis)
            if place >= len(pairs):
                axis.set_visible(False)
                continue
            image, labels = pairs[place]
            axis.imshow(rescale_for_display(image), cmap="gray", vmin=0, vmax=1)
            _outline(axis, labels, ORANGE, width=0.7)
            axis.set_title(f"variant {place}" if place else "original", fontweight="normal" if place else "bold")
    return figure


def hide_axes(axis: Axes) -> None:
    """Remove the ticks and the frame of an axis."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def rescale_for_display(image: np.ndarray) -> np.ndarray:
    """Return the image as float32, with its 0.5th to 99.5th percentile stretched to 0 … 1."""
    low, high = np.percentile(image, (0.5, 99.5))
    return np.clip((image.astype(np.float32) - low) / max(float(high - low), 1e-9), 0, 1)


def _errors(grey: np.ndarray, example: Example) -> np.ndarray:
    """Return the error map as RGB: dimmed background, and one colour each for TP, FP, FN and ignored pixels."""
    truth, prediction = example.truth > 0, example.prediction > 0
    colours = np.repeat(0.5 * grey[..., None], 3, axis=2)
    for where, colour in (
        (truth & prediction, LIGHT),
        (prediction & ~truth, VERMILION),
        (truth & ~prediction, SKY),
        (np.zeros_like(truth) if example.ignore is None else example.ignore.astype(bool), LILAC),
    ):
        colours[where] = to_rgb(colour)
    return colours


def _coloured(labels: np.ndarray) -> np.ndarray:
    """Return the labels as RGB: black background, different colours for consecutive ids."""
    palette = np.array([to_rgb(colour) for colour in CYCLE[1:]])
    colours = palette[labels.astype(int) % len(palette)]
    colours[labels == 0] = 0
    return colours


def _outline(axis: Axes, labels: np.ndarray, colour: str, *, width: float = 0.9) -> None:
    """Draw the edges between pixels of different labels as one vector path in pixel coordinates."""
    points = np.concatenate([_edges(labels), _edges(labels.T)[:, :, ::-1]]).reshape(-1, 2) - 0.5
    codes = np.tile([Path.MOVETO, Path.LINETO], len(points) // 2)
    axis.add_patch(
        PathPatch(Path(points, codes), edgecolor=colour, facecolor="none", linewidth=width, capstyle="round")
    )


def _edges(labels: np.ndarray) -> np.ndarray:
    """Return the vertical edges between different labels as an array (n, 2, 2): (column, row) of both ends.

    Edges of consecutive rows are merged into one line, which keeps the vector path small.
    """
    changed = np.pad(np.diff(labels.astype(np.int64), axis=1) != 0, ((1, 1), (0, 0))).astype(np.int8)
    # Along a column boundary, +1 is the first row of a line and −1 the row after its last. The transpose makes argwhere
    # list both in the same order, so the n-th start belongs to the n-th end.
    steps = np.diff(changed, axis=0).T
    first, last = np.argwhere(steps == 1), np.argwhere(steps == -1)
    return np.stack([first, last], axis=1) + np.array([1, 0])


def scale_bar(axis: Axes, columns: int, pixel_size_um: float | None) -> None:
    """Draw a scale bar of a round length of at most a quarter of the width, in pixels if the pixel size is unknown."""
    unit = pixel_size_um or 1.0
    target = columns * unit / 4
    power = 10.0 ** np.floor(np.log10(target))
    length = power * max(step for step in (1, 2, 5) if step * power <= target)
    text = f"{length:g} px" if not pixel_size_um else f"{length:g} µm" if length >= 1 else f"{1000 * length:g} nm"
    left, right = 0.05, 0.05 + length / unit / columns
    style = [withStroke(linewidth=1.5, foreground="black")]
    axis.plot([left, right], [0.06, 0.06], color="white", linewidth=2, transform=axis.transAxes, path_effects=style)
    axis.text(left, 0.09, text, color="white", fontsize=6, transform=axis.transAxes, path_effects=style)
