"""Compare the scale of an image with that of the training images; note differences, or rescale the image."""

import math
from dataclasses import dataclass, replace
from typing import Self

from unetlib.imaging.object_size import shape_at, size_factor
from unetlib.imaging.settings import InstanceSettings, ResampleSettings
from unetlib.io.axes import EVERYTHING, Choice
from unetlib.io.calibration import Calibration
from unetlib.io.stacks import Stack
from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import NetworkError

OTHER_SCALE = 1.5  # ratio of pixel sizes beyond which the user is told


@dataclass(frozen=True)
class ImageOptions:
    """A user's options for images: their planes and pixel size, and whether to rescale them.

    rescale: predict them at the pixel size of the training images. object_diameter_px: of their objects.
    """

    choice: Choice = EVERYTHING
    pixel_size_um: float | None = None
    rescale: bool = False
    object_diameter_px: float | None = None

    def calibration(self, stack: Stack) -> Calibration:
        """Return the calibration of an image; a given pixel size replaces the stated one."""
        if self.pixel_size_um is None:
            return stack.calibration
        return replace(stack.calibration, row_um=self.pixel_size_um, column_um=self.pixel_size_um)


@dataclass(frozen=True)
class ImageScale:
    """The size at which a plane (H, W) is predicted. shape: its own; predicted: before binning, rows × columns.

    counted: the size in whose pixels lengths and areas of settings are stated, where it is not the predicted one.
    """

    shape: tuple[int, int]
    predicted: tuple[int, int]
    notes: tuple[str, ...] = ()
    counted: tuple[int, int] | None = None

    def for_objects(self, wanted_px: float, diameter_px: float, where: str) -> Self:
        """Return the scale at which objects of this diameter, in px of the image itself, have wanted_px."""
        predicted = shape_at(self.shape, size_factor(wanted_px, diameter_px))
        size = f"predicted as {predicted[0]} × {predicted[1]} px"
        note = f"{where}: objects taken to be {diameter_px:.3g} px wide, {size}, where they are {wanted_px:g} px"
        others = tuple(each for each in self.notes if "objects taken to be" not in each)
        notes = (*others, note) if predicted != self.shape else others
        return replace(self, predicted=predicted, notes=notes, counted=self.counted or self.predicted)

    @property
    def resampled(self) -> bool:
        return self.shape != self.predicted

    def instances(self, settings: InstanceSettings) -> InstanceSettings:
        """Convert settings that count pixels of the predicted size to the image's own pixels."""
        counted = self.counted or self.predicted
        if counted == self.shape:
            return settings
        area = math.prod(own / other for own, other in zip(self.shape, counted, strict=True))
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


def object_scale(
    stack: Stack, options: ImageOptions, settings: PredictionSettings, how: ResampleSettings
) -> ImageScale:
    """Return the same for a network that sees objects at one size, where `how` says so; else `image_scale`.

    Objects are as large as the user says, or as in the training images, at the size that these options give the image.
    NetworkError for a stated diameter that the network has no use for.
    """
    scale, wanted = image_scale(stack, options, settings), how.object_diameter_px
    stated, where = options.object_diameter_px, str(stack.path)
    if wanted is None:
        if stated is not None:
            raise NetworkError(f"{where}: the network sees images at their own size; leave out --diameter")
        return scale
    trained = how.image_diameter_px or wanted
    share = math.sqrt(math.prod(scale.predicted) / math.prod(scale.shape))  # of the pixel sizes, with --rescale
    return scale.for_objects(wanted, trained / share if stated is None else stated, where)


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
