"""The moderated variance: what it is estimated from, what takes no part, and what it comes to."""

import numpy as np
import pytest
from scipy import stats

from unetlib.evaluation.intervals import Part
from unetlib.evaluation.variance_prior import Prior, fit_prior


def arms(rng: np.random.Generator, count: int, df: int, variance: float, d0: float = np.inf) -> list[Part]:
    true = np.full(count, variance) if np.isinf(d0) else variance * d0 / rng.chisquare(d0, count)
    return [Part(float(value), df) for value in true * rng.chisquare(df, count) / df]


def test_equal_variances_are_found_with_many_degrees_of_freedom() -> None:
    prior, outliers = fit_prior(arms(np.random.default_rng(1), 200, 2, 0.0004))
    assert prior.variance == pytest.approx(0.0004, rel=0.15) and prior.df > 20
    assert sum(outliers) <= 2


def test_unequal_variances_are_found_with_few() -> None:
    prior, _ = fit_prior(arms(np.random.default_rng(2), 400, 2, 0.0004, d0=4.0))
    assert 2 <= prior.df <= 8
    assert prior.variance == pytest.approx(0.0004, rel=0.3)


def test_the_fit_is_the_likeliest_of_the_f_distribution() -> None:
    """Beside a direct maximum over both numbers, with a prior so flat that the posterior's middle is near it."""
    found = arms(np.random.default_rng(3), 300, 3, 1.0, d0=6.0)
    ratios = np.array([part.variance for part in found])
    best = max(
        ((s0, d0) for s0 in np.linspace(0.6, 1.6, 41) for d0 in (1, 2, 3, 4, 6, 8, 12, 16, 24)),
        key=lambda each: stats.f.logpdf(ratios / each[0], 3, each[1]).sum() - 300 * np.log(each[0]),
    )
    prior, _ = fit_prior(found)
    assert prior.variance == pytest.approx(best[0], rel=0.1)
    assert abs(np.log2(prior.df / best[1])) <= 1


def test_the_moderated_variance_is_smyths() -> None:
    assert Prior(0.01, 4).moderated(Part(0.04, 2)) == pytest.approx((0.02, 6))
    assert Prior(0.01, 4).moderated(Part(0.0, 0)) == (0.01, 4)
    assert Prior().moderated(Part(0.04, 2)) == (0.04, 2)


def test_a_collapsed_arm_poisons_no_other() -> None:
    sound = arms(np.random.default_rng(4), 9, 2, 0.0004)
    clean, _ = fit_prior(sound)
    for bad in (Part(0.3, 2), Part(0.0, 2)):
        prior, outliers = fit_prior([*sound, bad])
        assert prior == pytest.approx(clean)
        assert outliers == [False] * 9 + [bad.variance > 0]


def test_what_never_varies_is_left_out_but_not_called_stable() -> None:
    sound = arms(np.random.default_rng(5), 12, 2, 0.0004)
    prior, outliers = fit_prior([*sound, Part(1e-12, 2)])
    assert prior == pytest.approx(fit_prior(sound)[0]) and not outliers[-1]
    assert prior.moderated(Part(1e-12, 2)).variance > 0.1 * prior.variance


@pytest.mark.parametrize("known", [[], [Part(0.1, 1)], [Part(0.1, 1), Part(0.2, 1)], [Part(0.0, 0)] * 9])
def test_few_arms_make_no_prior(known: list[Part]) -> None:
    prior, outliers = fit_prior(known)
    assert prior == Prior() and outliers == [False] * len(known)


def test_a_prior_never_knows_more_than_its_arms() -> None:
    prior, _ = fit_prior([Part(0.01, 1), Part(0.011, 1), Part(0.012, 1)])
    assert prior.df <= 3
