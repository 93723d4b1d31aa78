"""What becomes of a claim: six verdicts by stated rules, from numbers alone.

A published value first gets a place beside ours (equal, above, below or undecided: where our score is). Then every
doubt about the published number takes away the places that it could explain: a leak explains why we are below, never
why we are above. A place that a doubt explains is "not comparable"; what is left is the verdict. So a doubt never
counts in our favour, and a better score under stricter rules still counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from unetlib.report.literature import Claim, Error

VERDICTS = {  # name → what it says
    "reproduced": "our number agrees with the published one, or the stated direction is clear in ours",
    "exceeded": "our score is higher, and nothing that is known of theirs explains it",
    "not reached": "our score is lower, or ours is too uncertain to say",
    "contradicted": "the opposite of the stated direction is clear in ours",
    "not comparable": "we have a number, but the published one does not measure the same",
    "not run here": "this study has no number for it",
}
REPRODUCED, EXCEEDED, NOT_REACHED, CONTRADICTED, NOT_COMPARABLE, NOT_RUN = VERDICTS

# ASSUME: published scores come without an interval; two points are taken as the same score.
TOLERANCE = 0.02
MAX_HALF_WIDTH = 0.05  # half a 95 % interval: a wider one agrees with almost everything and reproduces nothing
EQUAL, ABOVE, BELOW, UNDECIDED = "equal", "above", "below", "undecided"
EXPLAINS = {  # what a doubt does to the published number → our places that it explains
    "inflates": {BELOW, UNDECIDED},
    "deflates": {ABOVE, EQUAL, UNDECIDED},
    "other images": {ABOVE},  # perhaps harder than ours
    "unclear": {EQUAL, ABOVE, BELOW, UNDECIDED},
}
TEST_IMAGES = {
    "random frames": ("inflates", "its test frames are from the videos or stacks that it trained on"),
    "shared": ("inflates", "its test images seem to be among its training images"),
    "hidden": ("other images", "it was scored on the challenge's hidden images"),
    "unknown": ("unclear", "it does not say which images it was scored on"),
}
SELECTIONS = {
    "test": ("inflates", "its network was chosen on the images that it is scored on"),
    "unknown": ("inflates", "it does not say what its network was chosen on"),
}
OUR_AGGREGATION = {"seg": "per object"}  # every other metric: per image


@dataclass(frozen=True)
class Doubt:
    """A reason why a published number may not be what it says, and what it does to the number (EXPLAINS)."""

    effect: str
    sentence: str


@dataclass(frozen=True)
class Estimate:
    """A score or difference with its 95 % interval (NaN where there is none) and what it was taken over."""

    mean: float
    low: float = nan
    high: float = nan
    runs: int = 1
    images: int = 0
    n: int = 0

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The difference; its interval holds every difference of values in the two: wide rather than narrow."""
        runs, images, n = (min(getattr(self, name), getattr(other, name)) for name in ("runs", "images", "n"))
        return Estimate(self.mean - other.mean, self.low - other.high, self.high - other.low, runs, images, n)


@dataclass(frozen=True)
class Baseline:
    """The best trivial prediction on the same images: knows nothing, scores this."""

    name: str
    score: float


def compare_to_published(ours: Estimate, published: float) -> str:
    """Where our score is: equal within SAME, or when our interval of at most ± WIDEST holds the published value."""
    if abs(ours.mean - published) <= TOLERANCE:
        return EQUAL
    if isnan(ours.mean):
        return UNDECIDED
    if ours.low <= published <= ours.high:
        return EQUAL if ours.high - ours.low <= 2 * MAX_HALF_WIDTH else UNDECIDED
    return ABOVE if ours.mean > published else BELOW


def doubts(claim: Claim, errors: Sequence[Error], metric: str, trivial: Baseline | None) -> list[Doubt]:
    """Everything that speaks against the published value, in the order of its columns; metric is what we measure."""
    found = [Doubt(*TEST_IMAGES[claim.test_images])] if claim.test_images in TEST_IMAGES else []
    found += [Doubt(*SELECTIONS[claim.selection])] if claim.selection in SELECTIONS else []
    ours = OUR_AGGREGATION.get(metric, "per image")
    if claim.aggregation not in (ours, "unknown"):
        found.append(Doubt("unclear", f"it is taken {_over(claim.aggregation)}, ours {ours}"))
    if claim.metric != metric:
        found.append(Doubt("unclear", f"it is {claim.metric}, ours is {metric}"))
    if metric == "pixel_accuracy":
        found.append(Doubt("unclear", "pixel accuracy mostly says how much background there is"))
    if trivial and claim.value is not None and claim.value <= trivial.score:
        found.append(Doubt("unclear", f"the published value is no better than {trivial.name} here"))
    return found + [Doubt(error.effect, error.error) for error in errors if error.effect in EXPLAINS]


def judge_value(
    ours: Estimate, published: float, against: Sequence[Doubt], trivial: Baseline | None = None
) -> tuple[str, str]:
    """The verdict on a published score, and why. A network no better than the trivial baseline confirms nothing."""
    where = compare_to_published(ours, published)
    explained = [doubt.sentence for doubt in against if where in EXPLAINS[doubt.effect]]
    said = {
        EQUAL: f"Ours agrees (within {TOLERANCE}, or in an interval of at most ± {MAX_HALF_WIDTH})",
        ABOVE: "Ours is higher",
        BELOW: "Ours is lower",
        UNDECIDED: f"Not decided: our interval holds the published value but is wider than ± {MAX_HALF_WIDTH}",
    }[where]
    if explained:
        return NOT_COMPARABLE, f"{said}, but {'; '.join(explained)}."
    failed = trivial is not None and ours.mean <= trivial.score
    if failed and trivial:
        return NOT_REACHED, f"Our network is no better than {trivial.name}: it has learned nothing to compare."
    despite = [doubt.sentence for doubt in against]
    verdict = {EQUAL: REPRODUCED, ABOVE: EXCEEDED}.get(where, NOT_REACHED)
    return verdict, said + (f", although {'; '.join(despite)}." if despite else ".")


def judge_direction(expected: str, difference: Estimate, failed: Sequence[str] = ()) -> tuple[str, str]:
    """The verdict on a stated direction (+, -, 0), and why; failed: networks whose failure decides the difference.

    Clear means two runs or more and a 95 % interval that leaves out zero. No difference is clear when the interval
    lies within ± SAME.
    """
    if failed:
        return NOT_REACHED, f"Not decided: {' and '.join(failed)}, so the difference says nothing."
    if difference.runs < 2:  # whatever its interval says of other images, it says nothing of other networks
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
        return NOT_REACHED, f"Not decided: the interval holds zero; the sign is {_way(difference.mean)}."
    agrees = (difference.mean > 0) == (expected == "+")
    return (REPRODUCED if agrees else CONTRADICTED), f"Clearly {_way(difference.mean)}."


def _way(difference: float) -> str:
    return "positive" if difference > 0 else "negative" if difference < 0 else "zero"


def _over(aggregation: str) -> str:
    return "over all pixels together" if aggregation == "pooled" else aggregation
