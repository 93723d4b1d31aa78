"""Images beside the card of a network: what is said of one that looks different, and that others are left in peace."""

from pathlib import Path

import numpy as np
import pytest
from builders.images import spots
from builders.shipped import APPEARANCE, card_of

from unetlib.models.card import Range
from unetlib.models.resemblance import Resemblance

IMAGE = Path("a.tif")


def notes(image, instances, **appearance):
    looks = Resemblance(card_of("discs", appearance=APPEARANCE.model_copy(update=appearance)))
    looks.see(image, instances)
    return looks.notes(IMAGE)


@pytest.fixture
def image():
    return spots(70, 70)


@pytest.fixture
def instances(image):
    return (image > 90).astype(np.uint32)


def test_an_image_like_those_that_trained_is_not_mentioned(image, instances):
    assert 0.1 < instances.mean() < 0.3
    assert notes(image, instances) == []


def test_the_wrong_polarity_is_said(image, instances):
    (line,) = notes(255 - image, instances)
    assert line.startswith("a.tif: its objects look dark on a bright ground") and "invert the image" in line
    dark = {"skew": Range(low=-0.5, high=-0.1)}
    assert notes(255 - image, instances, **dark) == []
    assert "look bright on a dark ground" in notes(image, instances, **dark)[0]


def test_networks_of_both_polarities_take_either(image, instances):
    both = {"skew": Range(low=-0.5, high=0.5)}
    assert notes(image, instances, **both) == notes(255 - image, instances, **both) == []


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "no cell was found"), (0.04, "less than half"), (0.07, ""), (0.5, ""), (0.7, "far more"), (1.0, "far more")],
)
def test_foreground_that_is_far_off_is_said(image, share, said):
    instances = np.zeros(image.shape, np.uint32)
    instances.ravel()[: round(share * instances.size)] = 1
    found = notes(image, instances)
    assert len(found) == bool(said) and said in "".join(found)
    assert not found or "10% to 30% in the training images of discs" in found[0]


def test_much_foreground_is_not_far_off_where_much_is_normal(image):
    wide = {"foreground": Range(low=0.5, high=0.8)}
    instances = np.ones(image.shape, np.uint32)
    instances[:16] = 0
    assert notes(image, instances, **wide) == []
    assert "far more" in notes(image, np.ones_like(instances), **wide)[0]


def test_another_bit_depth_is_said(image, instances):
    (line,) = notes(image.astype(np.uint16) * 200, instances)
    assert "it is 16-bit, and discs was trained on 8-bit" in line
    assert "fractions up to 1" in notes(image / np.float32(256), instances)[0]
    assert notes(image.astype(np.float32), instances) == []  # grey of colour images is a float
    assert notes(image.astype(np.uint16) * 200, instances, full_scales=(255, 65535)) == []


def test_planes_of_a_stack_count_together(image, instances):
    looks = Resemblance(card_of("discs"))
    assert looks.notes(IMAGE) == []
    looks.see(image, instances)
    looks.see(image, instances * 0)  # one empty frame of a movie is nothing to speak of
    assert looks.notes(IMAGE) == []
