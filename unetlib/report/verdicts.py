"""Nine verdicts on published claims, by fixed rules and from numbers alone.

The rules first compare our score with the published value: equal, above, below or unsure. Each doubt (`doubts`) about
the published number or about our own network could explain some of these outcomes. A leaky split, for example, can
explain why our score is lower but not why it is higher; the same holds for a smaller network of ours. If the doubts
explain the outcome, the verdict is "not comparable". So a doubt never counts in our favour, and a better score under
stricter rules still counts.

A direction is judged by the difference of two networks: clear or equivalent by `evaluation.decision`, else undecided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot, isnan, nan

from unetlib.evaluation.decision import MARGIN, excludes, is_clear, is_equivalent
from unetlib.evaluation.intervals import retrained
from unetlib.evaluation.isbi_metrics import ERRORS

VERDICTS = {  # name → meaning; decided verdicts first
    "reproduced": "our score agrees with the published one, or our results clearly show the stated direction",
    "exceeded": "our score is clearly higher, and no known doubt explains it",
    "contradicted": "our score is clearly lower and no known doubt explains it, or we clearly find the opposite",
    "equivalent": "a difference beyond the margin is ruled out, so the stated one is not there at this size",
    "void": "the published value is no better than a trivial prediction on the same images",
    "misquoted": "the source cites a number as another quantity than it is",
    "undecided": "too few networks; the row says how many would decide it",
    "not comparable": "we have a score, but it is not of the same quantity or conditions, or nothing could be",
    "not run": "no experiment of this study answers it",
}
REPRODUCED, EXCEEDED, CONTRADICTED, EQUIVALENT, VOID, MISQUOTED, UNDECIDED, NOT_COMPARABLE, NOT_RUN = VERDICTS
DECIDED = (REPRODUCED, EXCEEDED, CONTRADICTED, EQUIVALENT, VOID, MISQUOTED)
THEIRS, OURS, BOTH = "its own protocol", "ours", "both"  # the protocols under which a claim can be decided

# ASSUME: published scores come without an interval; scores within the margin count as equal.
MAX_HALF_WIDTH = 0.05  # of a 95 % interval: a wider interval would agree with almost any published score
EQUAL, ABOVE, BELOW, UNSURE = "equal", "above", "below", "unsure"
EXPLAINS = {  # effect of a doubt → outcomes that it explains
    "inflates": {BELOW},
    "deflates": {ABOVE, EQUAL},
    "other images": {ABOVE},  # the source's hidden images may be harder than ours
    "unclear": {EQUAL, ABOVE, BELOW},
    "less of ours": {BELOW},  # a smaller network, a shorter training
    "more of ours": {ABOVE, EQUAL},  # denser truth to train on
}


@dataclass(frozen=True)
class Doubt:
    """A reason to doubt a comparison with a published number, and its effect (EXPLAINS)."""

    effect: str
    sentence: str


@dataclass(frozen=True)
class Estimate:
    """A score or difference with its 95 % interval (NaN if there is none), and the data behind it.

    runs, images, n: numbers of networks, images and scores; resampled: `Interval.resampled`; sd: over runs; low90,
    high90: the 90 % interval, if known.
    """

    mean: float
    low: float = nan
    high: float = nan
    runs: int = 1
    images: int = 0
    n: int = 0
    resampled: str = ""
    sd: float = nan
    low90: float = nan
    high90: float = nan

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Return the difference. Its interval is conservative: it contains the difference of any values in the two."""
        runs, images, n = (min(getattr(self, name), getattr(other, name)) for name in ("runs", "images", "n"))
        resampled = self.resampled if retrained(other.resampled) else other.resampled
        low, high, sd = self.low - other.high, self.high - other.low, hypot(self.sd, other.sd)
        return Estimate(self.mean - other.mean, low, high, runs, images, n, resampled, sd)

    def __neg__(self) -> "Estimate":
        """Return the difference with the opposite sign."""
        ends = replace(self, low90=-self.high90, high90=-self.low90)
        return replace(ends, mean=-self.mean, low=-self.high, high=-self.low)

    def minus(self, value: float) -> "Estimate":
        """Return the difference to a number without uncertainty."""
        ends = replace(self, low90=self.low90 - value, high90=self.high90 - value)
        return replace(ends, mean=self.mean - value, low=self.low - value, high=self.high - value)

    @property
    def is_clear(self) -> bool:
        """Whether the estimate differs clearly from zero (`evaluation.decision`)."""
        return is_clear(self.low, self.high, self.resampled)

    def is_within(self, margin: float) -> bool:
        """Return whether a value beyond ± margin is ruled out, by the 90 % interval if known, else by the 95 % one."""
        low, high = (self.low, self.high) if isnan(self.low90) else (self.low90, self.high90)
        return is_equivalent(low, high, self.resampled, margin)


@dataclass(frozen=True)
class Baseline:
    """The best trivial prediction on the same images and its score."""

    name: str
    score: float


@dataclass(frozen=True)
class Judgement:
    """A verdict and its reason."""

    verdict: str
    reason: str


def compare_to_published(ours: Estimate, published: float) -> str:
    """Return the outcome of the comparison: EQUAL, ABOVE, BELOW or UNSURE.

    The scores are equal within MARGIN or if our interval contains the published one. If our interval is then wider than
    ± MAX_HALF_WIDTH, the outcome is unsure. A score without an interval counts as narrow.
    """
    if isnan(ours.mean):
        return UNSURE
    wide = ours.high - ours.low > 2 * MAX_HALF_WIDTH
    if abs(ours.mean - published) <= MARGIN or ours.low <= published <= ours.high:
        return UNSURE if wide else EQUAL
    return ABOVE if ours.mean > published else BELOW


