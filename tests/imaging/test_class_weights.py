"""Class weights: the rarer class weighs more, and their mean is 1 where that is asked for."""

import numpy as np
import pytest
from builders.weight_maps import form_settings

from unetlib.imaging.weight_maps import class_term, weight_map


@pytest.mark.parametrize("class_balance", [0, 0.5, 1])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_class_weights_of_mean_one(class_balance: float, share: float) -> None:
    """With class_balance 1 they are inverse frequencies, n / (2·n_class); without, the same times a factor."""
    labels = np.zeros((20, 50), np.uint16)
    labels.ravel()[: int(share * labels.size)] = 1
    settings = form_settings("paper", class_balance=class_balance, class_mean_one=True)
    weights, plain = (
        class_term(labels, settings),
        class_term(labels, form_settings("paper", class_balance=class_balance)),
    )
    assert weights.mean() == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(weights / weights[-1, -1], plain / plain[-1, -1], rtol=1e-5)
    if class_balance == 1:
        frequency = np.where(labels > 0, share, 1 - share)
        np.testing.assert_allclose(weights, 1 / (2 * frequency), rtol=1e-5)
        assert plain.min() == 1 and plain.max() == pytest.approx(weights.max() * 2 * max(share, 1 - share), rel=1e-5)


def test_class_weights_of_mean_one_count_known_pixels_alone() -> None:
    labels = np.zeros((10, 10), np.uint16)
    labels[:2] = 1
    ignore = np.zeros((10, 10), bool)
    ignore[6:] = True
    settings = form_settings("paper", class_balance=1, class_mean_one=True)
    weights = weight_map(labels, settings, ignore=ignore)
    assert weights[0, 0] == pytest.approx(60 / (2 * 20)) and weights[5, 0] == pytest.approx(60 / (2 * 40))
    assert not weights[6:].any()


def test_class_balance_raises_the_rarer_class_only() -> None:
    labels = np.zeros((10, 10), np.uint16)
    labels[:2] = 1
    for balance, expected in ((0, 1), (0.5, 2), (1, 4)):
        weights = class_term(labels, form_settings("paper", class_balance=balance))
        assert np.unique(weights[:2]).tolist() == [expected] and (weights[2:] == 1).all()
    inverse = class_term((labels == 0).astype(np.uint16), form_settings("paper", class_balance=1))
    assert (inverse[:2] == 4).all() and (inverse[2:] == 1).all()
    ignore = np.zeros((10, 10), bool)
    ignore[4:] = True
    assert (class_term(labels, form_settings("paper", class_balance=1), ignore=ignore) == 1).all(), "2 rows against 2"
