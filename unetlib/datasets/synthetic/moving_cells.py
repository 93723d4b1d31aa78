"""Simulate cells that crawl, touch, round up and divide: their outlines in each frame, and their tracks."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.synthetic.optics import Array, Labels, keep_largest_pieces, smooth_noise

ROUNDING_FRAMES = 2  # frames for which a cell is round before it divides
SPREADING_FRAMES = 4  # frames a daughter needs to spread again
PATCH_PX = 96  # side of the periodic textures that a cell carries with it


@dataclass(frozen=True)
class SimulatedTrack:
    """One line of man_track.txt: a cell's label, first and last frame, and its mother's label (0 = none)."""

    label: int
    begin: int
    end: int
    parent: int


@dataclass(frozen=True)
class Protrusion:
    """A tapered protrusion: direction from the heading, length in cell radii, half width at its root, bend, phase."""

    angle: float
    reach: float
    half_width_px: float
    bend: float
    phase: float


@dataclass
class Cell:
    """State of one cell; lengths in px, angles in radians, `round` 0 (spread) to 1 (rounded for division)."""

    label: int
    begin: int
    row: float
    column: float
    heading: float
    radius: float
    soma: float  # optical thickness of the cell body; above 1 it looks bright
    speed: float  # px per frame
    waves: Array  # (K, 3): amplitude, phase, drift per frame of the outline's waves of order 2, 3, …
    arms: list[Protrusion]
    edge: Array = field(repr=False)  # fine irregularity of the outline, in px
    granules: Array = field(repr=False)
    parent: int = 0
    divides_at: int = -1
    round: float = 0.0

    @property
    def reach(self) -> float:
        """Return the mean radius in px, which is smaller while the cell is round."""
        return self.radius * (1 - 0.45 * self.round)

    def local(self, dr: NDArray[Any], dc: NDArray[Any]) -> tuple[Array, Array]:
        """Return offsets along and across the cell's heading."""
        sine, cosine = np.sin(self.heading), np.cos(self.heading)
        return dr * sine + dc * cosine, dr * cosine - dc * sine


def sample(patch: Array, along: Array, across: Array) -> Array:
    """Return the values of a periodic texture at offsets from its centre."""
    at = [along + PATCH_PX / 2, across + PATCH_PX / 2]
    return ndimage.map_coordinates(patch, at, order=1, mode="grid-wrap", prefilter=False)


def founders(
    rng: np.random.Generator, shape: tuple[int, int], cells: int, *, divisions: int, frames: int
) -> list[Cell]:
    """Return cells placed so that most touch a neighbour; the `divisions` smallest divide within `frames`."""
    typical = np.sqrt(shape[0] * shape[1] * 0.40 / (cells * np.pi))
    placed: list[Cell] = []
    for attempt in range(400 * cells):
        if len(placed) == cells:
            break
        radius = typical * rng.uniform(0.75, 1.3)
        row, column = rng.uniform(0.08, 0.92, 2) * shape
        gaps = [np.hypot(row - c.row, column - c.column) / (radius + c.radius) for c in placed]
        beside = len(placed) % 5 == 0 or min(gaps) < 1.05 or attempt > 200 * cells
        if beside and all(gap > 0.85 for gap in gaps):
            placed.append(_new_cell(rng, len(placed) + 1, row, column, radius))
    small_first = sorted(placed, key=lambda cell: cell.radius)
    for order, cell in enumerate(small_first[:divisions], start=1):
        cell.divides_at = max(ROUNDING_FRAMES, int(order * frames / (divisions + 1)))
    return placed


def _new_cell(rng: np.random.Generator, label: int, row: float, column: float, radius: float) -> Cell:
    orders = np.arange(2, 9)
    amplitude = 0.42 / orders**1.3 * rng.normal(0, 1, len(orders))
    waves = np.stack([amplitude, rng.uniform(0, 6.3, len(orders)), rng.normal(0, 0.2, len(orders))], axis=1)
    soma = rng.uniform(0.55, 0.95) if rng.random() < 0.6 else rng.uniform(1.6, 2.3)
    square = (PATCH_PX, PATCH_PX)
    granules = smooth_noise(rng, square, 0.9) + 0.6 * smooth_noise(rng, square, 2.2)
    edge = 1.1 * smooth_noise(rng, square, 2.5)
    arms = [_protrusion(rng) for _ in range(int(rng.integers(1, 5)))]
    heading, speed = rng.uniform(0, 2 * np.pi), rng.uniform(1.0, 3.0)
    return Cell(label, 0, row, column, heading, radius, soma, speed, waves, arms, edge, granules)


def _protrusion(rng: np.random.Generator) -> Protrusion:
    angle, phase = rng.uniform(0, 2 * np.pi, 2)
    return Protrusion(angle, rng.uniform(1.5, 2.5), rng.uniform(2.2, 4.2), rng.normal(0, 0.3), phase)


