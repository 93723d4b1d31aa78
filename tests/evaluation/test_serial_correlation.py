"""The correlation of successive frames: its expectation against simulation, its estimate against the truth."""

import numpy as np
import pytest

from unetlib.evaluation import serial_correlation
from unetlib.evaluation.serial_correlation import autocorrelation, correlations, estimate, expected_autocorrelation


def film(rng: np.random.Generator, frames: int, rho: float) -> np.ndarray:
    return np.linalg.cholesky(correlations(rho, frames)) @ rng.normal(size=frames)


def expected(lengths: tuple[int, ...], rho: float) -> float:
    return float(np.interp(rho, serial_correlation._GRID, expected_autocorrelation(lengths)))


@pytest.mark.parametrize(("lengths", "rho"), [((4,), 0.0), ((6,), 0.5), ((9, 5), 0.7)])
def test_expected_autocorrelation_is_what_simulation_gives(lengths: tuple[int, ...], rho: float) -> None:
    rng = np.random.default_rng(1)
    found = [autocorrelation([film(rng, n, rho) for n in lengths]) for _ in range(4000)]
    assert expected(lengths, rho) == pytest.approx(np.mean(found), abs=0.02)


def test_autocorrelation_equals_the_naive_twin() -> None:
    rng = np.random.default_rng(2)
    films = [rng.random(5), rng.random(4)]
    above = below = 0.0
    for one in films:
        mean = sum(one) / len(one)
        above += sum((one[t] - mean) * (one[t + 1] - mean) for t in range(len(one) - 1))
        below += sum((value - mean) ** 2 for value in one)
    assert autocorrelation(films) == pytest.approx(above / below)
    assert np.isnan(autocorrelation([np.ones(4)]))


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.7])
def test_many_arms_find_the_correlation_of_a_short_film(rho: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_correlation, "ADDED_ERRORS", 0.0)
    rng = np.random.default_rng(3)
    assert estimate([[film(rng, 6, rho), film(rng, 9, rho)] for _ in range(400)]) == pytest.approx(rho, abs=0.06)


def test_an_error_is_added_and_more_where_less_is_known() -> None:
    rng = np.random.default_rng(4)
    series = [[film(rng, 9, 0.3)] for _ in range(30)]
    alone, together = estimate(series, independent=1), estimate(series)
    assert together < alone <= serial_correlation.LARGEST
    assert estimate(series, independent=60) == together


def test_too_short_a_film_tells_nothing() -> None:
    assert np.isnan(estimate([[np.array([0.1, 0.2])]])) and np.isnan(estimate([]))
    assert np.isnan(estimate([[np.ones(9)]]))
