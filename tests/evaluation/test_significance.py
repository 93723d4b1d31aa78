"""The sign-flip test, Holm's correction and the rank effect against scipy, loops and numbers one can check by eye."""

import itertools

import numpy as np
import pytest
from scipy import stats

from unetlib.evaluation.significance import holm, rank_biserial, sign_flip


@pytest.mark.parametrize("n", [1, 2, 5, 9, 13])
def test_every_sign_pattern_is_tried(n: int) -> None:
    parts = np.random.default_rng(n).normal(0.4, 1, n)
    patterns = itertools.product((1, -1), repeat=n)
    sums = [abs(sum(sign * part for sign, part in zip(signs, parts, strict=True))) for signs in patterns]
    expected = sum(total >= abs(sum(parts)) - 1e-9 for total in sums) / 2**n
    assert sign_flip(parts, "") == pytest.approx(expected)


def by_scipy(parts: np.ndarray, resamples: int) -> float:
    """The p of SciPy's permutation test of the same statistic."""
    return float(
        stats.permutation_test(
            (parts,),
            lambda x, axis: np.abs(x.sum(axis=axis)),
            permutation_type="samples",
            alternative="greater",
            n_resamples=resamples,
            rng=1,
        ).pvalue
    )


@pytest.mark.parametrize("n", [2, 6, 9, 13])
@pytest.mark.parametrize("digits", [1, 9])
def test_all_sign_patterns_agree_with_scipy(n: int, digits: int) -> None:
    parts = np.random.default_rng(n).normal(0.2, 1, n).round(digits)  # one digit: many patterns have equal sums
    assert sign_flip(parts, "") == pytest.approx(by_scipy(parts, 2**n), abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.2, 0.5])
def test_random_signs_agree_with_scipy(shift: float) -> None:
    parts = np.random.default_rng(0).normal(shift, 1, 25)
    assert sign_flip(parts, "a") == pytest.approx(by_scipy(parts, 20_000), abs=0.025)  # three standard errors of either
    assert sign_flip(parts, "a") == sign_flip(parts, "a") != sign_flip(parts, "b")


def test_a_sum_of_zero_and_a_single_unit_have_p_one() -> None:
    assert sign_flip(np.array([0.1, 0.2, -0.3]), "") == 1.0  # its sum is 5.6e-17
    assert sign_flip(np.array([0.7]), "") == 1.0


def test_six_of_one_sign_are_three_per_cent_and_never_nothing() -> None:
    assert sign_flip(np.full(6, 0.1), "") == 2 / 64
    assert sign_flip(np.full(100, 0.1), "") == 1 / 10_000
    assert sign_flip(np.zeros(8), "") == 1.0


@pytest.mark.parametrize("n", [6, 100])
def test_what_is_not_known_is_not_significant(n: int) -> None:
    assert np.isnan(sign_flip(np.array([*np.full(n - 1, 0.1), np.nan]), ""))


def test_a_weighted_pair_is_flipped_as_one() -> None:
    assert sign_flip(np.array([3.0, 1.0, 1.0]), "") == 0.25  # ±5 only; without the 3 it would be ±3 ±1 ±1
    assert sign_flip(np.array([3.0, 1.0, -1.0]), "") == 0.75


def test_holm_steps_down() -> None:
    """The example of Wright (1992): 0.01, 0.02, 0.03, 0.04 become 0.04, 0.06, 0.06, 0.06."""
    assert holm(np.array([0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm(np.array([0.5, 0.9])) == pytest.approx([1.0, 1.0])
    assert holm(np.array([])).tolist() == []
    assert holm(np.array([np.nan, 0.02, 0.03])) == pytest.approx([np.nan, 0.04, 0.04], nan_ok=True)


@pytest.mark.parametrize("seed", range(5))
def test_holm_equals_the_naive_twin(seed: int) -> None:
    p = np.random.default_rng(seed).random(7).round(1)
    ranked = sorted(p)
    steps = [min(1, max((len(p) - k) * ranked[k] for k in range(place + 1))) for place in range(len(p))]
    assert sorted(holm(p)) == pytest.approx(sorted(steps))


@pytest.mark.parametrize("seed", range(5))
def test_rank_biserial_is_wilcoxons_statistic_rescaled(seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.3, 1, 15).round(1)
    moved = differences[differences != 0]
    rose = stats.wilcoxon(moved, alternative="greater").statistic  # the rank sum of the positive ones
    assert rank_biserial(differences) == pytest.approx(4 * rose / (len(moved) * (len(moved) + 1)) - 1)


def test_rank_biserial_at_its_ends() -> None:
    assert rank_biserial(np.array([0.1, 0.2, 0.0])) == 1.0
    assert rank_biserial(np.array([-0.1, -0.2])) == -1.0
    assert rank_biserial(np.array([0.1, -0.1])) == 0.0
    assert rank_biserial(np.zeros(3)) == 0.0
