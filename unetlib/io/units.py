"""Units of length and time, under the names that microscopes and Fiji write."""

from collections.abc import Mapping

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


def length_um(unit: str) -> float | None:
    """Return a unit of length in µm; None if it is unknown.

    >>> length_um("nanometer"), length_um("furlong")
    (0.001, None)
    """
    return _LENGTHS_UM.get(plain_length(unit))


def time_s(unit: str) -> float | None:
    """Return a unit of time in seconds; None if it is unknown."""
    return _TIMES_S.get(_plain(unit, _TIME_ALIASES))


def plain_length(unit: str) -> str:
    """Return the usual name of a unit of length, in lower case; unknown units unchanged.

    >>> plain_length("Microns")
    'µm'
    """
    return _plain(unit, _ALIASES)


def _plain(unit: str, aliases: Mapping[str, tuple[str, ...]]) -> str:
    lower = unit.strip().lower()
    return next((name for name, others in aliases.items() if lower in others), lower)
