"""Measure every cell of a label image (H, W): size, position, shape and, with an intensity image, grey values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.io.files import Row

SHAPE = (
    "area_px",
    "centroid_row_px",
    "centroid_column_px",
    "major_axis_px",
    "minor_axis_px",
    "perimeter_px",
    "eccentricity",
    "solidity",
    "touches_border",
)
MICROMETRES = (
    "pixel_size_um",
    "area_um2",
    "centroid_row_um",
    "centroid_column_um",
    "major_axis_um",
    "minor_axis_um",
    "perimeter_um",
)
INTENSITY = ("intensity_mean", "intensity_sd", "intensity_min", "intensity_max", "intensity_sum")
_PROPERTIES = {  # ours: scikit-image's
    "area_px": "area",
    "centroid_row_px": "centroid-0",
    "centroid_column_px": "centroid-1",
    "major_axis_px": "axis_major_length",
    "minor_axis_px": "axis_minor_length",
    "perimeter_px": "perimeter",
    "eccentricity": "eccentricity",
    "solidity": "solidity",
}


def measure(
    labels: NDArray[Any], intensity: NDArray[Any] | None = None, pixel_size_um: float | None = None
) -> list[Row]:
    """Return one row per id of a label image (H, W), in ascending order: SHAPE, MICROMETRES, INTENSITY.

    Area counts pixels; centroids are from the centre of the first pixel, rows down; axes are those of the ellipse
    with the same second moments; perimeter is scikit-image's estimate along 4-connected borders; solidity = area /
    area of the convex hull of the pixels (all as skimage.measure.regionprops). touches_border: in the first or last
    row or column. Without a pixel size, MICROMETRES are None; without intensity (H, W), INTENSITY are None.
    intensity_sd is that of the population, intensity_sum in grey values.
    """
    from skimage.measure import regionprops_table

    ids = np.unique(labels[labels > 0])
    if not len(ids):
        return []
    compact = np.searchsorted(ids, labels) + 1  # ids may be huge: regionprops wants them small
    compact[labels == 0] = 0
    names = sorted({name.partition("-")[0] for name in _PROPERTIES.values()})
    table = regionprops_table(compact, properties=names)
    columns = {ours: table[theirs] for ours, theirs in _PROPERTIES.items()}
    columns["area_px"] = np.rint(columns["area_px"]).astype(np.int64)  # a count of pixels
    edges = np.concatenate([compact[0], compact[-1], compact[:, 0], compact[:, -1]])
    columns["touches_border"] = np.isin(np.arange(1, len(ids) + 1), edges)
    columns |= _micrometres(columns, pixel_size_um)
    columns |= _intensities(compact, intensity, len(ids))
    return [
        {"label": int(name)} | {key: None if column is None else column[row].item() for key, column in columns.items()}
        for row, name in enumerate(ids)
    ]


def _micrometres(columns: dict[str, NDArray[Any]], size: float | None) -> dict[str, NDArray[Any] | None]:
    if size is None:
        return dict.fromkeys(MICROMETRES)
    lengths = {name: columns[f"{name[:-3]}_px"] * size for name in MICROMETRES[2:]}
    return {
        "pixel_size_um": np.full(len(columns["area_px"]), size),
        "area_um2": columns["area_px"] * size**2,
        **lengths,
    }


def _intensities(labels: NDArray[np.int64], picture: NDArray[Any] | None, count: int) -> dict[str, NDArray[Any] | None]:
    """Return grey-value statistics by id, in float64 for every dtype, so that sums of 16-bit images do not overflow."""
    if picture is None:
        return dict.fromkeys(INTENSITY)
    inside = labels > 0
    ids, values = labels[inside] - 1, picture[inside].astype(np.float64)
    areas = np.bincount(ids, minlength=count)
    sums = np.bincount(ids, values, count)
    means = sums / areas
    lowest, highest = np.full(count, np.inf), np.full(count, -np.inf)
    with np.errstate(invalid="ignore"):  # NaN and infinity stay in the table
        np.minimum.at(lowest, ids, values)
        np.maximum.at(highest, ids, values)
        deviation = np.sqrt(np.bincount(ids, np.square(values - means[ids]), count) / areas)
    if picture.dtype.kind in "uib" and picture.dtype.itemsize <= 4:  # exact in float64, and whole numbers
        lowest, highest, sums = (np.rint(part).astype(np.int64) for part in (lowest, highest, sums))
    return dict(zip(INTENSITY, (means, deviation, lowest, highest, sums), strict=True))
