"""Values that options of the command line accept: text in, the value out, ArgumentTypeError for any other text."""

import argparse
from pathlib import Path


def folder(text: str) -> Path:
    """Return the folder of this name."""
    return _named(text, "a folder")


def file(text: str) -> Path:
    """Return the file of this name."""
    return _named(text, "a file")


def table(text: str) -> Path | None:
    """Return the file of a table, or None for standard output (-); a file named - is written ./-"""
    return None if text == "-" else _named(text, "a file")


def _named(text: str, what: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of {what}")
    if text == "-":
        raise argparse.ArgumentTypeError(f"only tables can go to standard output; give {what} (./- is one)")
    return Path(text)


def positive(text: str) -> float:
    """Return a positive number."""
    return _number(text, 0.0, float("inf"), "a positive number")


def not_negative(text: str) -> float:
    """Return a number of 0 or more."""
    return 0.0 if text.strip() == "0" else _number(text, 0.0, float("inf"), "0 or a positive number")


def share(text: str) -> float:
    """Return a number above 0 and below 1."""
    return _number(text, 0.0, 1.0, "a number above 0, below 1")


def _number(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low < value < high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def count(text: str) -> int:
    """Return a whole number of 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def at_least_one(text: str) -> int:
    """Return a whole number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)
