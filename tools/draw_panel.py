"""Draw the picture of the quickstart that shows the plugin in napari: docs/quickstart/napari.png. Needs napari.

xvfb-run .venv-napari/bin/python -m tools.draw_panel
"""

import time

import tifffile
from napari import Viewer
from qtpy.QtWidgets import QApplication

from tools.draw_quickstart import FOLDER, NETWORK, PIXEL_UM, SAMPLE
from unetlib.io.files import atomic_path

SIZE_PX = (1000, 620)


def draw() -> None:
    """Segment the sample image with the panel, and write what the window shows then."""
    viewer = Viewer(show=True)
    viewer.window.resize(*SIZE_PX)
    units = ("micrometer", "micrometer")
    viewer.add_image(tifffile.imread(FOLDER / SAMPLE), name="nuclei", scale=(PIXEL_UM, PIXEL_UM), units=units)
    _, panel = viewer.window.add_plugin_dock_widget("unetlib", "Segment cells")
    panel.network.setCurrentText(NETWORK)
    panel.start()
    while panel.worker is not None:
        QApplication.processEvents()
        time.sleep(0.01)
    viewer.layers["nuclei cells"].contour = 2
    viewer.reset_view()
    for _ in range(50):
        QApplication.processEvents()
        time.sleep(0.02)
    with atomic_path(FOLDER / "napari.png") as temporary:
        viewer.window.screenshot(str(temporary), flash=False)
    viewer.close()


if __name__ == "__main__":
    draw()
