"""Draw the crops of training tiles, their variant and position, as a function of the seed and the update.

The order in which numbers are drawn is part of every result: an option with its default draws no numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.training.cached_variants import Variants
from unetlib.training.settings import RunSettings

TURNS = {  # symmetry of the settings → numbers of `symmetries.dihedral`; each count divides the 8 of a draw
    "dihedral": tuple(range(8)),
    "flips": (0, 2, 4, 6),  # two flips are a half turn, so that half turns and flips are the same four
    "half_turns": (0, 2, 4, 6),
    "none": (0,),
}


@dataclass(frozen=True)
class Crop:
    """The source of one training tile: its variant and the first row and column of its output."""

    source: int
    frame: int
    variant: int
    row: int
    column: int
    turn: int


class Crops:
    """Crops of one or several caches (a list of Variants per dataset), drawn with replacement.

    Sources, variants and positions are drawn uniformly; frames uniformly or in proportion to their objects
    (draw_frames_by; ValueError if a source has none). foreground_share of the tiles are centred on a random foreground
    pixel of their variant, and moved inside the image if they extend beyond it.
    """

    def __init__(self, sources: Sequence[Sequence[Variants]], settings: RunSettings, *, seed: int) -> None:
        self.sources, self.batch, self.seed = sources, settings.batch, seed
        augmentation, by_objects = settings.augmentation, settings.batch.draw_frames_by == "objects"
        self.turns = TURNS[augmentation.symmetries if augmentation.policy != "none" else "none"]
        self.objects_before = [_objects_before(source) for source in sources] if by_objects else []

    def of(self, update: int) -> list[Crop]:
        """Return the crops of this update's batch."""
        random = np.random.default_rng([self.seed, update])
        return [self._crop(random) for _ in range(self.batch.size)]

    def _crop(self, random: np.random.Generator) -> Crop:
        source = int(random.integers(len(self.sources)))
        frame = self._frame(random, source)
        variants = self.sources[source][frame]
        variant = int(random.integers(len(variants.image)))
        row, column = self._place(random, variants.mask[variant])
        turn = self.turns[int(random.integers(8)) % len(self.turns)]
        return Crop(source, frame, variant, row, column, turn)

    def _frame(self, random: np.random.Generator, source: int) -> int:
        if not self.objects_before:
            return int(random.integers(len(self.sources[source])))
        before = self.objects_before[source]
        return int(np.searchsorted(before, random.integers(before[-1]), side="right"))

    def _place(self, random: np.random.Generator, mask: NDArray[np.uint8]) -> tuple[int, int]:
        """Draw the tile's start: anywhere in a larger image, centred on a smaller one, or around a foreground pixel."""
        share = self.batch.foreground_share
        # `and` in this order: without a share no number is drawn, and an empty mask is cut like any other
        if share > 0 and random.random() < share and len(pixels := np.flatnonzero(mask)):
            centre = divmod(int(pixels[random.integers(len(pixels))]), mask.shape[1])
            rooms = [side - self.batch.tile_px for side in mask.shape]
            row, column = (
                min(max(middle - self.batch.tile_px // 2, 0), room) if room >= 0 else -((-room) // 2)
                for middle, room in zip(centre, rooms, strict=True)
            )
            return row, column
        row, column = (self._start(random, side) for side in mask.shape)
        return row, column

    def _start(self, random: np.random.Generator, side: int) -> int:
        room = side - self.batch.tile_px
        return int(random.integers(room + 1)) if room >= 0 else -((-room) // 2)


def _objects_before(source: Sequence[Variants]) -> NDArray[np.int64]:
    """Return the cumulative number of objects over the frames: 4-connected components of the training masks."""
    total = np.cumsum([ndimage.label(variants.mask[0])[1] for variants in source])
    if not total[-1]:
        raise ValueError("a dataset has no object in its training frames; set batch.draw_frames_by to frame")
    return total
