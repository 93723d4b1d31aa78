"""A trained network for other programs: ONNX and bioimage.io.

- bioimageio: Package a network for the BioImage Model Zoo (bioimage.io, description 0.5), for use in other tools.
- exporter: Export a model.pt as ONNX or as a bioimage.io package, which is kept only if it agrees with PyTorch.
- onnx_graph: Trace a network as an ONNX graph with free batch, rows and columns, and run the graph in onnxruntime.
- package: The content of a network's package for other programs: its facts and its README.

For other packages: exporter.export.
"""
