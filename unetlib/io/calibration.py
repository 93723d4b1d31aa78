"""Pixel size and frame interval, read from TIFF and PNG as microscopes and Fiji write them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

import tifffile

from unetlib.io.ome_times import frame_interval
from unetlib.io.png import pixels_per_unit
from unetlib.io.units import length_um, plain_length, time_s

# ASSUME: 20 µm per pixel or more (1270 dpi or less) is the resolution of a printer or a screen, not of a microscope.
LARGEST_PIXEL_UM = 20.0
SQUARE = 1e-2  # pixels whose sides differ by less count as square
_SCREENS = ("inch", "cm")  # ImageJ's unit for an image that has a printer's resolution
_PIXELS = ("pixel", "pixels", "px", "")  # how ImageJ and OME write that there is no unit
_USUAL_DPI = (1, 72, 96, 100, 120, 144, 150, 192, 200, 240, 300, 360, 400, 600, 1200)
_OTHER_PROGRAMS = {  # tifffile's names of formats that store the scale in tags of their own
    "lsm": "Zeiss LSM",
    "stk": "MetaMorph",
    "fluoview": "Olympus FluoView",
    "micromanager": "Micro-Manager",
    "svs": "Aperio",
    "scn": "Leica SCN",
    "ndpi": "Hamamatsu",
}
_GIVE = "; give its pixel size by --pixel-size (in a dataset's options: pixel_size_um)"
_GIVE_INTERVAL = "; give its frame interval by --interval of track"


@dataclass(frozen=True)
class Calibration:
    """The scale stated in an image file; None for values that are missing or not credible.

    row_um, column_um: height and width of a pixel; plane_um: distance between z planes. length_note, time_note: a
    message about a stated pixel size or frame interval that cannot be read; damage: about an unreadable description.
    """

    row_um: float | None = None
    column_um: float | None = None
    frame_interval_s: float | None = None
    plane_um: float | None = None
    length_note: str = ""
    time_note: str = ""
    damage: str = ""

    def notes(self, *, pixel_size_given: bool = False, interval_given: bool = True) -> tuple[str, ...]:
        """Return messages for the user about values that could not be read and were not given on the command line."""
        lines = ("" if pixel_size_given else self.length_note, "" if interval_given else self.time_note, self.damage)
        return tuple(filter(None, lines))

    def pixel_size_um(self, where: str) -> float | None:
        """Return the side of a pixel in µm; ValueError naming `where` if height and width differ by more than 1 %."""
        if self.row_um is None or self.column_um is None:
            return None
        if not math.isclose(self.row_um, self.column_um, rel_tol=SQUARE):
            raise ValueError(
                f"{where}: pixels of {self.row_um:g} × {self.column_um:g} µm are not square; resample the image, "
                "or set --pixel-size"
            )
        return math.sqrt(self.row_um * self.column_um)


UNKNOWN = Calibration()


def calibration_of(file: tifffile.TiffFile, where: str) -> Calibration:
    """Return the calibration of an open TIFF, from OME-XML, else ImageJ's description, else the resolution tags.

    where: the name of the file in messages.
    """
    first = file.pages.first
    if file.ome_metadata:
        return _of_ome(file.ome_metadata, where)
    if "<OME" in first.description[:1000]:
        return Calibration(damage=_damaged(where, "its end is missing"))
    found = _of_imagej(file.imagej_metadata, first, where) if file.imagej_metadata else _of_tags(first, where)
    other = next((name for kind, name in _OTHER_PROGRAMS.items() if kind in file.flags), None)
    if other and found.column_um is None and not found.length_note:
        return replace(found, length_note=f"{where}: its pixel size is kept as {other} does, which is not read{_GIVE}")
    return found


def calibration_of_png(data: bytes, where: str) -> Calibration:
    """Return the calibration of a PNG from its chunk pHYs, which states pixels per metre."""
    stated = pixels_per_unit(data)
    if stated is None:
        return UNKNOWN
    down, across, per_metre = stated
    if per_metre:
        return _of_resolution(1e6 / down, 1e6 / across, where)
    square = math.isclose(down, across, rel_tol=SQUARE)
    note = f"{where}: its pixels are {down / across:.3g} times as wide as they are high, of unknown size; resample it"
    return Calibration(length_note="" if square else note)


def tags_of(calibration: Calibration, *, imagej: bool, axes: str = "") -> dict[str, Any]:
    """Return the keywords with which `tifffile.imwrite` stores the calibration, as ImageJ does or in pixels per cm.

    axes: the axes of the planes; the distance between z planes is stored if there is a z axis.
    """
    known = calibration.row_um is not None and calibration.column_um is not None
    metadata: dict[str, str | float] = {}
    keywords: dict[str, Any] = {}
    if known:
        scale = 1.0 if imagej else 1e4
        keywords["resolution"] = (scale / calibration.column_um, scale / calibration.row_um)  # type: ignore[operator]
        keywords["resolutionunit"] = "NONE" if imagej else "CENTIMETER"
        metadata["unit"] = "um"
        if calibration.plane_um is not None and "Z" in axes:
            metadata["spacing"] = calibration.plane_um
    if calibration.frame_interval_s is not None:
        metadata |= {"finterval": calibration.frame_interval_s, "tunit": "s"}
    return keywords | {"metadata": metadata if imagej else None}


def _of_imagej(told: Mapping[str, Any], first: tifffile.TiffPage, where: str) -> Calibration:
    unit, time_unit = str(told.get("unit", "")).strip(), str(told.get("tunit", "s"))
    seconds, interval_note = _positive(told.get("finterval"), time_s(time_unit)), ""
    if seconds is None and _positive(told.get("finterval"), 1.0):
        interval_note = _unknown(where, "time", time_unit)
    if not unit:
        return replace(_of_tags(first, where), frame_interval_s=seconds, time_note=interval_note)
    believed = plain_length(unit) not in _SCREENS
    row, column = (_size(first, axis, length_um(str(told.get(f"{axis.lower()}unit", unit))), believed) for axis in "YX")
    depth = _positive(told.get("spacing"), length_um(str(told.get("zunit", unit))))
    if row is None or column is None:
        unknown = length_um(unit) is None and plain_length(unit) not in _PIXELS
        return Calibration(
            None, None, seconds, depth, _unknown(where, "length", unit) if unknown else "", interval_note
        )
    return Calibration(row, column, seconds, depth, "", interval_note)


def _of_tags(first: tifffile.TiffPage, where: str) -> Calibration:
    """Return the calibration from the resolution tags, unless it is that of a printer or screen."""
    unit = length_um({2: "inch", 3: "cm"}.get(int(first.tags.valueof("ResolutionUnit") or 1), ""))
    return _of_resolution(_size(first, "Y", unit, True), _size(first, "X", unit, True), where)


def _of_resolution(row: float | None, column: float | None, where: str) -> Calibration:
    """Return the calibration of pixels of this size in µm, unless it is that of a printer or screen."""
    if row is None or column is None:
        return Calibration()
    if max(row, column) < LARGEST_PIXEL_UM:
        return Calibration(row, column)
    if any(math.isclose(25400 / column, usual, rel_tol=0.01) for usual in _USUAL_DPI):
        return Calibration()
    line = f"{where}: its resolution of {25400 / column:.0f} dpi ({column:.3g} µm) is taken for a printer's{_GIVE}"
    return Calibration(length_note=line)


def _of_ome(xml: str, where: str) -> Calibration:
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        return Calibration(damage=_damaged(where, str(error)))
    pixels = next((node for node in root.iter() if node.tag.rpartition("}")[2] == "Pixels"), None)
    if pixels is None:
        return Calibration(damage=_damaged(where, "it describes no image"))
    units = {axis: pixels.get(f"PhysicalSize{axis}Unit", "µm") for axis in "YXZ"}
    row, column, depth = (_positive(pixels.get(f"PhysicalSize{axis}"), length_um(units[axis])) for axis in units)
    unknown = [units[axis] for axis in "YX" if pixels.get(f"PhysicalSize{axis}") and length_um(units[axis]) is None]
    unknown = [unit for unit in unknown if plain_length(unit) not in _PIXELS]
    seconds, time_note = frame_interval(pixels)
    return Calibration(
        # ASSUME: pixels are square if only their width or only their height is stated.
        row or column,
        column or row,
        seconds,
        depth,
        _unknown(where, "length", unknown[0]) if unknown else "",
        time_note and f"{where}: {time_note}{_GIVE_INTERVAL}",
    )


def _unknown(where: str, of: str, unit: str) -> str:
    remedy = _GIVE_INTERVAL if of == "time" else _GIVE
    return f"{where}: its unit of {of}, {unit!r}, is not known{remedy}"


def _damaged(where: str, reason: str) -> str:
    return (
        f"{where}: its OME-XML is damaged ({reason}), so that its planes count as frames and its scale is not known;"
        " save it again from the program that made it"
    )


def _size(first: tifffile.TiffPage, axis: str, unit_um: float | None, believed: bool) -> float | None:
    """Return the height (Y) or width (X) of a pixel in µm; resolution tags are fractions, in pixels per unit."""
    resolution = first.tags.valueof(f"{axis}Resolution")
    if not resolution or unit_um is None or not resolution[0] or not resolution[1]:
        return None
    size = float(unit_um * resolution[1] / resolution[0])
    return size if believed or size < LARGEST_PIXEL_UM else None


def _positive(value: Any, unit: float | None) -> float | None:
    try:
        number = float(value) * (unit or math.nan)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < math.inf else None
