"""The napari plugin: segment an image layer into a labels layer, and save a table of the cells.

- layers: Convert an image layer of napari to the library's types: planes, axes and pixel size.
- segment: Segment the planes of a layer and measure the cells, independently of the user interface.
- widget: The plugin's panel: choose a layer and a network, segment in the background, cancel, save a table.
- napari.yaml: The plugin manifest, by which napari finds the panel.

No other package of unetlib imports this one. Only `widget` needs napari and Qt.
"""
