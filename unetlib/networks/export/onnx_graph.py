"""Trace a network as an ONNX graph with free batch, rows and columns, and run the graph in onnxruntime."""

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unetlib.networks.blocks import SegmentationNet

OPSET = 17  # from 2022: every runtime supports it
INPUT, PROBABILITY, LOGIT = "image", "probability", "logit"
_AXES = {0: "batch", 2: "rows", 3: "columns"}


class GraphError(ValueError):
    """A graph cannot be made or run here."""


class ForegroundNet(nn.Module):
    """Maps normalised images (B, 1, H, W) to the foreground's probability (B, 1, H', W'), or to its logit."""

    def __init__(self, network: SegmentationNet, *, logit: bool) -> None:
        super().__init__()
        self.network, self.logit = network, logit

    def forward(self, images: Tensor) -> Tensor:
        """Returns the difference of the two classes' logits, through a sigmoid unless logits are wanted."""
        logits = self.network(images)
        difference = logits[:, 1:] - logits[:, :1]
        return difference if self.logit else difference.sigmoid()


def graph(network: SegmentationNet, *, sides_px: tuple[int, int], logit: bool, facts: Mapping[str, str]) -> bytes:
    """Returns the serialised graph of `Foreground`: batch, rows and columns are free, `facts` are its metadata.

    sides_px: an input size that the network takes. Input "image", output "probability" (or "logit"), float32.
    GraphError without the package onnx.
    """
    onnx = _onnx()
    model = ForegroundNet(network, logit=logit).eval()
    name = LOGIT if logit else PROBABILITY
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # Traced: the crops do not depend on the image's size, and the checks of sizes are not wanted in the graph. The
        # other exporter needs onnxscript and a proof that every size fits (torch 2.15).
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model,
            (torch.zeros(2, 1, *sides_px),),
            stream,  # type: ignore[arg-type]  # a file object is taken, though the stubs say a path
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[name],
            dynamic_axes={INPUT: _AXES, name: _AXES},
        )
    made = onnx.load_from_string(stream.getvalue())
    onnx.helper.set_model_props(made, dict(sorted(facts.items())))
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


def by_torch(network: SegmentationNet, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the probability (B, 1, H', W') of normalised images (B, 1, H, W) in 32-bit floats."""
    with torch.inference_mode():
        return ForegroundNet(network, logit=False).eval()(torch.from_numpy(images)).numpy()


def by_runtime(graph: bytes, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a graph in onnxruntime like `by_torch`; raises GraphError if it is missing or cannot run the graph."""
    try:
        import onnxruntime
    except ImportError as error:
        raise GraphError(
            f"an export needs onnxruntime ({error}); pip install '.[export]' in the folder of unetlib"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors are raised; warnings would be lines on stderr
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        found = session.run(None, {INPUT: images})[0]
    except Exception as error:  # onnxruntime has a dozen types of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise GraphError(f"onnxruntime does not run {images.shape[2]}×{images.shape[3]} px: {reason}") from error
    if session.get_outputs()[0].name == LOGIT:
        found = 1 / (1 + np.exp(-found.astype(np.float64)))
    return np.asarray(found, np.float32)


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise GraphError(f"an export needs onnx ({error}); pip install '.[export]' in the folder of unetlib") from error
    return onnx
