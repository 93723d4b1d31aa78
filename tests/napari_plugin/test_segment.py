"""Layers of napari without napari: planes, pixel sizes, the cells and the table of the commands."""

import csv
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import tifffile
from builders.images import spots, write_stack
from builders.shipped import ship_a_network

from unetlib import cli
from unetlib.io.outputs import OutputError
from unetlib.models.registry import find_network
from unetlib.napari_plugin.layers import LayerError, stack_of
from unetlib.napari_plugin.segment import Cancelled, measure_layer, segment_layer, try_segment_layer


@dataclass
class Layer:
    """What `napari.layers.Image` has."""

    data: Any
    name: str = "a"
    rgb: bool = False
    multiscale: bool = False
    scale: Any = (0.65, 0.65)
    units: Any = ("micrometer", "micrometer")
    axis_labels: Any = ("-2", "-1")

    def __post_init__(self):
        count = np.ndim(self.data[0] if self.multiscale else self.data) - self.rgb
        for name, filler in (("scale", 1.0), ("units", "pixel"), ("axis_labels", "t")):
            own = tuple(getattr(self, name))
            setattr(self, name, (filler,) * (count - len(own)) + own)


@pytest.fixture
def network(tmp_path):
    ship_a_network(tmp_path / "shipped", "discs")
    return find_network("discs", tmp_path / "shipped")


def segmented(layer, network, rescale=False):
    return segment_layer(stack_of(layer), network, rescale=rescale, report=lambda share: None, cancel=Event())


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("rescale", [False, True])
def test_cells_are_those_of_the_command(tmp_path, network, count, rescale):
    stack = spots(count, 70, 80)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack, imagej=True, resolution=(2, 2), metadata={"axes": "TYX", "unit": "um"})
    wish = ["predict", network.path, path, "-o", tmp_path / "out", "-q", *["--rescale"] * rescale]
    assert cli.main([str(part) for part in wish]) == 0
    data = stack if count > 1 else stack[0]
    found = segmented(Layer(data, scale=(0.5, 0.5)), network, rescale)
    np.testing.assert_array_equal(found.labels, tifffile.imread(tmp_path / "out/a_labels.tif"))
    assert found.labels.dtype == np.uint16 and found.cells > 5


def test_the_table_is_that_of_the_command(tmp_path, network):
    stack = spots(3, 70, 80)
    path = write_stack(tmp_path / "a.tif", stack, "TYX")
    found = segmented(Layer(stack), network)
    labels = write_stack(tmp_path / "a_labels.tif", found.labels, "TYX")
    given = ["measure", labels, "--intensity", path, "-o", tmp_path / "command.csv"]
    assert cli.main([str(part) for part in given]) == 0
    assert measure_layer(found.labels, stack_of(Layer(stack)), tmp_path / "plugin.csv") == found.cells
    tables = []
    for name in ("command", "plugin"):
        with (tmp_path / f"{name}.csv").open() as stream:
            tables.append([{k: v for k, v in row.items() if k != "file"} for row in csv.DictReader(stream)])
    assert len(tables[0]) == found.cells
    for ours, theirs in zip(*tables, strict=True):
        for name, value in theirs.items():
            assert ours[name] == value or float(ours[name]) == pytest.approx(float(value), rel=1e-4), name


def test_a_table_takes_the_place_of_another_table_alone(tmp_path, network):
    image = spots(70, 80)
    labels = (image > 90).astype(np.uint16)
    (tmp_path / "letter.csv").write_text("dear diary")
    with pytest.raises(OutputError, match="is not a table of unetlib"):
        measure_layer(labels, stack_of(Layer(image)), tmp_path / "letter.csv", overwrite=True)
    for _ in range(2):
        assert measure_layer(labels, stack_of(Layer(image)), tmp_path / "cells.csv", overwrite=True) == 1
    with pytest.raises(ValueError, match="another size than the labels"):
        measure_layer(labels[1:], stack_of(Layer(image)), tmp_path / "cells.csv", overwrite=True)


