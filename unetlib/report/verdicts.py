"""Verdicts on published claims: six verdicts by fixed rules, from numbers alone.

Our score is first compared with the published value: equal, above, below or undecided. Then every doubt about the
published number excludes the outcomes that it could explain: a leaky split explains why we are below, never why we are
above. An outcome that a doubt explains becomes "not comparable". So a doubt never counts in our favour, and a better
score under stricter rules still counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from unetlib.evaluation.isbi_metrics import ERRORS
from unetlib.evaluation.pooled_metrics import POOLED
from unetlib.report.literature import Claim, Error

VERDICTS = {  # name → meaning
    "reproduced": "our score agrees with the published one, or our results clearly show the stated direction",
    "exceeded": "our score is higher, and no known doubt about the published one explains it",
    "not reached": "our score is lower, or too uncertain to decide",
    "contradicted": "our results clearly show the opposite direction",
    "not comparable": "we have a score, but the published one does not measure the same quantity",
    "not run here": "this study has no score for it",
}
REPRODUCED, EXCEEDED, NOT_REACHED, CONTRADICTED, NOT_COMPARABLE, NOT_RUN = VERDICTS

# ASSUME: published scores come without an interval; scores within two points count as equal.
TOLERANCE = 0.02
MAX_HALF_WIDTH = 0.05  # half a 95 % interval: a wider one would agree with almost any published score
EQUAL, ABOVE, BELOW, UNDECIDED = "equal", "above", "below", "undecided"
EXPLAINS = {  # effect of a doubt on the published number → outcomes that it explains
    "inflates": {BELOW, UNDECIDED},
    "deflates": {ABOVE, EQUAL, UNDECIDED},
    "other images": {ABOVE},  # perhaps harder than ours
    "unclear": {EQUAL, ABOVE, BELOW, UNDECIDED},
}
TEST_IMAGES = {
    "random frames": ("inflates", "its test frames come from the videos or stacks of its training frames"),
    "shared": ("inflates", "its test images seem to be among its training images"),
    "hidden": ("other images", "it was scored on the challenge's hidden images"),
    "unknown": ("unclear", "it does not state its test images"),
}
SELECTIONS = {
    "test": ("inflates", "its network was selected on its test images"),
    "unknown": ("inflates", "it does not state on which images its network was selected"),
}
OUR_AGGREGATION = {"seg": "per object", **dict.fromkeys(POOLED, "pooled")}  # every other metric: per image


@dataclass(frozen=True)
class Doubt:
    """A reason to doubt a published number, and its effect on the number (EXPLAINS)."""

    effect: str
    sentence: str


@dataclass(frozen=True)
class Estimate:
    """A score or difference with its 95 % interval (NaN where there is none) and its numbers of runs and images."""

    mean: float
    low: float = nan
    high: float = nan
    runs: int = 1
    images: int = 0
    n: int = 0

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Return the difference; its interval contains every difference of values in the two, so it is conservative."""
        runs, images, n = (min(getattr(self, name), getattr(other, name)) for name in ("runs", "images", "n"))
        return Estimate(self.mean - other.mean, self.low - other.high, self.high - other.low, runs, images, n)


@dataclass(frozen=True)
class Baseline:
    """The best trivial prediction on the same images and its score."""

    name: str
    score: float


def compare_to_published(ours: Estimate, published: float) -> str:
    """Return the outcome: equal within TOLERANCE, or if our interval of at most ± MAX_HALF_WIDTH contains the value."""
    if abs(ours.mean - published) <= TOLERANCE:
        return EQUAL
    if isnan(ours.mean):
        return UNDECIDED
    if ours.low <= published <= ours.high:
        return EQUAL if ours.high - ours.low <= 2 * MAX_HALF_WIDTH else UNDECIDED
    return ABOVE if ours.mean > published else BELOW


