"""The panel in the real napari, on a screen or a virtual one: CONTRIBUTING.md says how to run this."""

import csv
import os
import time

import numpy as np
import pytest
from builders.images import spots
from builders.shipped import ship_a_network

from unetlib.models import registry

napari = pytest.importorskip("napari", reason="napari is the optional dependency unetlib[napari]")
pytest.importorskip("qtpy", reason="napari has no Qt here; pip install 'unetlib[napari]' brings one")
if not os.environ.get("DISPLAY"):  # Qt's own platform without a screen has no OpenGL, which napari draws with
    pytest.skip("napari draws on a screen alone; run this by xvfb-run", allow_module_level=True)


@pytest.fixture
def viewer(tmp_path, monkeypatch):
    ship_a_network(tmp_path / "shipped", "discs")
    for function in (registry.shipped_models, registry.find_network, registry.named_model):
        monkeypatch.setattr(function, "__defaults__", (tmp_path / "shipped",))
    found = napari.Viewer(show=False)
    yield found
    found.close()


@pytest.fixture
def panel(viewer):
    from unetlib.napari_plugin.widget import SegmentCells

    found = SegmentCells(viewer)
    yield found
    found.close()


def wait(panel, until):
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + 300
    while not until():
        QApplication.processEvents()
        time.sleep(0.01)
        assert time.monotonic() < end, panel.status.text()


def test_the_manifest_leads_to_the_panel(viewer):
    from unetlib.napari_plugin.widget import SegmentCells

    _, found = viewer.window.add_plugin_dock_widget("unetlib", "Segment cells")
    assert isinstance(found, SegmentCells)


def test_labels_come_back_with_scale_and_time_axis(viewer, panel, tmp_path):
    movie = spots(3, 70, 80)
    units = ("second", "micrometer", "micrometer")
    layer = viewer.add_image(movie, name="movie", scale=(60, 0.65, 0.65), units=units, axis_labels=("t", "y", "x"))
    assert panel.image.currentText() == "movie" and panel.network.currentText() == "discs"
    panel.start()
    assert panel.cancel.isEnabled() and not panel.run.isEnabled()
    wait(panel, lambda: panel.worker is None)
    labels = viewer.layers["movie cells"]
    assert labels.data.shape == movie.shape and labels.data.max() > 5
    np.testing.assert_allclose(labels.scale, layer.scale)
    assert labels.units == layer.units and tuple(labels.axis_labels) == ("t", "y", "x")
    assert panel.status.text().startswith("movie: ") and panel.run.isEnabled()
    panel.write_table(tmp_path / "cells.csv")
    with (tmp_path / "cells.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["frame"] for row in rows} == {"0", "1", "2"} and {row["pixel_size_um"] for row in rows} == {"0.65"}
    assert f"{len(rows)} cells" in panel.status.text()


def test_cancelling_leaves_no_layer(viewer, panel):
    viewer.add_image(spots(40, 300, 300), name="long")
    panel.start()
    wait(panel, lambda: panel.bar.value() > 0)
    panel.stop()
    wait(panel, lambda: panel.worker is None)
    assert panel.status.text() == "cancelled" and [layer.name for layer in viewer.layers] == ["long"]
    assert panel.run.isEnabled() and not panel.cancel.isEnabled()


def test_an_error_is_said_in_the_panel(viewer, panel, tmp_path):
    viewer.add_image(spots(70, 80), name="a")
    (tmp_path / "broken.pt").write_bytes(b"no network")
    panel.add_network(tmp_path / "broken.pt")
    panel.start()
    wait(panel, lambda: panel.worker is None)
    assert "broken.pt: not a readable model file" in panel.status.text()
    panel.write_table(tmp_path / "cells.csv")
    assert not (tmp_path / "cells.csv").exists()
