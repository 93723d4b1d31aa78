"""Doubts about a comparison with a published value: how the value was measured, and limits of our own network.

The claim's own protocol copies the split, the model selection and some errors of the document, so under that protocol
these are no reason for doubt. Differences that no protocol can copy remain: hidden test images, a different quantity,
and the size of our network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from unetlib.evaluation.pooled_metrics import POOLED
from unetlib.report.literature import Claim, Error
from unetlib.report.verdicts import EXPLAINS, MISQUOTED, VOID, Baseline, Doubt, Judgement, no_better

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
OUR_AGGREGATION = {"seg": "per object", "seg_ctc": "per object", **dict.fromkeys(POOLED, "pooled")}  # else: per image
SAME_METRIC = {**POOLED, "seg_ctc": "seg"}  # our metric → the ledger's name of the same quantity
OWN_SHARE = 0.5  # our training counts as shorter if it used less than this share of the source's tiles


@dataclass(frozen=True)
class Networks:
    """Our networks by experiment: base filters, number of training tiles, training datasets with silver truth."""

    filters: Mapping[str, int] = field(default_factory=dict)
    tiles: Mapping[str, int] = field(default_factory=dict)
    silver: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def doubts(self, claim: Claim, experiment: str, train_dataset: str) -> list[Doubt]:
        """Return the doubts due to our network: smaller, trained for shorter or on other truth than the source's.

        A property that is not known of both networks gives no doubt.
        """
        ours, tiles = self.filters.get(experiment), self.tiles.get(experiment)
        found = []
        if ours and claim.filters and ours < claim.filters:
            found.append(Doubt("less of ours", f"our network has {ours} base filters and its has {claim.filters}"))
        if tiles and claim.tiles and tiles < OWN_SHARE * claim.tiles:
            found.append(Doubt("less of ours", f"ours was trained on {tiles:,} tiles and its on {claim.tiles:,}"))
        if claim.truth == "gold" and train_dataset in self.silver.get(experiment, ()):
            found.append(Doubt("more of ours", "ours was trained on silver truth, which is denser than its gold truth"))
        return found


def doubts(claim: Claim, errors: Sequence[Error], metric: str, *, copied: bool = False) -> list[Doubt]:
    """Return all doubts about the published value, in the order of the ledger's columns.

    metric: our metric; copied: whether our score comes from the claim's own protocol.
    """
    found = []
    if claim.test_images in TEST_IMAGES and not (copied and claim.test_images != "hidden"):
        found.append(Doubt(*TEST_IMAGES[claim.test_images]))
    if claim.selection in SELECTIONS and not copied:
        found.append(Doubt(*SELECTIONS[claim.selection]))
    ours, same = OUR_AGGREGATION.get(metric, "per image"), SAME_METRIC.get(metric, metric)
    if claim.aggregation not in (ours, "unknown"):
        found.append(Doubt("unclear", f"it is averaged {_over(claim.aggregation)}, ours {_over(ours)}"))
    if claim.metric != same:
        found.append(Doubt("unclear", f"it is {claim.metric}, ours is {same}"))
    if claim.role == "anchor":
        found.append(Doubt("less of ours", "it is of another system than ours"))
    kept = [error for error in errors if error.effect in EXPLAINS and not (copied and error.copied)]
    return found + [Doubt(error.effect, error.error) for error in kept]


def judge_published(claim: Claim, errors: Sequence[Error], metric: str, trivial: Baseline | None) -> Judgement | None:
    """Return the verdict that does not depend on our score, misquoted or void, or None if neither applies.

    trivial: the best trivial baseline on our test images, in our metric.
    """
    for error in errors:
        if error.effect == "misquotes":
            return Judgement(MISQUOTED, f"{error.error[:1].upper()}{error.error[1:]}.")
    if claim.value is None or trivial is None or claim.metric != SAME_METRIC.get(metric, metric):
        return None
    if not no_better(claim.value, trivial.score, metric):
        return None
    floor = f"{trivial.name}, which has {trivial.score:.3f} on our test images"
    return Judgement(VOID, f"The published {claim.value:.4g} is no better than {floor}.")


def _over(aggregation: str) -> str:
    return "over all pixels together" if aggregation == "pooled" else aggregation
