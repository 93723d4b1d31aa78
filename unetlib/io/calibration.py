"""How large a pixel is and how far apart frames are: read from TIFF tags as microscopes and Fiji write them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import tifffile

# ASSUME: a resolution of 20 µm per pixel or more (1270 dpi or less) was meant for a printer or a screen.
LARGEST_PIXEL_UM = 20.0
_LENGTHS_UM = {"m": 1e6, "dm": 1e5, "cm": 1e4, "mm": 1e3, "µm": 1.0, "nm": 1e-3, "å": 1e-4, "pm": 1e-6, "inch": 25400.0}
_TIMES_S = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}
_ALIASES = {
    "µm": ("um", "μm", "\\u00b5m", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"),
    "nm": ("nanometer", "nanometers", "nanometre", "nanometres"),
    "mm": ("millimeter", "millimeters", "millimetre", "millimetres"),
    "cm": ("centimeter", "centimeters", "centimetre", "centimetres"),
    "m": ("meter", "meters", "metre", "metres"),
    "å": ("a", "å", "\\u00c5", "angstrom", "angstroms", "ångström"),
    "inch": ("in", "inches"),
}
_TIME_ALIASES = {
    "s": ("sec", "secs", "second", "seconds"),
    "ms": ("msec", "msecs", "millisecond", "milliseconds"),
    "µs": ("us", "μs", "usec", "microsecond", "microseconds"),
    "min": ("mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "d": ("day", "days"),
}
_SCREENS = ("inch", "cm")  # what ImageJ calls the unit of a picture that came with a printer's resolution


@dataclass(frozen=True)
class Calibration:
    """What an image file says of its scale; None where it says nothing that can be believed."""

    row_um: float | None = None
    column_um: float | None = None
    frame_interval_s: float | None = None

    def pixel_size_um(self, where: str) -> float | None:
        """Return the side of a pixel in µm; ValueError naming `where` for pixels that are not square to 1 %."""
        if self.row_um is None or self.column_um is None:
            return None
        if not math.isclose(self.row_um, self.column_um, rel_tol=1e-2):
            raise ValueError(
                f"{where}: pixels of {self.row_um:g} × {self.column_um:g} µm are not square; resample the image, "
                "or set --pixel-size"
            )
        return math.sqrt(self.row_um * self.column_um)


def calibration_of(file: tifffile.TiffFile) -> Calibration:
    """Return the calibration of an open TIFF: of OME-XML, else of ImageJ's description, else of the resolution tags."""
    if file.ome_metadata:
        return _of_ome(file.ome_metadata)
    imagej: dict[str, Any] = file.imagej_metadata or {}
    first = file.pages.first
    unit = str(imagej.get("unit", "")).strip()
    if not unit:
        unit = {2: "inch", 3: "cm"}.get(int(first.tags.valueof("ResolutionUnit") or 1), "")
    believed = bool(imagej.get("unit")) and _plain(unit, _ALIASES) not in _SCREENS
    sizes = [_size(first.tags.valueof(f"{axis}Resolution"), _length(unit), believed) for axis in "YX"]
    interval = _positive(imagej.get("finterval"), _time(str(imagej.get("tunit", "s"))))
    return Calibration(sizes[0], sizes[1], interval) if None not in sizes else Calibration(None, None, interval)


def tags_of(calibration: Calibration, *, imagej: bool) -> dict[str, Any]:
    """Return the keywords of `tifffile.imwrite` that keep the calibration: ImageJ's way, or in pixels per cm."""
    known = calibration.row_um is not None and calibration.column_um is not None
    metadata: dict[str, Any] = {}
    keywords: dict[str, Any] = {}
    if known:
        scale = 1.0 if imagej else 1e4
        keywords["resolution"] = (scale / calibration.column_um, scale / calibration.row_um)  # type: ignore[operator]
        keywords["resolutionunit"] = "NONE" if imagej else "CENTIMETER"
        metadata["unit"] = "um"
    if calibration.frame_interval_s is not None:
        metadata |= {"finterval": calibration.frame_interval_s, "tunit": "s"}
    return keywords | {"metadata": metadata if imagej else None}


def _of_ome(xml: str) -> Calibration:
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return Calibration()
    pixels = next((node for node in root.iter() if node.tag.rpartition("}")[2] == "Pixels"), None)
    if pixels is None:
        return Calibration()
    sizes = [
        _positive(pixels.get(f"PhysicalSize{axis}"), _length(pixels.get(f"PhysicalSize{axis}Unit", "µm")))
        for axis in "YX"
    ]
    interval = _positive(pixels.get("TimeIncrement"), _time(pixels.get("TimeIncrementUnit", "s")))
    # ASSUME: a file that says the width of a pixel alone has square ones.
    return Calibration(sizes[0] or sizes[1], sizes[1] or sizes[0], interval)


def _size(resolution: Any, unit_um: float | None, believed: bool) -> float | None:
    """Side of a pixel in µm of a resolution tag (numerator, denominator), pixels per unit."""
    if not resolution or unit_um is None or not resolution[0] or not resolution[1]:
        return None
    size = unit_um * resolution[1] / resolution[0]
    return size if believed or size < LARGEST_PIXEL_UM else None


def _positive(value: Any, unit: float | None) -> float | None:
    try:
        number = float(value) * (unit or math.nan)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < math.inf else None


def _length(unit: str) -> float | None:
    return _LENGTHS_UM.get(_plain(unit, _ALIASES))


def _time(unit: str) -> float | None:
    return _TIMES_S.get(_plain(unit, _TIME_ALIASES))


def _plain(unit: str, aliases: Mapping[str, tuple[str, ...]]) -> str:
    lower = unit.lower()
    return next((name for name, others in aliases.items() if lower in others), lower)