def test_progress_rises_to_one_and_cancelling_ends_it(network):
    said, cancel = [], Event()
    stack = stack_of(Layer(spots(3, 70, 80)))
    segment_layer(stack, network, rescale=False, report=said.append, cancel=cancel)
    assert said == sorted(said) and said[0] == 0 and said[-1] == 1 and len(said) == 1 + 3 * 8

    def stop(share):
        said.append(share)
        if share > 0.4:
            cancel.set()

    said.clear()
    with pytest.raises(Cancelled):
        segment_layer(stack, network, rescale=False, report=stop, cancel=cancel)
    assert 0.4 < said[-1] < 0.5
    assert try_segment_layer(stack, network, rescale=False, report=stop, cancel=cancel) == "cancelled"


def test_what_goes_wrong_is_one_line(tmp_path):
    (tmp_path / "broken.pt").write_bytes(b"no network")
    stack, cancel = stack_of(Layer(spots(70, 80))), Event()
    network = find_network(str(tmp_path / "broken.pt"))
    found = try_segment_layer(stack, network, rescale=False, report=print, cancel=cancel)
    assert isinstance(found, str) and "broken.pt: not a readable model file" in found and "\n" not in found


def test_what_looks_different_is_said(network):
    found = segmented(Layer(255 - spots(70, 80), name="inverted"), network)
    assert any("inverted: its objects look dark" in note for note in found.notes)


def test_colour_and_lazy_and_multiscale_layers_are_read_as_the_command_reads_them(network):
    image = spots(70, 80)
    plain = segmented(Layer(image), network).labels
    colour = np.stack([image, image, image, np.full_like(image, 255)], axis=-1)
    np.testing.assert_array_equal(segmented(Layer(colour, rgb=True), network).labels, plain)
    np.testing.assert_array_equal(segmented(Layer([image, image[::2, ::2]], multiscale=True), network).labels, plain)


@pytest.mark.parametrize(
    ("shape", "labels", "axes", "lengths"),
    [
        ((20, 30), ("y", "x"), "", ()),
        ((4, 20, 30), ("t", "y", "x"), "T", (4,)),
        ((4, 20, 30), ("z", "y", "x"), "Z", (4,)),
        ((2, 4, 20, 30), ("t", "z", "y", "x"), "TZ", (2, 4)),
    ],
)
def test_axes_before_rows_and_columns_are_frames_or_z_planes(shape, labels, axes, lengths):
    data = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    stack = stack_of(Layer(data, axis_labels=labels))
    assert (stack.axes, stack.lengths, stack.height, stack.width) == (axes, lengths, 20, 30)
    planes = data.reshape(-1, 20, 30)
    for page in range(len(stack)):
        np.testing.assert_array_equal(stack.plane(page)[:, :], planes[page])


@pytest.mark.parametrize(
    ("scale", "units", "size"),
    [
        ((0.65, 0.65), ("micrometer", "micrometer"), (0.65, 0.65)),
        ((650, 650), ("nanometer", "nanometer"), (0.65, 0.65)),
        ((0.5, 0.25), ("pixel", "pixel"), (0.5, 0.25)),
        ((1, 1), ("pixel", "pixel"), (None, None)),
        ((1, 1), ("micrometer", "micrometer"), (1, 1)),
        ((3, 3), ("second", "second"), (None, None)),
    ],
)
def test_the_size_of_a_pixel_is_the_scale_in_its_unit(scale, units, size):
    calibration = stack_of(Layer(np.zeros((5, 6)), scale=scale, units=units)).calibration
    found = (calibration.row_um, calibration.column_um)
    assert found == size if None in size else found == pytest.approx(size)


@pytest.mark.parametrize("data", [np.zeros(5), np.zeros((2, 2, 2, 5, 5)), np.zeros((4, 0)), np.zeros((4, 4), complex)])
def test_a_layer_without_planes_is_refused_by_its_name(data):
    with pytest.raises(LayerError, match=r"movie: (has \d axes|its values are)"):
        stack_of(Layer(data, name="movie"))


def test_napari_finds_the_panel_by_its_manifest():
    import yaml

    root = Path(__file__).parents[2]
    manifest = yaml.safe_load((root / "unetlib/napari_plugin/napari.yaml").read_text())
    (command,) = manifest["contributions"]["commands"]
    module, _, name = command["python_name"].partition(":")
    assert f"class {name}(" in (root / f"{module.replace('.', '/')}.py").read_text()
    assert [each["command"] for each in manifest["contributions"]["widgets"]] == [command["id"]]
    assert 'unetlib = "unetlib.napari_plugin:napari.yaml"' in (root / "pyproject.toml").read_text()