def step(
    rng: np.random.Generator, population: list[Cell], time: int, shape: tuple[int, int]
) -> tuple[list[Cell], list[SimulatedTrack]]:
    """Return the cells of frame `time`, and the finished tracks of mothers that were replaced by two daughters."""
    following: list[Cell] = []
    ended: list[SimulatedTrack] = []
    newest = max(cell.label for cell in population)
    for cell in population:
        if cell.divides_at == time:
            ended.append(SimulatedTrack(cell.label, cell.begin, time - 1, cell.parent))
            following += _daughters(rng, cell, time, newest)
            newest += 2
        else:
            following.append(cell)
    for cell in following:
        _crawl(rng, cell, time, shape)
    _push_apart(following)
    return following, ended


def _daughters(rng: np.random.Generator, mother: Cell, time: int, newest: int) -> list[Cell]:
    born = []
    for label, side in ((newest + 1, -1), (newest + 2, 1)):
        row = mother.row + side * 0.42 * mother.radius * np.sin(mother.heading)
        column = mother.column + side * 0.42 * mother.radius * np.cos(mother.heading)
        cell = _new_cell(rng, label, row, column, 0.78 * mother.radius)
        heading = mother.heading + (np.pi if side < 0 else 0)
        born.append(replace(cell, begin=time, parent=mother.label, round=1.0, heading=heading))
    return born


def _crawl(rng: np.random.Generator, cell: Cell, time: int, shape: tuple[int, int]) -> None:
    """Move, turn and reshape a cell by one frame; cells turn back at the edge of the field of view."""
    if 0 < cell.divides_at - time <= ROUNDING_FRAMES:
        cell.round = 1.0 if cell.divides_at - time == 1 else 0.75
    elif cell.parent:
        cell.round = max(0.0, 1 - (time - cell.begin) / SPREADING_FRAMES)
    pace = cell.speed * (1 - 0.8 * cell.round)
    cell.heading += rng.normal(0, 0.12)
    row, column = cell.row + pace * np.sin(cell.heading), cell.column + pace * np.cos(cell.heading)
    cell.row = float(np.clip(row, 0.06 * shape[0], 0.94 * shape[0]))
    cell.column = float(np.clip(column, 0.06 * shape[1], 0.94 * shape[1]))
    if (cell.row, cell.column) != (row, column):
        cell.heading += 0.5
    cell.waves[:, 1] += cell.waves[:, 2]


def _push_apart(cells: list[Cell]) -> None:
    """Push overlapping neighbours apart until they touch with little overlap."""
    for _ in range(3):
        for first, a in enumerate(cells):
            for b in cells[first + 1 :]:
                apart = np.array([b.row - a.row, b.column - a.column])
                distance = float(np.hypot(*apart)) + 1e-6
                overlap = 0.86 * (a.reach + b.reach) - distance
                if overlap > 0:
                    push = 0.5 * overlap * apart / distance
                    a.row, a.column = a.row - push[0], a.column - push[1]
                    b.row, b.column = b.row + push[0], b.column + push[1]


def outlines(population: list[Cell], time: int, shape: tuple[int, int]) -> tuple[Labels, Array]:
    """Return instance labels (H, W) uint16, and each pixel's distance in px to the outline of its cell."""
    depth = np.zeros(shape)
    labels = np.zeros(shape, np.uint16)
    for cell in population:
        far = int(2.6 * cell.radius) + 4
        top, left = max(int(cell.row) - far, 0), max(int(cell.column) - far, 0)
        box = slice(top, min(int(cell.row) + far, shape[0])), slice(left, min(int(cell.column) + far, shape[1]))
        rows, columns = np.mgrid[box].astype(float)
        score = _score(cell, time, rows - cell.row, columns - cell.column)
        wins = score > depth[box]
        depth[box][wins] = score[wins]
        labels[box][wins] = cell.label
    labels = keep_largest_pieces(labels)
    return labels, np.where(labels > 0, depth, 0)


def _score(cell: Cell, time: int, dr: Array, dc: Array) -> Array:
    """Return roughly the signed distance in px to the outline of the cell's body and arms; positive inside."""
    along, across = cell.local(dr, dc)
    theta = np.arctan2(across, along)
    wave = 0.22 * np.exp(-((theta / 0.9) ** 2)) - 0.08  # the leading lamella fans out
    for order, (amplitude, phase, _) in enumerate(cell.waves, start=2):
        wave += amplitude * np.cos(order * theta + phase)
    spread = 1 - cell.round
    score = cell.reach * np.maximum(1 + spread * wave, 0.45) - np.hypot(dr, dc)
    for arm in cell.arms:
        length = spread * cell.radius * arm.reach * (0.8 + 0.2 * np.sin(0.5 * time + arm.phase)) + 1e-6
        sine, cosine = np.sin(arm.angle), np.cos(arm.angle)
        out = along * cosine + across * sine
        aside = across * cosine - along * sine - arm.bend * out**2 / length
        width = arm.half_width_px * (0.45 + 0.9 * (1 - np.clip(out / length, 0, 1)) ** 2)
        score = np.maximum(score, np.where((out > 0) & (out < length), width - np.abs(aside), -np.inf))
    return score + spread * sample(cell.edge, along, across)
