"""Samples of one small image, with every kind of annotation."""

from dataclasses import replace

import numpy as np

from unetlib.datasets.dataset import Sample

IMAGE = np.arange(30, dtype=np.uint8).reshape(5, 6)
GOLD = np.zeros((5, 6), np.uint16)
GOLD[1:3, 1:3], GOLD[3:, 4:] = 1, 300
SILVER = np.roll(GOLD, 1, axis=1)
UNKNOWN = np.zeros((5, 6), bool)
UNKNOWN[0, 5] = True


def sample(frame: str = "01-t000", **changes: object) -> Sample:
    base = Sample(frame, "01", 0, "01", "phase-contrast", IMAGE, labels=GOLD, where="01/t000.tif")
    return replace(base, **changes)  # type: ignore[arg-type]


def four() -> list[Sample]:
    """One frame of every kind of annotation: gold, partial (beside silver), silver, none."""
    return [
        sample("gold", pixel_size_um=0.65),
        sample("partial", time=1, image=IMAGE[::-1], silver=SILVER, ignore=UNKNOWN, markers=GOLD, overlap_px=3),
        sample("silver", time=2, labels=None, silver=SILVER, image=IMAGE.astype(np.uint16) * 900),
        sample("none", time=3, labels=None, image=IMAGE.astype(np.float32) / 7),
    ]
