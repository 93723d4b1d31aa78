"""The weight map by its definition: all distances to all instances of the whole image, sorted."""

import numpy as np
from scipy import ndimage

from unetlib.imaging.settings import WeightMapSettings

FORMS = {
    "paper": {"w0": 10, "sigma_px": 5, "class_balance": 0.5, "background": 0.1, "sigma1_px": 10},
    "plugin": {"w0": 50, "sigma_px": 6, "class_balance": 0, "background": 0.1, "sigma1_px": 10},
}


def form_settings(form: str, **changes: float) -> WeightMapSettings:
    return WeightMapSettings(form=form, **{**FORMS[form], **changes})


def distances(labels: np.ndarray) -> np.ndarray:
    ids = np.unique(labels[labels > 0])
    every = [ndimage.distance_transform_edt(labels != label) for label in ids]
    return np.sort(np.stack([*every, np.full(labels.shape, np.inf), np.full(labels.shape, np.inf)]), axis=0)


def naive_map(labels: np.ndarray, settings: WeightMapSettings) -> np.ndarray:
    d1, d2 = distances(labels)[:2]
    foreground, w0, sigma = labels > 0, settings.w0, settings.sigma_px
    cells = settings.border_inside_cells
    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    if settings.form == "plugin":
        least = settings.background
        fading = least + (1 - least) * np.exp(-(d1**2) / (2 * settings.sigma1_px**2))
        return np.where(foreground, 1 + cells * border, fading + border)
    inside, outside = foreground.sum(), (~foreground).sum()
    ratio = (max(inside, outside) / max(min(inside, outside), 1)) ** settings.class_balance
    inside_weight, outside_weight = (ratio, 1) if inside < outside else (1, ratio)
    mean = (inside * inside_weight + outside * outside_weight) / labels.size if settings.class_mean_one else 1
    return np.where(foreground, inside_weight / mean + cells * border, outside_weight / mean + border)
