"""Sentences that people wrote about the ledger still say what it says: each is tied to verdicts that it rests on."""

import csv
import json
import re

import pytest
from builders.config import ROOT

from unetlib.io.files import read_csv
from unetlib.io.packed import read_packed

DECIDED = ("reproduced", "contradicted", "equivalent")
README, PAPER = "README.md", "docs/paper.md"
SAID = [
    (
        README,
        "networks without skip connections lose on cells in phase contrast",
        {"cabrera2026-skips-help-u373": "reproduced", "cabrera2026-exp3-u373-cells-missed": "reproduced"},
    ),
    (
        README,
        "a joint network for several datasets loses 0.02 to 0.06 of IoU on HeLa, membranes (EM) and U373, as stated",
        {
            "cabrera2026-joint-worse-hela": "reproduced",
            "cabrera2026-joint-worse-em": "reproduced",
            "cabrera2026-joint-worse-u373": "reproduced",
        },
    ),
    (
        README,
        "With eight training images of HeLa, networks without augmentation lose 0.076 of SEG [0.045, 0.107], as the",
        {"ronneberger2015-augmentation-few-images": "reproduced"},
    ),
    (
        README,
        "networks without skip connections have fewer holes and rounder cells, as stated, but lose IoU and do not",
        {
            "cabrera2026-skips-make-holes-hela": "reproduced",
            "cabrera2026-rounder-without-skips": "reproduced",
            "cabrera2026-skips-hurt-hela": "contradicted",
        },
    ),
    (
        README,
        "neither the modern recipe nor its falling rate makes the validation curve smoother",
        {"levitsky2024-modern-smoother": "contradicted", "levitsky2024-plateau-stabilises": "contradicted"},
    ),
    (
        README,
        "a Dice loss and a falling rate beats SGD, both with batch normalisation, and sooner, as stated",
        {"levitsky2024-modern-better": "reproduced", "levitsky2024-modern-sooner": "reproduced"},
    ),
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
        "networks trained without augmentation are surer of their pixels, not less sure",
        {"soderberg2020-plain-indecisive": "contradicted"},
    ),
    (
        README,
        "with 40, augmentation is worth no 0.02 of IoU",
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
        "beats SGD (both with batch normalisation) and gets there sooner, that augmentation is essential with eight",
        {
            "levitsky2024-modern-sooner": "reproduced",
            "ronneberger2015-augmentation-few-images": "reproduced",
            "cabrera2026-joint-worse-hela": "reproduced",
        },
    ),
    (
        PAPER,
        "that the border weight separates touching cells of HeLa",
        {
            "ronneberger2015-border-weights-separate-hela": "reproduced",
            "soderberg2020-augmentation-helps": "equivalent",
            "ronneberger2015-elastic-is-key": "undecided",
        },
    ),
    (
        PAPER,
        "They contradict that IoU improves on HeLa without skip connections (masks are rounder and have fewer holes",
        {
            "cabrera2026-skips-hurt-hela": "contradicted",
            "cabrera2026-rounder-without-skips": "reproduced",
            "cabrera2026-skips-make-holes-hela": "reproduced",
            "soderberg2020-plain-indecisive": "contradicted",
            "levitsky2024-modern-smoother": "contradicted",
            "levitsky2024-plateau-stabilises": "contradicted",
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


def test_the_number_of_decided_directions_is_that_of_the_page():
    page = (ROOT / "docs/results/README.md").read_text(encoding="utf-8")
    counts = re.search(r"Of (\d+) stated directions that we measured: (.*)\.\n", page)
    decided = sum(int(n) for n, name in re.findall(r"(\d+) ([a-z ]+)", counts[2]) if name in DECIDED)
    text = " ".join((ROOT / PAPER).read_text(encoding="utf-8").split())
    assert f"decide {decided} of {counts[1]} stated directions" in text


def test_what_is_said_of_a_slow_processor_is_in_the_league_made_there():
    page = (ROOT / "docs/league.md").read_text(encoding="utf-8")
    text, section = " ".join(page.split()), page.partition("### league-avx2")[2]
    ahead = re.search(r"\| dic-hela \| SEG \| \S+ \S+ \| cellpose \S+ \| (.*) \| ours is ahead \|", section)
    assert f"ahead of Cellpose in SEG ({ahead[1]})" in text
    assert len(re.findall(r"\| dic-hela \| (Dice|AP50|mAP) \|.*\| no clear difference \|", section)) == 3
    said = {"fast": "has SEG %s", "tuned": "`tuned` %s", "nnunet": "one cell (SEG %s)"}
    for arm, words in said.items():
        assert words % f"{float(row_of('league-avx2/league.csv', experiment=arm)['seg']):.3f}" in text
    lines = read_packed(ROOT / "docs/results/deposit/league-avx2/tools.jsonl.xz").decode().splitlines()
    made: dict[str, list[int]] = {}
    for facts in map(json.loads, lines):
        made.setdefault(facts["experiment"], []).append(facts["told"].get("updates"))
    for arm, name in (("cellpose", "Cellpose"), ("nnunet", "nnU-Net"), ("stardist", "StarDist")):
        assert f"{name} {min(made[arm])} to {max(made[arm])}" in text


def test_what_is_said_of_the_league_is_in_its_tables():
    page = (ROOT / "docs/league.md").read_text(encoding="utf-8")
    text, section = " ".join(page.split()), page.partition("### league\n")[2].partition("### league-avx2")[0]
    seeds = re.search(r"; seeds (.*)\.\n", section)[1].split(", ")
    assert f"of {('one', 'two', 'three')[len(seeds) - 1]} trainings each" in text
    ahead = dict(re.findall(r"\| (\S+ \| \S+) \| \S+ \S+ \| \S+ \S+ \| (.*) \| ours is ahead \|", section))
    assert [*ahead] == ["dsb2018 | SEG"] and f"of nnU-Net by {ahead['dsb2018 | SEG']}" in text
    assert "the tool is ahead" not in section
    folder = ROOT / "docs/results/league"
    table = read_csv(folder / "league.csv", ("test_dataset", "experiment", "times_budget", "processor_high"))
    own = [row for row in table if row["times_budget"]]
    longest = max(own, key=lambda row: float(row["times_budget"]))
    said = (
        f"up to {float(longest['processor_high']):.0f} s there, {float(longest['times_budget']):.2f} times the budget"
    )
    assert said in text
    lines = read_packed(ROOT / "docs/results/deposit/league/tools.jsonl.xz").decode().splitlines()
    made: dict[tuple[str, int], list[int]] = {}
    for facts in map(json.loads, lines):
        made.setdefault((facts["experiment"], facts["seed"]), []).append(facts["told"].get("updates"))
    ends = {key: f"{min(found):,} to {max(found):,}" for key, found in made.items() if None not in found}
    assert f"Cellpose made {ends['cellpose', 1]} updates with seed 1 and {ends['cellpose', 0]} with seed 0" in text
    for arm, name in (("nnunet", "nnU-Net"), ("stardist", "StarDist")):
        assert f"{name} {ends[arm, 1]} and {ends[arm, 0]}" in text
    seconds = {row["test_dataset"]: row["prediction_seconds"] for row in table if row["experiment"] == "cellpose"}
    named = [f"{float(seconds[each]):.0f}" for each in ("dic-hela", "phc-u373", "dsb2018")]
    assert f"Cellpose {named[0]}, {named[1]} and {named[2]} s" in text
    dice = {row["experiment"]: row["dice"] for row in table if row["test_dataset"] == "dic-hela"}
    assert f"(Dice {float(dice['nnunet']):.3f} and {float(dice['monai']):.3f})" in text
    primary = {"dsb2018": "map", "dic-hela": "seg", "phc-u373": "seg"}
    shares = []
    for dataset, metric in primary.items():
        rows = {row["experiment"]: float(row[metric]) for row in own if row["test_dataset"] == dataset}
        shares.append(rows["fast"] / max(rows.values()))
    assert f"{min(shares):.2f} to {max(shares):.2f} of our best" in text
