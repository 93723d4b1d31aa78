"""Our answer to one published claim: scores under its own protocol and under ours, and the verdict on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

from unetlib.evaluation.curves import LOWER_IS_BETTER, MARGINS
from unetlib.evaluation.curves import METRICS as CURVE_METRICS
from unetlib.evaluation.decision import MARGIN, Spread, design_to_decide
from unetlib.evaluation.isbi_metrics import ERRORS
from unetlib.evaluation.shape_metrics import METRICS as SHAPE_METRICS
from unetlib.report.display_tables import format_value
from unetlib.report.doubts import doubts, judge_published
from unetlib.report.literature import Claim, Error
from unetlib.report.study_scores import Comparand, Study
from unetlib.report.transfers import also_elsewhere
from unetlib.report.verdicts import (
    EXCEEDED,
    MAX_HALF_WIDTH,
    NOT_RUN,
    REPRODUCED,
    UNDECIDED,
    Estimate,
    Judgement,
    combined,
    judge_direction,
    judge_value,
    no_better,
)

UNKNOWN_DESIGN = "at least 2 seeds: how much trainings differ is not known"
NO_NUMBER = Estimate(nan)
NO_DESIGN = "more than 20 seeds on all folds"


@dataclass(frozen=True)
class Answer:
    """Our columns of a claim's row; NaN or None where there is no number.

    ours, low, high: our score and its 95 % interval; for a direction, the score of its first side, and other is that
    of its second side. difference, difference_low, difference_high: ours − published, or first − second side.
    trivial: the best trivial score on the same images. theirs, theirs_low, theirs_high: the score of
    protocol_experiment, which repeats the document's protocol; for a direction, the difference between the protocols
    of both sides. verdict_theirs, verdict_ours: the verdict under each protocol; under: the protocol that decides.
    decides: the seeds and folds that would decide an undecided claim.
    """

    theirs: float = nan
    theirs_low: float = nan
    theirs_high: float = nan
    ours: float = nan
    low: float = nan
    high: float = nan
    other: float = nan
    difference: float = nan
    difference_low: float = nan
    difference_high: float = nan
    trivial: float = nan
    base_filters: int | None = None
    runs: int | None = None
    images: int | None = None
    n: int | None = None
    protocol_experiment: str = ""
    trivial_name: str = ""
    verdict_theirs: str = ""
    verdict_ours: str = ""
    verdict: str = NOT_RUN
    under: str = ""
    decides: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Side:
    """The answer under one protocol: the verdict, the score behind it, and the difference that the verdict judges."""

    judged: Judgement
    score: Estimate = NO_NUMBER
    gap: Estimate = NO_NUMBER
    other: float = nan
    experiments: tuple[str, ...] = ()
    dataset: str = ""


def answer(claim: Claim, errors: Sequence[Error], study: Study, copied: Study) -> Answer:
    """Return our columns of a claim's row.

    errors: the known errors that the claim refers to. copied: the study that runs the claim's own protocol.
    """
    if not claim.answer:
        fixed = judge_published(claim, errors, "", None) or Judgement(claim.unanswered, _sentence(claim.note))
        return Answer(verdict=fixed.verdict, verdict_ours=fixed.verdict, reason=fixed.reason)
    dataset, metric = claim.answer[2:]
    trivial = None if metric in SHAPE_METRICS else study.trivial(dataset, metric)
    ours, theirs = _under_ours(claim, errors, study), _under_theirs(claim, errors, copied)
    # Without a score under the claim's own protocol, our verdict is combined with itself and decides alone.
    verdict, under = combined(theirs.judged, ours.judged) if theirs else combined(ours.judged, ours.judged)
    under = under if theirs or not under else "ours"
    undecided = (ours, study) if ours.judged.verdict == UNDECIDED else (theirs, copied)
    fixed_judgement = judge_published(claim, errors, metric, trivial)
    reasons = [fixed_judgement.reason] if fixed_judgement else []
    if fixed_judgement:
        # A void or misquoted value has this verdict whatever we score, so neither protocol decides it.
        verdict, under = fixed_judgement.verdict, ""
    reasons += [] if fixed_judgement and ours.judged.verdict != NOT_RUN else [ours.judged.reason]
    reasons += [_scale(claim, ours, study)]
    if theirs:
        reasons.append(_of_protocol(claim, theirs))
    return Answer(
        theirs=(theirs.gap if claim.value is None else theirs.score).mean if theirs else nan,
        theirs_low=(theirs.gap if claim.value is None else theirs.score).low if theirs else nan,
        theirs_high=(theirs.gap if claim.value is None else theirs.score).high if theirs else nan,
        ours=ours.score.mean,
        low=ours.score.low,
        high=ours.score.high,
        other=ours.other,
        difference=ours.gap.mean,
        difference_low=ours.gap.low,
        difference_high=ours.gap.high,
        trivial=trivial.score if trivial else nan,
        base_filters=study.networks.filters.get(ours.experiments[0]) if ours.experiments else None,
        runs=ours.gap.runs if ours.experiments else None,
        images=ours.gap.images if ours.experiments else None,
        n=ours.gap.n if ours.experiments else None,
        protocol_experiment=" − ".join(theirs.experiments) if theirs else "",
        trivial_name=trivial.name if trivial else "",
        verdict_theirs=theirs.judged.verdict if theirs else "",
        verdict_ours=ours.judged.verdict,
        verdict=verdict,
        under=under,
        decides=_deciding(claim, *undecided, verdict),
        reason=" ".join(filter(None, reasons)),
    )


def _under_ours(claim: Claim, errors: Sequence[Error], study: Study) -> _Side:
    *named, metric = claim.answer
    sides = [study.resolved(Comparand(*names)) for names in (named, claim.versus) if names]
    scores = {side: study.score(side, metric) for side in sides}
    lacking = [study.missing(side, metric) for side, score in scores.items() if score is None]
    if len(scores) < len(sides):
        lacking.append("both sides are the same network in this study")
    ours = scores[sides[0]]
    if lacking or ours is None:
        return _Side(Judgement(NOT_RUN, _sentence(" and ".join(dict.fromkeys(lacking)))))
    names, dataset = tuple(side.experiment for side in sides), sides[0].test_dataset
    if claim.value is None:
        gap, other = study.difference(sides[0], sides[1], metric), scores[sides[1]]
        if gap is None or other is None:
            return _Side(Judgement(NOT_RUN, _sentence("the two sides share no fold and seed")))
        judged = judge_direction(claim.expected, gap, _failures(scores, metric, study), margin=_margin(metric))
        return _Side(judged, ours, gap, other.mean, names, dataset)
    against = doubts(claim, errors, metric) + study.networks.doubts(claim, names[0], sides[0].train_dataset)
    judged = judge_value(ours, claim.value, against, study.trivial(dataset, metric), metric=metric)
    if judged.verdict in (REPRODUCED, EXCEEDED):
        judged = replace(judged, reason=judged.reason + also_elsewhere(claim.value, sides[0], metric, study))
    return _Side(judged, ours, ours.minus(claim.value), nan, names, dataset)


def _under_theirs(claim: Claim, errors: Sequence[Error], study: Study) -> _Side | None:
    """Return the answer under the claim's own protocol, None if the study does not run that protocol."""
    metric = claim.answer[-1]
    found = [study.regenerated(name, metric) for name in (claim.protocol, claim.versus_protocol) if name]
    known = [each for each in found if each is not None]
    if not known or len(known) < len(found):
        return None
    starts, scores = zip(*known, strict=True)
    names, dataset = tuple(start.experiment for start in starts), starts[0].test_dataset
    if claim.value is None:
        # Only curve metrics pair the two sides here; the waterfall has the score of each protocol, not their pairs.
        paired = study.difference(starts[0], starts[1], metric) if metric in CURVE_METRICS else None
        gap = paired or scores[0] - scores[1]
        failed = _failures(dict(zip(starts, scores, strict=True)), metric, study)
        judged = judge_direction(claim.expected, gap, failed, margin=_margin(metric))
        return _Side(judged, scores[0], gap, scores[1].mean, names, dataset)
    against = doubts(claim, errors, metric, copied=True)
    against += study.networks.doubts(claim, names[0], starts[0].train_dataset)
    judged = judge_value(scores[0], claim.value, against, study.trivial(dataset, metric), metric=metric)
    return _Side(judged, scores[0], scores[0].minus(claim.value), nan, names, dataset)


