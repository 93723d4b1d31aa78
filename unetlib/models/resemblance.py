"""Warn where an image differs in appearance from the training images of a shipped network."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from unetlib.imaging.appearance import foreground_share, full_scale, grey_skew
from unetlib.imaging.planes import Readable
from unetlib.models.card import ModelCard

DECIDED_SKEW = 0.05  # a smaller skew does not show whether objects are brighter than the background
FAR_OFF = 2.0  # factor by which the foreground may differ from that of the training images


class Resemblance:
    """Comparison of the planes of one image file with a card. `see` is a `networks.predict_files.Watch`."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self._scales: set[float] = set()
        self._skews: list[float] = []
        self._shares: list[float] = []

    def see(self, plane: Readable, instances: NDArray[Any]) -> None:
        """Add a plane and its predicted instances to the comparison."""
        scale = full_scale(plane)
        self._scales |= set() if scale is None else {scale}
        self._skews.append(grey_skew(plane))
        self._shares.append(foreground_share(instances))

    def notes(self, image: Path) -> list[str]:
        """Return one line per difference between the image and the card: polarity, predicted foreground, bit depth."""
        texts = [*self._polarity(), *self._foreground(), *self._bits()] if self._skews else []
        return [f"{image}: {text}" for text in texts]

    def _polarity(self) -> list[str]:
        trained, skew = self.card.appearance.skew, sum(self._skews) / len(self._skews)
        if trained.low > 0 and skew < -DECIDED_SKEW:
            own, theirs = "dark on a bright ground", "bright on a dark one"
        elif trained.high < 0 and skew > DECIDED_SKEW:
            own, theirs = "bright on a dark ground", "dark on a bright one"
        else:
            return []
        return [f"its objects look {own}, those that trained {self.card.name} {theirs}; invert the image"]

    def _foreground(self) -> list[str]:
        trained, share = self.card.appearance.foreground, sum(self._shares) / len(self._shares)
        span = f"{trained.low:.0%} to {trained.high:.0%} in the training images of {self.card.name}"
        check = "see --overlay whether that is right"
        if share == 0 and trained.low > 0:
            return [f"no cell was found; cells cover {span}"]
        if share < trained.low / FAR_OFF:
            return [f"cells cover less than half as much as they do in the training images ({span}); {check}"]
        if share > trained.high * FAR_OFF or share > 1 - (1 - trained.high) / FAR_OFF:
            return [f"cells cover far more than they do in the training images ({span}); {check}"]
        return []

    def _bits(self) -> list[str]:
        trained = set(self.card.appearance.full_scales)
        if not trained or not self._scales or self._scales & trained:
            return []
        own, theirs = (" and ".join(_bit_depth(scale) for scale in sorted(found)) for found in (self._scales, trained))
        return [f"it is {own}, and {self.card.name} was trained on {theirs}; check a result before you trust it"]


def _bit_depth(scale: float) -> str:
    return "of fractions up to 1" if scale == 1 else f"{max(round(scale).bit_length(), 1)}-bit"
