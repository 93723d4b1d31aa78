"""weights: the map against its definition, all distances to all instances of the whole image, sorted."""

import numpy as np
import pytest
from builders.label_images import discs
from builders.weight_maps import FORMS, form_settings, naive_map

from unetlib.imaging.labels import boxes, separate_touching
from unetlib.imaging.settings import WeightMapSettings
from unetlib.imaging.weight_maps import _sum_within, border_term, class_term, reach_px, weight_map

CASES = [
    *((seed, shape, 7, 5) for seed, shape in enumerate([(70, 90), (128, 40), (1, 80), (30, 30)])),
    (4, (200, 170), 5, 25),
    (5, (150, 150), 60, 9),
    (6, (60, 61), 40, 1.2),
    (7, (40, 40), 2, 3),
]


def case(seed: int, shape: tuple[int, int], count: int, radius_px: float) -> np.ndarray:
    return separate_touching(discs(np.random.default_rng(seed), shape, count, radius_px))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("arguments", CASES)
def test_map_equals_its_definition(form: str, arguments: tuple) -> None:
    labels = case(*arguments)
    assert len(np.unique(labels)) > 2
    weights = weight_map(labels, form_settings(form))
    assert weights.dtype == np.float32 and weights.shape == labels.shape
    np.testing.assert_allclose(weights, naive_map(labels, form_settings(form)), rtol=0, atol=1e-5)
    assert weights[labels > 0].min() >= 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("arguments", CASES)
def test_map_with_the_border_inside_cells_equals_its_definition(form: str, arguments: tuple) -> None:
    labels, settings = case(*arguments), form_settings(form, border_inside_cells=True)
    weights = weight_map(labels, settings)
    np.testing.assert_allclose(weights, naive_map(labels, settings), rtol=0, atol=1e-5)
    plain = weight_map(labels, form_settings(form))
    np.testing.assert_array_equal(weights[labels == 0], plain[labels == 0])
    assert (weights[labels > 0] > plain[labels > 0]).any(), "and that is the mistake"


def test_the_border_inside_a_cell_by_hand() -> None:
    """levitsky2024: inside a cell d1 is 0 and d2 the way to the next cell: here 5 and 3 px."""
    labels = np.zeros((1, 9), np.uint16)
    labels[0, 1:4], labels[0, 6] = 1, 2
    weights = weight_map(labels, WeightMapSettings(border_inside_cells=True))
    np.testing.assert_allclose(weights[0, [1, 3]], 1 + 10 * np.exp(-np.array([25, 9]) / 50), rtol=1e-6)


@pytest.mark.parametrize("sigma_px", [0.7, 3, 12])
def test_border_term_for_other_widths(sigma_px: float) -> None:
    labels = case(11, (110, 130), 25, 8)
    expected = naive_map(labels, form_settings("paper", class_balance=0, sigma_px=sigma_px))
    border = border_term(labels, w0=10, sigma_px=sigma_px)
    np.testing.assert_allclose(border, np.where(labels > 0, 0, expected - 1), rtol=0, atol=1e-5)
    assert border.max() > 0.1, "the case has gaps to weight"


