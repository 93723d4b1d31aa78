"""The plugin's panel: choose a layer and a network, segment in the background, cancel, save a table."""

from pathlib import Path
from threading import Event
from typing import Any

from napari.layers import Image, Labels
from napari.qt.threading import create_worker
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QWidget,
)

from unetlib.io.wording import counted
from unetlib.models.registry import Network, find_network, shipped_models
from unetlib.napari_plugin.layers import stack_of
from unetlib.napari_plugin.segment import Segmentation, measure_layer, try_segment_layer

A_FILE = "a model.pt …"
STEPS = 1000  # of the progress bar
# Attributes of an image layer that its labels layer copies, so that the two overlap on the canvas.
PLACE = ("scale", "translate", "rotate", "shear", "units", "axis_labels")


class SegmentCells(QWidget):
    """Panel that segments an image layer into a labels layer and saves a table of the cells."""

    progressed = Signal(float)  # from the worker thread to the GUI thread, which alone may change the progress bar

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.cancelled = Event()
        self.worker: Any = None
        self.image, self.network, self.labels = QComboBox(), QComboBox(), QComboBox()
        self.rescale = QCheckBox("Rescale to the pixel size of the training images")
        self.run, self.cancel = QPushButton("Segment"), QPushButton("Cancel")
        self.save = QPushButton("Save a table of the cells …")
        self.bar, self.status = QProgressBar(), QLabel()
        self.bar.setRange(0, STEPS)
        self.status.setWordWrap(True)
        self.cancel.setEnabled(False)
        self.network.addItems([*(model.name for model in shipped_models()), A_FILE])
        for index, model in enumerate(shipped_models()):
            self.network.setItemData(index, f"{model.shows}; {model.score}", 3)  # 3: Qt's tool tip
        layout = QFormLayout(self)
        for title, part in (("Image", self.image), ("Network", self.network), ("", self.rescale)):
            layout.addRow(title, part)
        for part in (self.run, self.cancel, self.bar):
            layout.addRow(part)
        layout.addRow("Cells", self.labels)
        layout.addRow(self.save)
        layout.addRow(self.status)
        self.run.clicked.connect(self.start)
        self.cancel.clicked.connect(self.stop)
        self.save.clicked.connect(self.save_table)
        self.network.activated.connect(self._browse)
        self.progressed.connect(lambda share: self.bar.setValue(round(share * STEPS)))
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            event.connect(self._list_layers)
        self._list_layers()

    def start(self) -> None:
        """Segment the chosen layer in the background."""
        if self.worker is not None or not self.image.currentText():
            return
        layer = self.viewer.layers[self.image.currentText()]
        try:
            network, stack = self._network(), stack_of(layer)
        except (ValueError, OSError) as error:
            self._say(str(error))
            return
        # One event serves all runs, so an earlier cancellation must not stop this one.
        self.cancelled.clear()
        self._working(True)
        self._say(f"segmenting {layer.name} …")
        self.worker = create_worker(
            try_segment_layer,
            stack,
            network,
            rescale=self.rescale.isChecked(),
            report=self.progressed.emit,
            cancel=self.cancelled,
            _start_thread=False,
        )
        self.worker.returned.connect(lambda found: self._show(layer, found))
        self.worker.finished.connect(self._finish)
        self.worker.start()

    def stop(self) -> None:
        """Cancel the segmentation after the current tile and discard its result."""
        self.cancelled.set()
        self._say("cancelling …")

    def save_table(self) -> None:
        """Ask for a file name and write the table of the chosen labels to it."""
        name = QFileDialog.getSaveFileName(self, "Save a table", "cells.csv", "Tables (*.csv)")[0]
        if name:
            self.write_table(Path(name))

    def write_table(self, path: Path) -> None:
        """Write the table of the chosen labels; the file dialogue has already confirmed overwriting."""
        try:
            labels = self.viewer.layers[self.labels.currentText()]
            image = self.viewer.layers[labels.metadata.get("unetlib_image", self.image.currentText())]
            rows = measure_layer(labels.data, stack_of(image), path, overwrite=True)
        except (ValueError, OSError, KeyError) as error:
            self._say(str(error))
            return
        self._say(f"{path}: {counted(rows, 'cell')}")

    def closeEvent(self, event: Any) -> None:
        """Cancel a running prediction before the panel closes."""
        self.cancelled.set()
        super().closeEvent(event)

    def _network(self) -> Network:
        chosen = self.network.currentText()
        path = self.network.currentData()
        return Network(Path(path)) if isinstance(path, str) and Path(path).is_file() else find_network(chosen)

    def _browse(self, index: int) -> None:
        if self.network.itemText(index) != A_FILE:
            return
        name = QFileDialog.getOpenFileName(self, "A trained network", "", "Networks (*.pt)")[0]
        if name:
            self.add_network(Path(name))

    def add_network(self, path: Path) -> None:
        """Add a model file to the list of networks and select it."""
        self.network.insertItem(0, path.name, str(path))
        self.network.setCurrentIndex(0)

    def _list_layers(self, event: Any = None) -> None:
        for box, kind in ((self.image, Image), (self.labels, Labels)):
            before, names = box.currentText(), [layer.name for layer in self.viewer.layers if isinstance(layer, kind)]
            box.clear()
            box.addItems(names)
            if before in names:
                box.setCurrentText(before)

    def _show(self, layer: Image, found: Segmentation | str) -> None:
        if isinstance(found, str):
            self._say(found)
            return
        place = {name: getattr(layer, name) for name in PLACE}
        shown = self.viewer.add_labels(
            found.labels, name=f"{layer.name} cells", metadata={"unetlib_image": layer.name}, **place
        )
        self.labels.setCurrentText(shown.name)
        notes = [note.replace("--rescale", "Rescale") for note in found.notes]
        self._say("\n".join([f"{layer.name}: {counted(found.cells, 'cell')}", *notes]))

    def _finish(self) -> None:
        self.worker = None
        self._working(False)

    def _working(self, working: bool) -> None:
        self.run.setEnabled(not working)
        self.cancel.setEnabled(working)
        self.bar.setValue(0)

    def _say(self, text: str) -> None:
        self.status.setText(text)