def doubts(claim: Claim, errors: Sequence[Error], metric: str, trivial: Baseline | None) -> list[Doubt]:
    """Return all doubts about the published value in the order of its columns; metric is ours."""
    found = [Doubt(*TEST_IMAGES[claim.test_images])] if claim.test_images in TEST_IMAGES else []
    found += [Doubt(*SELECTIONS[claim.selection])] if claim.selection in SELECTIONS else []
    ours = OUR_AGGREGATION.get(metric, "per image")
    if claim.aggregation not in (ours, "unknown"):
        found.append(Doubt("unclear", f"it is averaged {_over(claim.aggregation)}, ours {_over(ours)}"))
    same = POOLED.get(metric, metric)
    if claim.metric != same:
        found.append(Doubt("unclear", f"it is {claim.metric}, ours is {same}"))
    if same == "pixel_accuracy":
        found.append(Doubt("unclear", "pixel accuracy mainly reflects the amount of background"))
    if trivial and claim.value is not None and no_better(claim.value, trivial.score, metric):
        found.append(Doubt("unclear", f"the published value is no better than {trivial.name} here"))
    return found + [Doubt(error.effect, error.error) for error in errors if error.effect in EXPLAINS]


def no_better(score: float, than: float, metric: str) -> bool:
    """Return whether a score of this metric is no better than another; errors are better when lower."""
    return score >= than if metric in ERRORS else score <= than


def judge_value(
    ours: Estimate, published: float, against: Sequence[Doubt], trivial: Baseline | None = None, *, metric: str = ""
) -> tuple[str, str]:
    """Return the verdict on a published score and its reason; a network at the trivial baseline confirms nothing.

    Of an error a lower value is the higher score.
    """
    where = compare_to_published(ours, published)
    worth = {ABOVE: BELOW, BELOW: ABOVE}.get(where, where) if metric in ERRORS else where
    explained = [doubt.sentence for doubt in against if worth in EXPLAINS[doubt.effect]]
    said = {
        EQUAL: f"Ours agrees (within {TOLERANCE}, or in an interval of at most ± {MAX_HALF_WIDTH})",
        ABOVE: "Ours is higher",
        BELOW: "Ours is lower",
        UNDECIDED: f"Not decided: our interval contains the published value but is wider than ± {MAX_HALF_WIDTH}",
    }[where]
    if explained:
        return NOT_COMPARABLE, f"{said}, but {'; '.join(explained)}."
    if trivial and no_better(ours.mean, trivial.score, metric):
        return (
            NOT_REACHED,
            f"Our network is no better than {trivial.name}: it has learned nothing that could be compared.",
        )
    despite = [doubt.sentence for doubt in against]
    verdict = {EQUAL: REPRODUCED, ABOVE: EXCEEDED}.get(worth, NOT_REACHED)
    return verdict, said + (f", although {'; '.join(despite)}." if despite else ".")


def judge_direction(expected: str, difference: Estimate, failed: Sequence[str] = ()) -> tuple[str, str]:
    """Return the verdict on a stated direction (+, -, 0) and its reason.

    failed: networks at or below the trivial baseline; if there are any, the difference is not interpretable. A
    direction is clear with at least two runs and a 95 % interval that excludes zero; "no difference" is clear when the
    interval lies within ± TOLERANCE.
    """
    if failed:
        return NOT_REACHED, f"Not decided: {' and '.join(failed)}, so the difference is not interpretable."
    if difference.runs < 2:  # its interval may cover other images, but not other networks
        return NOT_REACHED, f"Not decided: one run a side; the sign is {_way(difference.mean)}."
    if isnan(difference.low) or isnan(difference.high):
        return NOT_REACHED, f"Not decided: {difference.runs} runs, no interval; the sign is {_way(difference.mean)}."
    clear = difference.low > 0 or difference.high < 0
    if expected == "0":
        if difference.low >= -TOLERANCE and difference.high <= TOLERANCE:
            return REPRODUCED, f"Any difference is within ± {TOLERANCE}."
        if clear and abs(difference.mean) > TOLERANCE:
            return CONTRADICTED, f"There is a difference: clearly {_way(difference.mean)}."
        return NOT_REACHED, f"Not decided: a difference beyond ± {TOLERANCE} is neither shown nor ruled out."
    if not clear:
        return NOT_REACHED, f"Not decided: the interval contains zero; the sign is {_way(difference.mean)}."
    agrees = (difference.mean > 0) == (expected == "+")
    return (REPRODUCED if agrees else CONTRADICTED), f"Clearly {_way(difference.mean)}."


def _way(difference: float) -> str:
    return "positive" if difference > 0 else "negative" if difference < 0 else "zero"


def _over(aggregation: str) -> str:
    return "over all pixels together" if aggregation == "pooled" else aggregation
