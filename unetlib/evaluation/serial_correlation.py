"""Serial correlation of the scores of one film: estimated over all arms of a study, and what it does to a mean.

Frames of one film, or slices of one stack, look alike, so n of them say less of the film than n independent images.
Scores of successive scored frames are modelled as a first-order autoregression: frames k places apart in the order of
time correlate by ρ^k. ρ is estimated from the lag-1 autocorrelation of the scores about the mean of their film,
averaged over series, without the bias that this mean causes: it is the ρ under which that average is expected
(`expected_autocorrelation`, exact for normal scores). One standard error is added for its own uncertainty.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SHORTEST = 3  # frames of a film that say anything of their correlation
LARGEST = 0.9
ADDED_ERRORS = 1.0  # standard errors: chosen by simulated coverage (docs/statistics.md)
_GRID = np.round(np.arange(-0.5, 0.951, 0.05), 2)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(80)


def correlations(rho: float, frames: int) -> Floats:
    """Return the correlation matrix of successive frames."""
    place = np.arange(frames)
    return np.asarray(float(rho) ** np.abs(place[:, None] - place[None]))


def autocorrelation(films: Sequence[Floats]) -> float:
    """Return the lag-1 autocorrelation of a series about the means of its films; NaN where nothing varies."""
    centred = [film - film.mean() for film in films]
    size = sum(float(film @ film) for film in centred)
    return sum(float(film[1:] @ film[:-1]) for film in centred) / size if size > 0 else float("nan")


@lru_cache(maxsize=256)
def expected_autocorrelation(lengths: tuple[int, ...]) -> Floats:
    """Return the expectation of `autocorrelation` for films of these lengths, for every correlation on the grid.

    E(x'Nx / x'Dx) of normal x is an integral over the eigenvalues of D in the metric of its covariance (Magnus 1986).
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
    """Return the correlation of successive frames, with its added error, from the series of several arms.

    A series is a list of films, each a list of scores in the order of time. independent: how many series bring
    knowledge of their own; None: all. NaN where no film has SHORTEST frames or nothing varies.
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
            steps.append(len(known) * sum(length - 1 for length in lengths))
    if not rhos:
        return float("nan")
    total, count = sum(steps), sum(len(values) for values in found.values())
    rho = float(np.average(rhos, weights=steps))
    own = total if independent is None else total * min(independent / count, 1.0)
    error = np.sqrt(max(1 - rho**2, 0.1) / max(own, 1.0))
    return float(np.clip(rho + ADDED_ERRORS * error, 0, LARGEST))


def _ratio(numerators: Floats, eigenvalues: Floats) -> float:
    """Return E(Σ m z² / Σ λ z²) of independent standard normal z."""
    scale = 1 / max(eigenvalues.sum(), 1e-300)
    share = (_NODES + 1) / 2
    t = share / (1 - share) * scale
    factors = 1 + 2 * t[:, None] * eigenvalues
    parts = (numerators / factors).sum(1) * np.exp(-0.5 * np.log(factors).sum(1))
    return float((parts * _WEIGHTS / 2 * scale / (1 - share) ** 2).sum())
