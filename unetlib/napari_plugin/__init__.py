"""The plugin of napari: cells of an image layer as a labels layer, and a table of them.

- layers: What an image layer of napari is to the library: planes, axes and the size of a pixel.
- segment: Segment the planes of a layer, and measure what was found; without a window.
- widget: The panel: choose a layer and a network, run in the background, cancel, save a table.
- napari.yaml: what napari reads to find the panel.

Nothing else of unetlib imports this package. Only `widget` needs napari and Qt.
"""
