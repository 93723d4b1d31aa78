"""Sentences that people wrote about the ledger still say what it says: each is tied to verdicts that it rests on."""

import csv

import pytest
from builders.config import ROOT

README, PAPER = "README.md", "docs/paper.md"
SAID = [
    (
        README,
        "networks without skip connections lose on cells in phase contrast",
        {"cabrera2026-skips-help-u373": "reproduced", "cabrera2026-exp3-u373-cells-missed": "reproduced"},
    ),
    (
        README,
        "a joint network for several datasets loses a little IoU on U373 and on membranes (EM), as stated",
        {"cabrera2026-joint-worse-em": "reproduced", "cabrera2026-joint-worse-u373": "reproduced"},
    ),
    (README, "a Dice loss and a falling rate beats SGD, both with batch", {"levitsky2024-modern-better": "reproduced"}),
    (README, "8 labelled slices of EM give the same IoU as 20", {"ronneberger2015-few-images": "reproduced"}),
    (
        README,
        "Which loss is used makes no difference beyond 0.02 where that could be decided",
        {
            "henrion2025-tversky-beats-dice-gowt1": "equivalent",
            "henrion2025-worse-where-cells-fill-the-image": "equivalent",
            "mehta2025-inverse-frequency-em": "equivalent",
        },
    ),
    (
        README,
        "The border weight of 2015 separates the touching cells of HeLa, as stated",
        {
            "ronneberger2015-border-weights-separate-hela": "reproduced",
            "soderberg2020-border-weights-help": "reproduced",
            "ronneberger2015-border-weights-separate-u373": "undecided",
        },
    ),
    (
        README,
        "on HeLa, networks without skip connections lose IoU and do not gain it",
        {"cabrera2026-skips-hurt-hela": "contradicted"},
    ),
    (
        README,
        "networks trained without augmentation are surer of their pixels, not less sure",
        {"soderberg2020-plain-indecisive": "contradicted"},
    ),
    (
        README,
        "That augmentation helps IoU there is ruled out beyond 0.02 in these short trainings",
        {"soderberg2020-augmentation-helps": "equivalent"},
    ),
    (
        README,
        "That elastic deformation helps is neither shown nor ruled out",
        {"ronneberger2015-elastic-is-key": "undecided"},
    ),
    (
        PAPER,
        "that skip connections help on phase contrast, that a joint network for several datasets loses a little",
        {"cabrera2026-skips-help-u373": "reproduced", "cabrera2026-joint-worse-u373": "reproduced"},
    ),
    (PAPER, "a Dice loss and a falling rate beats SGD", {"levitsky2024-modern-better": "reproduced"}),
    (PAPER, "eight labelled slices do as well as twenty on membranes", {"ronneberger2015-few-images": "reproduced"}),
    (
        PAPER,
        "reproduces that the border weight separates touching cells of HeLa",
        {
            "ronneberger2015-border-weights-separate-hela": "reproduced",
            "cabrera2026-skips-hurt-hela": "contradicted",
            "soderberg2020-plain-indecisive": "contradicted",
            "levitsky2024-adam-converges-faster": "reproduced",
            "soderberg2020-augmentation-helps": "equivalent",
            "ronneberger2015-elastic-is-key": "undecided",
        },
    ),
]


def verdicts() -> dict[str, str]:
    with (ROOT / "docs/results/claims.csv").open(newline="", encoding="utf-8") as handle:
        return {row["id"]: row["verdict"] for row in csv.DictReader(handle)}


@pytest.mark.parametrize(("page", "sentence", "rests_on"), SAID, ids=[each[1][:40] for each in SAID])
def test_a_sentence_rests_on_the_verdicts_of_the_ledger(page, sentence, rests_on):
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert sentence in text, "the sentence was changed: change it here too, and see what it rests on"
    found = verdicts()
    assert {claim: found[claim] for claim in rests_on} == rests_on


def row_of(path: str, **where: str) -> dict[str, str]:
    """The only row of a published table with these cells."""
    with (ROOT / "docs/results" / path).open(newline="", encoding="utf-8") as handle:
        (found,) = [row for row in csv.DictReader(handle) if where.items() <= row.items()]
    return found


def test_what_is_said_of_transfer_to_hela_is_in_the_tables():
    text = " ".join((ROOT / "docs/results/README.md").read_text(encoding="utf-8").split())
    named = {"experiment": "reference", "test_dataset": "dic-hela"}
    foreign, own = (row_of("decisive/transfer.csv", train_dataset=name, **named) for name in ("phc-u373", "dic-hela"))
    trivial = row_of("decisive/comparison.csv", **named | {"experiment": "all-foreground", "metric": "iou"})
    for row, words in ((foreign, "has IoU %s on HeLa, which it never saw"), (own, "that of HeLa itself %s;")):
        mean, low, high = (f"{float(row[name]):.3f}" for name in ("iou", "iou_low", "iou_high"))
        assert words % f"{mean} [{low}, {high}]" in text
    assert f"everything cell has {float(trivial['mean']):.3f}." in text
