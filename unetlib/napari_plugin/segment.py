"""Segment the planes of a layer and measure the cells, independently of the user interface."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.instances import label_plane
from unetlib.imaging.labels import LARGEST_ID
from unetlib.imaging.planes import check_finite
from unetlib.io.files import Row, write_csv
from unetlib.io.outputs import check_table
from unetlib.io.stacks import Stack
from unetlib.models.card import read_card
from unetlib.models.registry import Network
from unetlib.models.resemblance import Resemblance
from unetlib.networks.image_scale import ImageOptions, image_scale
from unetlib.networks.predict_page import page_buffers, predict_page
from unetlib.networks.prediction_options import prediction_settings
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork, load_network
from unetlib.tracking.label_files import place_of
from unetlib.tracking.measured_files import COLUMNS
from unetlib.tracking.measurements import measure


class Cancelled(Exception):
    """The user has cancelled the segmentation."""


@dataclass(frozen=True)
class Segmentation:
    """The instances of a layer: labels in the shape of the layer, the number of cells, and notes for the user."""

    labels: NDArray[Any]
    cells: int
    notes: tuple[str, ...] = ()


def try_segment_layer(
    stack: Stack, network: Network, *, rescale: bool, report: Callable[[float], None], cancel: Event
) -> Segmentation | str:
    """Return the result of `segment_layer`, or a one-line error message.

    It never raises an expected error, because an exception in a worker thread would end the Qt application.
    """
    try:
        return segment_layer(stack, network, rescale=rescale, report=report, cancel=cancel)
    except Cancelled:
        return "cancelled"
    except (ValueError, OSError, RuntimeError, MemoryError) as error:
        return (str(error).splitlines() or [type(error).__name__])[0]


def segment_layer(
    stack: Stack, network: Network, *, rescale: bool, report: Callable[[float], None], cancel: Event
) -> Segmentation:
    """Return the instances of all planes of a layer, the same as those of `unetlib predict`.

    report receives the progress, 0 … 1, after each tile. Raises Cancelled after the current tile once cancel is set.
    """
    trained = load_network(network.path, "auto")
    settings, _ = prediction_settings(network.path, trained)
    looks = Resemblance(read_card(network.shipped.folder)) if network.shipped else None

    def tile_done(planes: float) -> None:
        if cancel.is_set():
            raise Cancelled
        report(planes / len(stack))

    tile_done(0.0)
    found = segment(stack, trained, settings, rescale=rescale, tile_done=tile_done, looks=looks)
    if looks is None:
        return found
    return Segmentation(found.labels, found.cells, (*found.notes, *looks.notes(stack.path)))


def segment(
    stack: Stack,
    network: TrainedNetwork,
    settings: PredictionSettings,
    *,
    rescale: bool,
    tile_done: Callable[[float], None],
    looks: Resemblance | None = None,
) -> Segmentation:
    """Return the instances of all planes as uint16, or as uint32 if a plane has more than 65535.

    tile_done receives the number of planes done, including the finished fraction of the current one.
    """
    scale = image_scale(stack, ImageOptions(rescale=rescale), settings)
    shape, several = (stack.height, stack.width), network.model.planes

    def allocate(dtype: Any, sides: tuple[int, ...]) -> NDArray[Any]:
        return np.zeros(sides, dtype)

    buffers = page_buffers(stack.dtype, scale, settings.binning, allocate, planes=several)
    predicted = np.zeros((*several, *shape), np.float32)
    ids = np.zeros((len(stack), *shape), np.uint32)
    counts = []
    for page in range(len(stack)):

        def done(share: float, page: int = page) -> None:
            tile_done(page + share)

        plane = check_finite(stack.plane(page), stack.where(page))
        predict_page(network, plane, settings, buffers, predicted, done)
        counts.append(label_plane(predicted, ids[page], scale.instances(settings.instances)))
        if looks is not None:
            looks.see(plane, ids[page])
    labels = ids.astype(np.uint16) if max(counts) <= LARGEST_ID else ids
    return Segmentation(labels.reshape(*stack.lengths, *shape), sum(counts), scale.notes)


def measure_layer(labels: NDArray[Any], stack: Stack, path: Path, *, overwrite: bool = False) -> int:
    """Write the table of `unetlib measure` for labels of the shape of an image; return the number of its rows."""
    if labels.shape != (*stack.lengths, stack.height, stack.width):
        raise ValueError(f"{stack.path}: has another size than the labels; choose the image that they are of")
    check_table(path, COLUMNS, inputs=(), overwrite=overwrite)
    size = stack.calibration.pixel_size_um(str(stack.path))
    rows: list[Row] = []
    for page, ids in enumerate(labels.reshape(-1, stack.height, stack.width)):
        place = {"file": str(stack.path), "page": page, **place_of(stack, page)}
        rows += [place | row for row in measure(ids, stack.plane(page)[:, :], size)]
    write_csv(path, rows, COLUMNS)
    return len(rows)
