"""Otsu's threshold and a watershed of the distance to the background: the segmentation before deep learning.

An external tool as any other: it knows nothing of unetlib, reads a folder of images and writes a folder of labels.
Foreground is the rarer side of the threshold (the brighter one at equal sizes), as in the study's baseline "otsu".
"""

import argparse
from pathlib import Path

import numpy as np
import tifffile
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed


def segment(image: np.ndarray, *, sigma_px: float, min_distance_px: int) -> np.ndarray:
    """Return instance ids, (H, W) uint16 or int32, 0 = background, of a grey image of any dtype."""
    smooth = ndimage.gaussian_filter(image.astype(np.float64), sigma_px)
    if smooth.min() == smooth.max():
        return np.zeros(image.shape, np.uint16)
    bright = smooth > threshold_otsu(smooth)
    mask = ~bright if 2 * np.count_nonzero(bright) > bright.size else bright
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), sigma_px)
    pieces, _ = ndimage.label(mask)
    peaks = peak_local_max(distance, min_distance=min_distance_px, labels=pieces, exclude_border=False)
    markers = np.zeros(image.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels = watershed(-distance, markers, mask=mask)
    return labels.astype(np.uint16 if labels.max() < 2**16 else np.int32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="folder of TIFF images")
    parser.add_argument("--output", type=Path, required=True, help="folder for label images of the same names")
    parser.add_argument("--sigma-px", type=float, default=2.0, help="smoothing of image and distance")
    parser.add_argument("--min-distance-px", type=int, default=7, help="least distance between the seeds of two cells")
    options = parser.parse_args()
    for path in sorted(options.images.glob("*.tif")):
        labels = segment(tifffile.imread(path), sigma_px=options.sigma_px, min_distance_px=options.min_distance_px)
        tifffile.imwrite(options.output / path.name, labels, compression="zlib", metadata=None, software=False)


if __name__ == "__main__":
    main()
