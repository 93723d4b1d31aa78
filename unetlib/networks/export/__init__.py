"""A trained network for other programs: ONNX and bioimage.io.

- bioimageio: A network as a model package of the BioImage Model Zoo (bioimage.io, description 0.5), for other tools.
- exporter: A model.pt for other programs: as ONNX or as a bioimage.io package, kept only when it gives what PyTorch
  gives.
- onnx_graph: A network as an ONNX graph of any batch, rows and columns that it takes; and what onnxruntime makes of it.
- package: What a network's package for other programs holds: the facts of it, and its README.

For other packages: exporter.export.
"""
