"""Instance settings follow the labelled cells: small cells are kept, and the depth that parts them best is taken."""

import numpy as np
import pytest
from builders.config import ROOT

from unetlib.imaging.settings import InstanceSettings, SeedSettings
from unetlib.training import fitted_instances
from unetlib.training.fitted_instances import _best, _depths, told


def touching(radius=9, gap=14):
    """Two discs that overlap, as one blob of probability, and the truth that parts them."""
    yy, xx = np.mgrid[:40, :60]
    near = [(yy - 20) ** 2 + (xx - 20 - shift) ** 2 for shift in (0, gap)]
    labels = np.where(near[0] < near[1], 1, 2) * (np.minimum(*near) < radius**2)
    return (labels > 0).astype(np.float32), labels, None


def test_a_depth_too_large_for_the_cells_is_replaced_by_one_that_parts_them():
    start = InstanceSettings(watershed_depth_px=16)
    found = _best([touching()], list(_depths(start)))
    assert 0 < found.watershed_depth_px < 8
    assert told(start, found) == f"watershed depth {found.watershed_depth_px:g} px instead of 16"


def test_the_depth_stays_where_no_other_is_better():
    apart = touching(gap=25)
    start = InstanceSettings(watershed_depth_px=4)
    assert _best([apart], list(_depths(start))) == start and told(start, start) == ""


class Labelled:
    """A dataset with one image, whose cells have these areas."""

    folder = ROOT

    def __init__(self, areas):
        self.labels = np.repeat(np.arange(len(areas) + 1), [5, *areas])[None]

    def best_truth(self, frame):
        return self.labels, None


@pytest.mark.parametrize(
    ("areas", "least", "kept"),
    [
        ([40] * 20, 100, 20),
        ([400] * 20, 100, 100),
        ([4000] * 20, 10, 400),
        ([1], 100, 1),
        ([], 100, 100),
        ([3] + [300] * 60, 100, 100),
    ],
)
def test_the_smallest_cell_follows_the_labels(areas, least, kept):
    how = _Prediction(InstanceSettings(min_area_px=least, seeds=SeedSettings()))
    made = fitted_instances.fitted(None, Labelled(areas), ["a"], how, None)
    assert made.instances.min_area_px == kept


class _Prediction:
    """Prediction settings as far as they are fitted."""

    def __init__(self, instances):
        self.instances = instances

    def model_copy(self, update):
        return _Prediction(**update)
