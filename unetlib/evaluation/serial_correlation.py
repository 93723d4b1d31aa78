"""Serial correlation of the scores of one film, estimated over all arms of a study.

Frames of one film, or slices of one stack, look alike, so n of them carry less information than n independent images.
Scores of successive scored frames are modelled as a first-order autoregression: frames that are k places apart in
temporal order have correlation ρ^k. ρ is estimated from the lag-1 autocorrelation of the scores about the mean of their
film, averaged over series. Subtracting the estimated mean biases the autocorrelation, so the estimate is the ρ whose
expected autocorrelation equals that average (`expected_autocorrelation`, exact for normal scores). One standard error
is added for the uncertainty of the estimate.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SHORTEST = 3  # fewest frames of a film that allow an estimate
LARGEST = 0.9
ADDED_ERRORS = 1.0  # standard errors added to the estimate, chosen by simulated coverage (docs/statistics.md)
_GRID = np.round(np.arange(-0.5, 0.951, 0.05), 2)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(80)


def correlations(rho: float, frames: int) -> Floats:
    """Return the correlation matrix of successive frames."""
    place = np.arange(frames)
    return np.asarray(float(rho) ** np.abs(place[:, None] - place[None]))


def autocorrelation(films: Sequence[Floats]) -> float:
    """Return the lag-1 autocorrelation of a series about the means of its films; NaN if nothing varies."""
    centred = [film - film.mean() for film in films]
    size = sum(float(film @ film) for film in centred)
    return sum(float(film[1:] @ film[:-1]) for film in centred) / size if size > 0 else float("nan")


@lru_cache(maxsize=256)
def expected_autocorrelation(lengths: tuple[int, ...]) -> Floats:
    """Return the expectation of `autocorrelation` for films of these lengths, for every correlation on the grid.

    `autocorrelation` is a ratio of quadratic forms x'Nx / x'Dx. For normal x = Lz with covariance LL', its expectation
    is an integral over the eigenvalues of L'DL (Magnus 1986).
    """
    found = []
    for rho in _GRID:
        eigenvalues, numerators = [], []
        for length in lengths:
            root = np.linalg.cholesky(correlations(rho, length))
            centred = root - root.mean(0)
            lagged = centred[1:].T @ centred[:-1]
            values, vectors = np.linalg.eigh(centred.T @ centred)
            eigenvalues.append(np.maximum(values, 0))
            numerators.append(np.einsum("ji,jk,ki->i", vectors, (lagged + lagged.T) / 2, vectors))
        found.append(_ratio(np.concatenate(numerators), np.concatenate(eigenvalues)))
    return np.array(found)


def estimate(series: Iterable[Sequence[Floats]], independent: int | None = None) -> float:
    """Return the correlation of successive frames, plus its standard error, from the series of several arms.

    A series is a list of films, each a list of scores in temporal order. independent: the number of independent
    series; None: all are. NaN if no film has SHORTEST frames or nothing varies.
    """
    found: dict[tuple[int, ...], list[float]] = {}
    for each in series:
        films = [np.asarray(film, dtype=float) for film in each if len(film) >= SHORTEST]
        found.setdefault(tuple(len(film) for film in films), []).append(autocorrelation(films))
    rhos, steps = [], []
    for lengths, values in found.items():
        known = [value for value in values if np.isfinite(value)]
        if known and lengths:
            rhos.append(float(np.interp(np.mean(known), expected_autocorrelation(lengths), _GRID)))
            # the number of successive pairs of frames: the weight of this estimate, and its sample size
            steps.append(len(known) * sum(length - 1 for length in lengths))
    if not rhos:
        return float("nan")
    total, count = sum(steps), sum(len(values) for values in found.values())
    rho = float(np.average(rhos, weights=steps))
    own = total if independent is None else total * min(independent / count, 1.0)
    # Asymptotic standard error of a lag-1 autocorrelation, with a floor near |ρ| = 1.
    error = np.sqrt(max(1 - rho**2, 0.1) / max(own, 1.0))
    return float(np.clip(rho + ADDED_ERRORS * error, 0, LARGEST))


def _ratio(numerators: Floats, eigenvalues: Floats) -> float:
    """Return E(Σ m z² / Σ λ z²) for independent standard normal z.

    It is ∫ Σ m/(1 + 2tλ) · Π (1 + 2tλ)^−½ dt over t ≥ 0, because 1/x = ∫ exp(−tx) dt. Gauss-Legendre quadrature on
    t = scale · share/(1 − share), share in (0, 1).
    """
    scale = 1 / max(eigenvalues.sum(), 1e-300)
    share = (_NODES + 1) / 2
    t = share / (1 - share) * scale
    factors = 1 + 2 * t[:, None] * eigenvalues
    parts = (numerators / factors).sum(1) * np.exp(-0.5 * np.log(factors).sum(1))
    return float((parts * _WEIGHTS / 2 * scale / (1 - share) ** 2).sum())
