"""Simulated studies of known effect: arms, networks and test frames are crossed and nested as in our studies.

The score of a network on a frame is the sum of normal effects: level + frame + arm × frame + network + network × frame.
Frame effects of a film are first-order autoregressions. With `spread` = 4, the variance between networks varies over
arms as an inverse χ² with 4 degrees of freedom. `collapse` makes networks of one arm fail at random. `bounded` maps the
sum through a logistic curve, which skews the scores like real scores near 1. `objects` weights frames by 1 to 20
objects.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unetlib.evaluation.score_grids import Arm, Grid

Floats = NDArray[np.float64]
DATASET = "cells"


@dataclass(frozen=True)
class Design:
    """A study of one test dataset: numbers per fold, and standard deviations of effects in units of the score."""

    folds: int
    frames: int
    seeds: int
    arms: int = 8
    films: str = "one per fold"  # or one for all folds; groups (of two images); apart (no shared films)
    rho: float = 0.0
    frame: float = 0.08
    arm_frame: float = 0.03
    network: float = 0.02
    network_frame: float = 0.03
    spread: float = np.inf  # degrees of freedom of the arms' variances; infinite: all are equal
    collapse: bool = False
    bounded: bool = False
    objects: bool = False
    one_seed_arms: int = 0  # the number of arms that were trained with the first seed alone


def arms_of(design: Design) -> list[Arm]:
    """Return the arms of a design; the first is the reference."""
    return [Arm(f"arm{place:02d}", DATASET) for place in range(design.arms)]


def simulate(design: Design, rng: np.random.Generator) -> Grid:
    """Return the scores of a study in which all arms have the same true score, 0 in latent units."""
    runs, frames = design.folds * design.seeds, design.folds * design.frames
    folds = np.repeat(np.arange(design.folds), design.seeds)
    fold_of_frame = np.repeat(np.arange(design.folds), design.frames)
    seen = folds[:, None] == fold_of_frame[None]
    weight = rng.integers(1, 21, frames).astype(float) if design.objects else np.ones(frames)
    common = design.frame * _series(design, rng, 1)[0]
    own = design.arm_frame * _series(design, rng, design.arms)
    scale = np.ones(design.arms)
    if np.isfinite(design.spread):
        scale = np.sqrt(design.spread / rng.chisquare(design.spread, design.arms))
    values, weights = {}, {}
    for place, arm in enumerate(arms_of(design)):
        network = design.network * scale[place] * rng.normal(size=(runs, 1))
        noise = design.network_frame * _series(design, rng, runs)
        value = common + own[place] + network + noise
        if design.collapse and place == design.arms - 1:
            value = np.where(rng.random((runs, 1)) < 0.5, -0.8 + 0.001 * noise, value)
        if design.bounded:  # logit 0.9 = log 9, so the latent score 0 stays 0
            value = 1 / (1 + np.exp(-(np.log(9) + 12 * value))) - 0.9
        keep = (
            seen & (np.arange(runs) % design.seeds == 0)[:, None]
            if place > design.arms - 1 - design.one_seed_arms
            else seen
        )
        values[arm], weights[arm] = np.where(keep, value, np.nan), np.where(keep, weight, 0.0)
    return Grid(values, weights, folds, _films(design), _times(design))


def _series(design: Design, rng: np.random.Generator, count: int) -> Floats:
    """Return `count` series of standard normal frame effects (count, frames of all folds)."""
    frames = design.folds * design.frames
    made = rng.normal(size=(count, frames))
    if design.films == "groups":
        shared = np.repeat(rng.normal(size=(count, frames // 2)), 2, axis=1)
        return np.sqrt(0.5) * shared + np.sqrt(0.5) * made
    if design.films == "apart":
        return made
    film = np.unique(_films(design), return_inverse=True)[1]
    for place in range(1, frames):
        if film[place] == film[place - 1]:
            made[:, place] = design.rho * made[:, place - 1] + np.sqrt(1 - design.rho**2) * made[:, place]
    return made


def _films(design: Design) -> NDArray[np.object_]:
    place = np.arange(design.folds * design.frames)
    of = {"one per fold": place // design.frames, "one for all folds": place * 0, "groups": place // 2, "apart": place}[
        design.films
    ]
    return np.array([f"{each:03d}" for each in of], dtype=object)


def _times(design: Design) -> Floats:
    place = np.arange(design.folds * design.frames, dtype=float)
    return place if design.films.startswith("one") else place * np.nan
