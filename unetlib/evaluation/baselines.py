"""Trivial predictors that every table lists beside the networks."""

import numpy as np

ALL_FOREGROUND, ALL_BACKGROUND, OTSU = "all-foreground", "all-background", "otsu"
TRIVIAL = (ALL_FOREGROUND, ALL_BACKGROUND, OTSU)  # names of the predictors, in the order of every table


def trivial_masks(image: np.ndarray) -> dict[str, np.ndarray]:
    """Return the foreground mask, bool (H, W), of each of the TRIVIAL predictors, which need no training, by name.

    otsu: Otsu's threshold (1979). The smaller of the two sides is the foreground, the brighter one if they are equal.
    scikit-image uses one histogram bin per value for integers and 256 bins for floats.
    """
    from skimage.filters import threshold_otsu  # 3 s to import, which planning a study would pay for

    bright = image > threshold_otsu(image)
    return {
        ALL_FOREGROUND: np.ones(image.shape, dtype=bool),
        ALL_BACKGROUND: np.zeros(image.shape, dtype=bool),
        OTSU: ~bright if 2 * np.count_nonzero(bright) > bright.size else bright,
    }
