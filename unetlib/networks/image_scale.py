"""Compare the scale of an image with that of the training images; note differences, or rescale the image."""

import math
from dataclasses import dataclass, replace

from unetlib.imaging.settings import InstanceSettings
from unetlib.io.axes import EVERYTHING, Choice
from unetlib.io.calibration import Calibration
from unetlib.io.stacks import Stack
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import NetworkError

OTHER_SCALE = 1.5  # ratio of pixel sizes beyond which the user is told


@dataclass(frozen=True)
class ImageOptions:
    """A user's options for images: their planes and pixel size, and whether to rescale them.

    rescale: predict them at the pixel size of the training images.
    """

    choice: Choice = EVERYTHING
    pixel_size_um: float | None = None
    rescale: bool = False

    def calibration(self, stack: Stack) -> Calibration:
        """Return the calibration of an image; a given pixel size replaces the stated one."""
        if self.pixel_size_um is None:
            return stack.calibration
        return replace(stack.calibration, row_um=self.pixel_size_um, column_um=self.pixel_size_um)


@dataclass(frozen=True)
class ImageScale:
    """The size at which a plane (H, W) is predicted. shape: its own; predicted: before binning, rows × columns."""

    shape: tuple[int, int]
    predicted: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def resampled(self) -> bool:
        return self.shape != self.predicted

    def instances(self, settings: InstanceSettings) -> InstanceSettings:
        """Convert settings that count pixels of the predicted size to the image's own pixels."""
        if not self.resampled:
            return settings
        area = math.prod(own / other for own, other in zip(self.shape, self.predicted, strict=True))
        return settings.scaled(math.sqrt(area))


def image_scale(stack: Stack, options: ImageOptions, settings: PredictionSettings) -> ImageScale:
    """Return the size at which an image's planes are predicted, and a note on their scale.

    Without options.rescale it is their own. Raises NetworkError if rescaling needs an unknown pixel size.
    """
    shape, where = (stack.height, stack.width), str(stack.path)
    calibration, trained = options.calibration(stack), settings.pixel_size_um
    told = calibration.notes(pixel_size_given=options.pixel_size_um is not None, interval_given=False)
    row, column = calibration.row_um, calibration.column_um
    if not options.rescale:
        return ImageScale(shape, shape, (*told, *_other_scale(where, (row, column), settings)))
    if trained is None:
        raise NetworkError(f"{where}: {no_trained_scale('the network')}")
    if row is None or column is None:
        raise NetworkError(f"{where}: does not say how large its pixels are; give --pixel-size, or leave out --rescale")
    rows, columns = (max(1, round(length * own / trained)) for length, own in zip(shape, (row, column), strict=True))
    size = f"predicted at {trained:g} µm per pixel, as {rows} × {columns} px"
    notes = (f"{where}: {size}",) if (rows, columns) != shape else ()
    return ImageScale(shape, (rows, columns), (*told, *notes))


def no_trained_scale(network: str) -> str:
    """Say why a network cannot rescale images, and what to do."""
    return (
        f"{network} does not say how large the pixels of its training images were; leave out --rescale, or set"
        " options.pixel_size_um of its dataset and run its study again (nothing is retrained)"
    )


def _other_scale(where: str, own: tuple[float | None, float | None], settings: PredictionSettings) -> tuple[str, ...]:
    """Return a note on pixels that are not square, or far from the training images' size."""
    row, column = own
    trained, binning = settings.pixel_size_um, settings.binning
    if row is None or column is None:
        return ()
    square = math.isclose(row, column, rel_tol=1e-2)
    size = f"{column * binning:g}" if square else f"{row * binning:g} × {column * binning:g} (height × width)"
    if trained is None:
        line = f"{where}: its pixels are {row:g} × {column:g} µm (height × width), which the network takes for square"
        return () if square else (f"{line}; resample the image",)
    worst = max(row, column, key=lambda side: abs(math.log(side / trained)))
    factor = max(worst / trained, trained / worst)
    if square and factor <= OTHER_SCALE:
        return ()
    apart = f", {factor:.1f} times {'larger' if trained > worst else 'smaller'}" if square else ""
    return (
        f"{where}: the network sees pixels of {size} µm, but was trained on {trained * binning:g} µm{apart};"
        " --rescale predicts it at that size",
    )