def _failures(scores: Mapping[Comparand, Estimate | None], metric: str, study: Study) -> list[str]:
    """Return the networks at or below the trivial baseline, which make a difference uninterpretable.

    With two test sets, failure on the harder one is the expected finding, so only the better side is checked.
    """
    if metric in SHAPE_METRICS:  # which have no better end: a network has learned something if its mask has
        metric, scores = "iou", {side: study.score(side, "iou") for side in scores}
    known = {side: score for side, score in scores.items() if score}
    if len({side.test_dataset for side in known}) > 1:
        best = (min if metric in (*ERRORS, *LOWER_IS_BETTER) else max)(known, key=lambda side: known[side].mean)
        known = {best: known[best]}
    failed = []
    for side, score in known.items():
        trivial = study.trivial(side.test_dataset, metric)
        if side.experiment in study.networks.filters and trivial and no_better(score.mean, trivial.score, metric):
            failed.append(f"{side.experiment} is no better than {trivial.name} on {side.test_dataset}")
    return failed


def _margin(metric: str) -> float:
    return MARGINS.get(metric, nan) if metric in CURVE_METRICS else MARGIN


def _deciding(claim: Claim, side: _Side | None, study: Study, verdict: str) -> str:
    """Return the seeds and folds that would decide an undecided claim, "" for any other verdict."""
    if verdict != UNDECIDED or side is None:
        return ""
    gap, metric = side.gap, claim.answer[-1]
    direction = claim.value is None
    spread = study.spread(side.dataset, metric, of_differences=direction)
    if metric in CURVE_METRICS:  # a metric of a network, not of images
        spread = None if isnan(gap.sd) else Spread(gap.sd)
    if spread is None:
        return UNKNOWN_DESIGN
    # A value is decided once our interval excludes the published one or is narrow enough, whichever comes first.
    size = gap.mean if direction else max(abs(gap.mean), MAX_HALF_WIDTH)
    design = design_to_decide(size, spread, study.most_folds(side.dataset), _margin(metric) if direction else nan)
    return str(design) if design else NO_DESIGN


def _of_protocol(claim: Claim, theirs: _Side) -> str:
    number = format_value((theirs.gap if claim.value is None else theirs.score).mean, signed=claim.value is None)
    reason = theirs.judged.reason
    return (
        f"Under its own protocol ({' − '.join(theirs.experiments)}) we get {number}: {reason[:1].lower()}{reason[1:]}"
    )


def _scale(claim: Claim, side: _Side, study: Study) -> str:
    """Return a sentence on network sizes if a direction is judged with smaller networks than the source's, else ""."""
    known = [study.networks.filters[name] for name in side.experiments if name in study.networks.filters]
    if not known or claim.value is not None or not claim.filters or min(known) >= claim.filters:
        return ""
    ours = " and ".join(map(str, dict.fromkeys(known)))
    return f"Base filters: ours {ours}, its {claim.filters}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
