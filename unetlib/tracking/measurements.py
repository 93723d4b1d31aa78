"""One row per cell of a label image: size, place, shape and, where an intensity image is given, grey values."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unetlib.imaging.instance_check import instance_fault, instances_of_mask
from unetlib.io.axes import EVERYTHING, Choice
from unetlib.io.pairing import image_of_each, in_natural_order
from unetlib.io.stacks import Stack, open_stack

IDENTITY = ("file", "page", "frame", "label")
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
COLUMNS = IDENTITY + SHAPE + MICROMETRES + INTENSITY
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


REMEDIES = "add --masks, and its components are the cells, or label them first: one whole number per cell"


class MeasureError(ValueError):
    """Label images or intensity images that cannot be measured."""


def measure(
    labels: NDArray[Any], intensity: NDArray[Any] | None = None, pixel_size_um: float | None = None
) -> list[dict[str, Any]]:
    """Return one row per id of a label image (H, W), in the order of the ids: SHAPE, MICROMETRES, INTENSITY.

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


def measure_files(
    labels: list[Path], intensities: list[Path] | None, pixel_size_um: float | None
) -> Iterator[dict[str, Any]]:
    """Yield the rows (COLUMNS) of all planes of the label files; `page` counts from 0, `file` is the path given.

    intensities: one file per label file, of the same size, found by name (`pairing.image_of_each`). The pixel size is
    that of the label file, else of the intensity file, unless one is given. Labels may be floats that are whole
    numbers, as Fiji saves them. One plane is in memory at a time. Raises MeasureError, PairingError and ImageError
    naming the file.
    """
    pictures = pair(labels, intensities or [])
    for path in in_natural_order(labels):
        yield from measure_file(path, pictures.get(path), pixel_size_um)


def pair(labels: list[Path], intensities: list[Path]) -> dict[Path, Path]:
    """Return the intensity image of each label file, by name; nothing where none is given. PairingError as it says."""
    return dict(zip(labels, image_of_each(labels, intensities), strict=True)) if intensities else {}


def measure_file(
    path: Path,
    intensity: Path | None,
    pixel_size_um: float | None,
    *,
    choice: Choice = EVERYTHING,
    masks: bool = False,
) -> list[dict[str, Any]]:
    """Return the rows (COLUMNS) of all planes of one label file; pages and frames count from 0.

    frame: where the plane is in time, as in tracks.csv: the number of a mask that `track` wrote, else the page. choice:
    the channel of the intensity image, and the z plane of files that have several. masks: the components of what is not
    0 are the cells. See `measure_files`.
    """
    with ExitStack() as stack:
        pages = stack.enter_context(open_stack(path, choice=Choice(frames_axis=choice.frames_axis), masks=masks))
        greys = None if intensity is None else stack.enter_context(open_stack(intensity, choice=choice))
        return list(_rows(pages, greys, pixel_size_um, masks))


def frame_of(path: Path, page: int) -> int:
    """Return which frame of its movie a page is, from 0: of a mask in a tracking result its number, else the page."""
    number = re.fullmatch(r"mask(\d{3,})", path.stem)
    return int(number[1]) if number and (path.parent / "res_track.txt").is_file() else page


def label_plane(pages: Stack, page: int, *, masks: bool = False) -> NDArray[np.int64]:
    """Return the instance ids (H, W) of a plane; with masks, the components of what is not 0.

    MeasureError for fractions and negative ids, and for what cannot be instances by its structure
    (`instance_check.instance_fault`); ImageError for colour.
    """
    where = pages.where(page)
    values = pages.plane(page).labels(where)
    if masks:
        return instances_of_mask(values).astype(np.int64)
    if values.dtype.kind == "f" and not np.array_equal(values, np.floor(values)):
        raise MeasureError(f"{where}: holds fractions; {REMEDIES}")
    if values.size and values.min() < 0:
        raise MeasureError(f"{where}: holds the negative id {values.min()}; give 0 for background, 1… for cells")
    ids = values.astype(np.int64)
    if fault := instance_fault(values if values.dtype.kind == "u" else ids):
        raise MeasureError(f"{where}: {fault}: a mask, not labels of single cells; {REMEDIES}")
    return ids


def _rows(pages: Stack, greys: Stack | None, pixel_size_um: float | None, masks: bool) -> Iterator[dict[str, Any]]:
    size = pixel_size_um or pages.calibration.pixel_size_um(str(pages.path))
    if greys is not None:
        size = size or greys.calibration.pixel_size_um(str(greys.path))
        found = [(len(part), part.height, part.width) for part in (pages, greys)]
        if found[0] != found[1]:
            shapes = ["×".join(map(str, shape)) for shape in found]
            raise MeasureError(
                f"{greys.path}: planes × rows × columns are {shapes[1]}, but {shapes[0]} in {pages.path}; "
                "give images of the same size"
            )
    for page in range(len(pages)):
        picture = None if greys is None else greys.plane(page)[:, :]
        for row in measure(label_plane(pages, page, masks=masks), picture, size):
            yield {"file": str(pages.path), "page": page, "frame": frame_of(pages.path, page), **row}


def _micrometres(columns: dict[str, NDArray[Any]], size: float | None) -> dict[str, NDArray[Any] | None]:
    if size is None:
        return dict.fromkeys(MICROMETRES)
    lengths = {name: columns[f"{name[:-3]}_px"] * size for name in MICROMETRES[2:]}
    return {
        "pixel_size_um": np.full(len(columns["area_px"]), size),
        "area_um2": columns["area_px"] * size**2,
        **lengths,
    }


def _intensities(labels: NDArray[np.int64], picture: NDArray[Any] | None, count: int) -> dict[str, Any]:
    """Grey values by id, in float64 whatever the dtype: sums of 16-bit images do not overflow."""
    if picture is None:
        return dict.fromkeys(INTENSITY)
    inside = labels > 0
    ids, values = labels[inside] - 1, picture[inside].astype(np.float64)
    areas = np.bincount(ids, minlength=count)
    sums = np.bincount(ids, values, count)
    means = sums / areas
    lowest, highest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(lowest, ids, values)
    np.maximum.at(highest, ids, values)
    deviation = np.sqrt(np.bincount(ids, np.square(values - means[ids]), count) / areas)
    if picture.dtype.kind in "uib" and picture.dtype.itemsize <= 4:  # exact in float64, and whole numbers
        lowest, highest, sums = (np.rint(part).astype(np.int64) for part in (lowest, highest, sums))
    return dict(zip(INTENSITY, (means, deviation, lowest, highest, sums), strict=True))