def test_scattered_and_hooked_instances() -> None:
    """Boxes overlap where the instances do not: pixels strewn at random, and frames around one another."""
    random = np.random.default_rng(1)
    for density in (0.002, 0.01, 0.1):
        labels = (random.integers(1, 6, (90, 110)) * (random.random((90, 110)) < density)).astype(np.uint16)
        np.testing.assert_allclose(
            weight_map(labels, form_settings("plugin")), naive_map(labels, form_settings("plugin")), rtol=0, atol=1e-5
        )
    hook = np.zeros((120, 120), np.uint16)
    hook[118, 20:] = hook[20:, 118] = 1
    for row, column in ((20, 20), (10, 10), (20, 60), (60, 20), (95, 95)):
        labels = hook.copy()
        labels[row : row + 4, column : column + 4] = 2
        expected = naive_map(labels, form_settings("paper"))
        np.testing.assert_allclose(weight_map(labels, form_settings("paper")), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_every_foreground_weight_is_at_least_one_whatever_the_ids(form: str) -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        labels = discs(random, (48, 56), int(random.integers(1, 30)), random.uniform(2, 12))
        settings = form_settings(form, class_balance=random.uniform(0, 1))
        weights = weight_map(labels, settings)
        assert weights[labels > 0].min() >= 1
        ids = np.concatenate([[0], 1 + random.permutation(labels.max())]).astype(np.uint16)
        np.testing.assert_array_equal(weight_map(ids[labels], settings), weights)


def test_two_pixels_by_hand() -> None:
    """Between two single pixels 4 px apart d1 + d2 = 4 all the way: 10·exp(−16/50) on top of the class weight."""
    labels = np.zeros((1, 9), np.uint16)
    labels[0, 2], labels[0, 6] = 1, 2
    weights = weight_map(labels, form_settings("paper", class_balance=0))
    np.testing.assert_allclose(weights[0, 3:6], 1 + 10 * np.exp(-16 / 50), rtol=1e-6)
    np.testing.assert_allclose(weights[0, [1, 7]], 1 + 10 * np.exp(-36 / 50), rtol=1e-6)
    assert weights[0, 2] == weights[0, 6] == 1


@pytest.mark.parametrize("form", FORMS)
def test_ignored_pixels_weigh_nothing_and_change_no_other(form: str) -> None:
    labels = case(5, (80, 80), 20, 8)
    ignore = np.zeros(labels.shape, np.uint8)
    ignore[10:40, 5:50] = 1
    settings = form_settings(form, class_balance=0)
    weights, whole = weight_map(labels, settings, ignore=ignore), weight_map(labels, settings)
    assert not weights[ignore == 1].any() and whole[ignore == 1].all()
    np.testing.assert_array_equal(weights[ignore == 0], whole[ignore == 0])


@pytest.mark.parametrize("form", FORMS)
def test_terms_add_up(form: str) -> None:
    labels, settings = case(1, (90, 90), 20, 8), form_settings(form)
    total = class_term(labels, settings) + border_term(labels, w0=settings.w0, sigma_px=settings.sigma_px)
    np.testing.assert_array_equal(weight_map(labels, form_settings(form)), total)


def test_fewer_than_two_instances_have_no_border_term() -> None:
    one = np.zeros((30, 30), np.uint16)
    assert not border_term(one, w0=10, sigma_px=5).any()
    one[5:9, 5:9] = 300
    assert not border_term(one, w0=10, sigma_px=5).any()
    assert (weight_map(np.zeros((4, 5), np.uint16), form_settings("paper")) == 1).all()
    assert (weight_map(np.ones((4, 5), np.uint16), form_settings("paper")) == 1).all()
    assert (weight_map(np.zeros((4, 5), np.uint16), form_settings("plugin")) == np.float32(0.1)).all()
    assert (weight_map(np.ones((4, 5), np.uint16), form_settings("plugin")) == 1).all()


def test_no_border_weight() -> None:
    labels = case(5, (80, 80), 20, 8)
    assert not border_term(labels, w0=0, sigma_px=5).any()
    assert reach_px(0, 5) == 0


def test_reach_is_where_the_term_becomes_negligible() -> None:
    for w0, sigma_px in ((10, 5), (50, 6), (1, 0.5)):
        assert w0 * np.exp(-(reach_px(w0, sigma_px) ** 2) / (2 * sigma_px**2)) == pytest.approx(1e-6)
    assert reach_px(10, 5) == pytest.approx(28.4, abs=0.05)


def test_axis_intervals_hold_every_pixel_whose_distances_sum_to_the_reach() -> None:
    random, position = np.random.default_rng(0), np.arange(-60, 130)
    for _ in range(500):
        (a0, a1), (b0, b1) = (np.sort(random.choice(60, 2, replace=False)) for _ in range(2))
        reach = int(random.integers(1, 30))
        to_a = np.maximum(0, np.maximum(a0 - position, position - (a1 - 1)))
        to_b = np.maximum(0, np.maximum(b0 - position, position - (b1 - 1)))
        near = position[to_a + to_b <= reach]
        first, end = _sum_within(np.array([[a0, a1]]), np.array([[b0, b1]]), reach)
        if len(near):
            assert near[0] - 1 <= first[0, 0] <= near[0] and near[-1] + 1 <= end[0, 0] <= near[-1] + 2


def test_many_instances_come_in_several_blocks_of_pairs() -> None:
    labels = np.zeros((70, 70), np.uint16)
    labels[::4, ::4] = np.arange(1, 325).reshape(18, 18)
    assert len(boxes(labels)[0]) == 324
    settings = form_settings("paper", sigma_px=2)
    np.testing.assert_allclose(weight_map(labels, settings), naive_map(labels, settings), rtol=0, atol=1e-5)


def test_weights_by_instance_id_are_a_mistake_that_only_a_pitfall_makes() -> None:
    """cabrera2026 looked class weights up by instance id: of all instances only number 1 weighs anything."""
    labels = np.zeros((9, 12), np.uint16)
    labels[1:4, 1:4], labels[1:4, 6:9], labels[6:8, 1:9] = 1, 2, 7
    wrong, right = (
        weight_map(labels, WeightMapSettings(form=form, class_balance=0)) for form in ("id_indexed", "paper")
    )
    np.testing.assert_array_equal(wrong[labels > 1], 0)
    np.testing.assert_array_equal(wrong[labels <= 1], right[labels <= 1])
