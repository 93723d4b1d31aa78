"""The frame interval of an OME-TIFF: its TimeIncrement, or the times of its planes (DeltaT)."""

import math
from itertools import pairwise
from xml.etree.ElementTree import Element

from unetlib.io.units import time_s

# ASSUME: intervals that differ by less than 10 % were meant to be equal; a microscope does not keep time exactly.
JITTER = 0.1


def frame_interval(pixels: Element) -> tuple[float | None, str]:
    """Return the seconds between frames, None if unknown, and the reason if what is stated cannot be used.

    pixels: the element Pixels of OME-XML. The time of a frame is that of its earliest plane.
    """
    unit = pixels.get("TimeIncrementUnit", "s")
    stated = _number(pixels.get("TimeIncrement"))
    if stated is not None and stated > 0:
        seconds = time_s(unit)
        return (None, _unknown(unit)) if seconds is None else (stated * seconds, "")
    planes = [(node, _number(node.get("DeltaT"))) for node in pixels if node.tag.rpartition("}")[2] == "Plane"]
    units = {node.get("DeltaTUnit", "s") for node, time in planes if time is not None}
    for unit in sorted(units):
        if time_s(unit) is None:
            return None, _unknown(unit)
    times: dict[int, float] = {}
    for node, time in planes:
        frame = _number(node.get("TheT"))
        if time is not None and frame is not None:
            seconds = time * (time_s(node.get("DeltaTUnit", "s")) or math.nan)
            times[int(frame)] = min(seconds, times.get(int(frame), math.inf))
    return _even(times)


def _even(times: dict[int, float]) -> tuple[float | None, str]:
    """Return the mean interval between frames at these times (s) if every interval is close to it."""
    frames = sorted(times)
    steps = [(times[after] - times[before]) / (after - before) for before, after in pairwise(frames)]
    if not any(steps):  # some programs write zeros only
        return None, ""
    mean = (times[frames[-1]] - times[frames[0]]) / (frames[-1] - frames[0])
    if all(math.isclose(step, mean, rel_tol=JITTER) for step in steps) and mean > 0:
        return mean, ""
    return None, f"its frames are {min(steps):.3g} to {max(steps):.3g} s apart, not at one interval"


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _unknown(unit: str) -> str:
    return f"its unit of time, {unit!r}, is not known"
