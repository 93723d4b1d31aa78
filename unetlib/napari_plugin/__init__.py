"""The napari plugin: segment an image layer into a labels layer, and save a table of the cells.

- layers: What an image layer of napari is to the library: planes, axes and the size of a pixel.
- segment: Segment the planes of a layer, and measure what was found; without a window.
- widget: The panel: choose a layer and a network, run in the background, cancel, save a table.
- napari.yaml: The plugin manifest, by which napari finds the panel.

No other package of unetlib imports this one. Only `widget` needs napari and Qt.
"""