def no_better(score: float, than: float, metric: str) -> bool:
    """Return whether a score of this metric is no better than another; errors are better when lower."""
    return score >= than if metric in ERRORS else score <= than


def judge_value(
    ours: Estimate, published: float, against: Sequence[Doubt], trivial: Baseline | None = None, *, metric: str = ""
) -> Judgement:
    """Return the verdict on a published score and its reason.

    Our score confirms nothing if our network is no better than the trivial baseline, or if the baseline reaches the
    published value too. For error metrics a lower value is better. A score above or below must be clear by the rule of
    `decision`, else the verdict is undecided.
    """
    # `where` compares the numbers, for the wording; `worth` compares their quality, which an error metric inverts.
    where = compare_to_published(ours, published)
    worth = {ABOVE: BELOW, BELOW: ABOVE}.get(where, where) if metric in ERRORS else where
    # An unsure score may be any of the three outcomes, so only doubts that together explain all three void it.
    possible = {EQUAL, ABOVE, BELOW} if worth == UNSURE else {worth}
    explained = [doubt.sentence for doubt in against if possible & EXPLAINS[doubt.effect]]
    said = {
        EQUAL: f"Ours agrees (within {MARGIN}, or in an interval of at most ± {MAX_HALF_WIDTH}"
        f"{'' if retrained(ours.resampled) else '; one training'})",
        ABOVE: "Ours is higher",
        BELOW: "Ours is lower",
        UNSURE: f"Our interval contains the published value but is wider than ± {MAX_HALF_WIDTH}",
    }[where]
    if possible <= set().union(*(EXPLAINS[doubt.effect] for doubt in against)):
        return Judgement(NOT_COMPARABLE, f"{said}, but {'; '.join(explained)}.")
    if trivial and no_better(ours.mean, trivial.score, metric):
        reason = f"Our network is no better than {trivial.name}: it has learned nothing that could be compared."
        return Judgement(NOT_COMPARABLE, reason)
    if trivial and worth == EQUAL and abs(trivial.score - published) <= MARGIN:
        return Judgement(NOT_COMPARABLE, f"{said}, but so does {trivial.name}.")
    if worth == UNSURE or (worth != EQUAL and not _is_clear(ours, published)):
        why = "" if worth == UNSURE else ", but not clearly" if retrained(ours.resampled) else ", but of one training"
        return Judgement(UNDECIDED, f"{said}{why}.")
    despite = [doubt.sentence for doubt in against]
    verdict = {EQUAL: REPRODUCED, ABOVE: EXCEEDED}.get(worth, CONTRADICTED)
    return Judgement(verdict, said + (f", although {'; '.join(despite)}." if despite else "."))


def _is_clear(ours: Estimate, published: float) -> bool:
    return excludes(published, ours.low, ours.high) and retrained(ours.resampled)


def judge_direction(
    expected: str, difference: Estimate, failed: Sequence[str] = (), *, margin: float = MARGIN
) -> Judgement:
    """Return the verdict on a stated direction (+, -, 0) and its reason.

    failed: networks at or below the trivial baseline; if there are any, the difference is not interpretable.
    """
    way = "positive" if difference.mean > 0 else "negative" if difference.mean < 0 else "zero"
    if failed:
        return Judgement(NOT_COMPARABLE, f"{' and '.join(failed)}, so the difference is not interpretable.")
    clear, within = difference.is_clear, difference.is_within(margin)
    if expected == "0" and within:
        return Judgement(REPRODUCED, f"A difference beyond ± {margin} is ruled out.")
    if expected != "0" and clear:
        agrees = (difference.mean > 0) == (expected == "+")
        return Judgement(REPRODUCED if agrees else CONTRADICTED, f"Clearly {way}{', but small' * within}.")
    if expected != "0" and within:
        return Judgement(EQUIVALENT, f"A difference beyond ± {margin} is ruled out.")
    if expected == "0" and clear and not abs(difference.mean) <= margin:
        return Judgement(CONTRADICTED, f"There is a difference: clearly {way}.")
    if not retrained(difference.resampled):
        return Judgement(UNDECIDED, f"No network was trained with another seed; the sign is {way}.")
    what = "the interval contains zero" if not clear else f"a difference within ± {margin} is not ruled out"
    return Judgement(UNDECIDED, f"The sign is {way}, and {what}.")


def combined(theirs: Judgement, ours: Judgement) -> tuple[str, str]:
    """Combine the verdicts under the claim's own protocol and under ours; return the verdict and the deciding protocol.

    A claim reproduced under either protocol is reproduced. Otherwise a decision under its own protocol takes precedence
    over one under ours. Without a decision, the first verdict in the order of VERDICTS counts.
    """
    if theirs.verdict == ours.verdict:
        return ours.verdict, BOTH if ours.verdict in DECIDED else ""
    places = {THEIRS: theirs.verdict, OURS: ours.verdict}
    for wanted in ((REPRODUCED,), DECIDED):
        for place, verdict in places.items():
            if verdict in wanted:
                return verdict, place
    return next(name for name in VERDICTS if name in places.values()), ""
