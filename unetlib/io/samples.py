"""Interpret the samples of a pixel: grey values, colour, alpha, channels, palette indices, ink or light."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from unetlib.io.axes import Choice, ImageError, no_channel
from unetlib.io.wording import counted

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_JPEG = (6, 7)  # TIFF's numbers of JPEG, which is decoded to RGB whatever is stored
# For each photometric interpretation of TIFF, our name and its number of samples. Lightness is the first of three.
_MODELS = {
    0: ("white", 1),
    1: ("grey", 1),
    2: ("colour", 3),
    3: ("table", 1),
    5: ("ink", 4),
    6: ("lightness", 3),
    8: ("lightness", 3),
    9: ("lightness", 3),
    10: ("lightness", 3),
}
_ALPHA = (1, 2)


@dataclass(frozen=True)
class Samples:
    """The meaning of the `count` samples of a pixel.

    model: "grey", "white" (grey with the largest value black), "colour" (red, green, blue), "ink" (cyan, magenta,
    yellow, black), "lightness" (the first of a colour space), "table" (an index into the palette `table`, (n, 3)).
    own: the number of samples of the model. channels: the number of separate images; if there are several, `chosen`
    (from 0) selects one. bits: of a stored value.
    """

    model: str = "grey"
    count: int = 1
    own: int = 1
    channels: int = 1
    bits: int = 8
    table: NDArray[Any] | None = None
    chosen: int | None = None
    notes: tuple[str, ...] = ()

    def choose(self, choice: Choice, where: str) -> "Samples":
        """Return the samples with choice.channel (from 1) chosen as the image.

        Raises ImageError naming `where` if there are several channels and none is chosen, or if it does not exist.
        """
        choices, channel = 3 if self.model == "colour" else self.channels, choice.channel
        if channel is None or (choice.if_several and choices == 1):
            if self.channels > 1:
                raise ImageError(no_channel(where, self.channels))
            return self
        if not 1 <= channel <= choices:
            raise ImageError(f"{where}: has {counted(choices, 'channel')}, no number {channel}")
        return replace(self, chosen=channel - 1) if choices > 1 else self

    def grey(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return the grey values, (…, H, W), of pixels (…, H, W) or (…, H, W, count), with white as the largest.

        Colour becomes luma in floats (`to_grey`), ink is first converted to light, alpha is ignored.
        """
        if self.count > 1 and self.chosen is not None:
            return self._light(pixels[..., self.chosen])
        if self.model == "colour":
            return to_grey(pixels[..., :3])
        if self.model == "ink":
            return to_grey(_light_of_ink(pixels[..., :4]))
        if self.model == "table" and self.table is not None:
            return to_grey(self.table)[pixels[..., 0] if self.count > 1 else pixels]
        return self._light(pixels[..., 0] if self.count > 1 else pixels)

    def labels(self, pixels: NDArray[Any], where: str) -> NDArray[Any]:
        """Return the stored values, (…, H, W), as ids: neither polarity nor a palette changes them.

        Of several channels, the chosen one is returned; of a colour image any, if red, green and blue are equal. Raises
        ImageError naming `where` for other colours, and for several channels if none is chosen.
        """
        if self.count == 1:
            return pixels
        if self.channels > 1 and self.chosen is not None:
            return np.asarray(pixels[..., self.chosen])
        several = 3 if self.model == "colour" else self.own if self.model == "ink" else self.channels
        first = pixels[..., 0]
        if any(not np.array_equal(first, pixels[..., other]) for other in range(1, several)):
            colour = self.model in ("colour", "ink")
            what = "is in colour" if colour else f"has {several} channels"
            frames = "; if its colours are frames, write them with photometric='minisblack'" * colour
            raise ImageError(f"{where}: {what}; give instance labels, one whole number per cell{frames}")
        return first

    def _light(self, values: NDArray[Any]) -> NDArray[Any]:
        if self.model != "white":
            return values
        if values.dtype.kind == "u":
            return np.subtract(values.dtype.type(2**self.bits - 1), values)
        return np.invert(values) if values.dtype.kind == "i" else np.negative(values)


GREY = Samples()


def samples_of(page: tifffile.TiffPage, *, lookup: bool, where: str) -> Samples:
    """Return the meaning of the samples of a TIFF page; ImageError naming `where` for an unsupported colour space.

    lookup: whether palette indices stand for colours; False if the palette is only for display, as in ImageJ's files.
    """
    photometric, count = int(page.photometric), int(page.samplesperpixel)
    model, own = _MODELS.get(photometric, ("", 0))
    if photometric == 6 and int(page.compression) in _JPEG:
        model = "colour"
    if not model or own > count:
        name = getattr(page.photometric, "name", f"number {photometric}")
        raise ImageError(f"{where}: its colours are {name} of {counted(count, 'sample')}; export it in RGB or grey")
    table = None
    if model == "table" and lookup and page.colormap is not None:
        colours = np.asarray(page.colormap).T
        if not colours.size:
            raise ImageError(f"{where}: its table of colours is empty; save it again as grey or RGB")
        table = _table(colours)
    elif model == "table":
        model = "grey"
    alpha = sum(int(kind) in _ALPHA for kind in page.extrasamples)
    unknown = count - own - alpha
    bits = page.bitspersample if isinstance(page.bitspersample, int) else page.bitspersample[0]
    notes: tuple[str, ...] = ()
    if model in ("colour", "ink", "lightness") and unknown > 0:
        notes = (f"{where}: {unknown} more samples beside its colours are left out; what they are is not said in it",)
    channels = 1 + max(unknown, 0) if model in ("grey", "white", "table") else 1
    return Samples(model, count, own, channels, int(bits), table, notes=notes)


def to_grey(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the luma, (…), of red, green and blue, (…, 3): float64 for types beyond float32, else float32.

    Weights are those of ITU-R BT.601. An image whose channels are equal keeps its exact values and dtype.

    >>> to_grey(np.array([[255, 0, 0], [0, 255, 0]], np.uint8)).round(3).tolist()
    [76.245, 149.685]
    """
    red, green, blue = (pixels[..., channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red.copy()
    dtype = np.promote_types(pixels.dtype, np.float32)
    red, green, blue = (
        part.astype(dtype) * dtype.type(weight) for part, weight in zip((red, green, blue), LUMA, strict=True)
    )
    return np.asarray(red + green + blue)


def _table(colours: NDArray[Any]) -> NDArray[Any]:
    """Return the 16-bit palette of a TIFF, (n, 3), in 8 bits if its colours were widened from 8 bits."""
    for step in (257, 256, 1):  # the factors of most programs, of Pillow, and of some that forget to widen
        if not (colours % step).any() and (colours // step).max() < 256:
            return (colours // step).astype(np.uint8)
    return colours.astype(np.float32) / 257


def _light_of_ink(pixels: NDArray[Any]) -> NDArray[Any]:
    """Convert cyan, magenta, yellow and black to red, green and blue: the light that each ink and black let through."""
    full = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    left = (full - pixels.astype(np.float64)) / full
    return left[..., :3] * left[..., 3:] * full
