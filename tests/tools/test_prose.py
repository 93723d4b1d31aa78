"""Sentences that people wrote about the ledger still say what it says: each is tied to verdicts that it rests on."""

import csv
import json
import re

import pandas as pd
import pytest
from builders.config import ROOT

from unetlib.evaluation.score_grids import Arm
from unetlib.io.files import read_csv
from unetlib.io.packed import read_packed
from unetlib.report.deposit import read_deposit
from unetlib.report.display_tables import format_interval
from unetlib.report.study_tables import contrasts_of

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


OF_SEED_0 = ("cellpose", "nuclei-256")
LEADS = [  # dataset, tool, metric and the words of a difference that docs/league.md calls a lead
    ("dsb2018", "nnunet", "SEG", "of nnU-Net by %s"),
    ("dsb2018", "cellpose", "SEG", "of Cellpose by %s."),
    ("dic-hela", "nnunet", "SEG", "a plan far smaller than its own, by %s"),
    ("dic-hela", "monai", "SEG", "of MONAI's by %s."),
    ("phc-u373", "cellpose", "SEG", "Ours − Cellpose: %s."),
]


def leads_of(section: str) -> dict[tuple[str, str], dict[str, str]]:
    """The differences to each tool, by dataset and tool, then metric."""
    rows = [re.split(r" \| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| ")]
    metrics = next(cells[2:] for cells in rows if cells[1].startswith("our best network"))
    cells_of = {tuple(cells[:2]): cells[2:] for cells in rows if len(cells) == 2 + len(metrics) and "[" in cells[2]}
    return {row: dict(zip(metrics, cells, strict=True)) for row, cells in cells_of.items()}


def test_what_is_said_of_the_league_is_in_its_tables():
    page = (ROOT / "docs/league.md").read_text(encoding="utf-8")
    text, section = " ".join(page.split()), page.partition("### league\n")[2].partition("### league-avx2")[0]
    seeds = re.search(r"; seeds (.*)\.\n", section)[1].split(", ")
    assert f"of {('one', 'two', 'three')[len(seeds) - 1]} trainings each" in text
    paper = " ".join((ROOT / PAPER).read_text(encoding="utf-8").split())
    assert "neither our best networks nor the best tool is clearly ahead on any dataset" in paper
    assert "ahead |" not in section and "**−" not in section, "no tool is ahead, and ours not of the best tool"
    rows = re.findall(r"\| (\S+) \| (\S+) \| \S+ \S+ \| (\S+) \S+ \| −", section)  # the tool has the higher mean
    higher = {"monai": "Dice on DSB2018", "cellpose": "AP50 and mAP on HeLa and AP50 on U373"}
    assert [f"{tool}: {dataset} {metric}" for dataset, metric, tool in rows] == [
        "monai: dsb2018 Dice",
        "cellpose: dic-hela AP50",
        "cellpose: dic-hela mAP",
        "cellpose: phc-u373 AP50",
    ]
    assert f"MONAI's U-Net has the higher mean in {higher['monai']}, and Cellpose in {higher['cellpose']}" in text
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
    by_seed = {arm: tuple(ends[arm, seed] for seed in map(int, seeds)) for arm in ("cellpose", "nnunet", "stardist")}
    assert (
        "Cellpose made {} updates with seed 0, {} with seed 1 and {} with seed 2".format(*by_seed["cellpose"]) in text
    )
    for arm, name in (("nnunet", "nnU-Net"), ("stardist", "StarDist")):
        assert f"{name} %s, %s and %s" % by_seed[arm] in text
    leads = leads_of(section)
    for dataset, tool, metric, words in LEADS:
        lead = leads[dataset, tool][metric]
        assert words % lead.strip("*") in text
        assert lead.startswith("**+"), "what the page calls a lead is a clear one"
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


BETWEEN = [  # dataset, metric, two arms and the words of their difference in docs/league.md
    ("dic-hela", "seg", "unet-2015", "fast", "SEG 0.709 and 0.800 (%s)"),
    ("dsb2018", "map", "unet-2015", "fast", "is clear on DSB2018 (mAP %s)"),
    ("phc-u373", "seg", "unet-2015", "fast", "or U373 (SEG %s); in Dice"),
    ("phc-u373", "dice", "unet-2015", "fast", "ahead of `fast` on U373 (%s)."),
    ("dsb2018", "map", "nuclei-256", "unet-2015", "`nuclei-256` is not (%s)"),
    ("dic-hela", "seg", "tuned-8-turns", "cellpose", "the same recipe (`tuned-8-turns`) − Cellpose is %s:"),
    ("dic-hela", "seg", "tuned", "unet-2015", "on HeLa (`tuned`, %s)"),
    ("dsb2018", "seg", "nuclei-256", "unet-2015", "on DSB2018 (`nuclei-256`, %s), and not clearly"),
    ("phc-u373", "seg", "tuned-256", "unet-2015", "on U373 (`tuned-256`, %s)."),
    ("dsb2018", "seg", "unet-2015", "nnunet", "ahead of nnU-Net's small plan in SEG, %s."),
    ("dsb2018", "map", "nuclei-256-distances", "nuclei-256", "by %s (DSB2018)"),
    ("dic-hela", "map", "tuned-distances", "tuned", "%s (HeLa)"),
    ("phc-u373", "map", "tuned-distances", "tuned", "and %s (U373), and clearly on none"),
    ("dsb2018", "seg", "nuclei-256-distances", "nuclei-256", "SEG on DSB2018 is lower (%s)."),
]


def test_what_is_said_between_our_arms_of_the_league_is_measured():
    text = " ".join((ROOT / "docs/league.md").read_text(encoding="utf-8").split())
    deposit = read_deposit(ROOT / "docs/results/deposit/league")
    contrasts = contrasts_of(deposit.facts, deposit.scores)
    for dataset, metric, one, other, words in BETWEEN:
        found = contrasts.difference(Arm(one, dataset), Arm(other, dataset), dataset, metric).interval
        assert words % format_interval(found.mean, found.low, found.high, signed=True) in text
    for arm in ("unet-2015", "fast"):
        row = row_of("league/league.csv", experiment=arm, test_dataset="dic-hela")
        assert f"{float(row['seg']):.3f}" in BETWEEN[0][-1]


def test_the_prediction_seconds_that_the_league_names_are_those_measured():
    text = " ".join((ROOT / "docs/league.md").read_text(encoding="utf-8").split())
    rows = read_csv(ROOT / "docs/results/learning/prediction-league.csv", ("experiment", "processor_seconds"))
    seconds: dict[str, list[float]] = {}
    for row in rows:
        seconds.setdefault(row["experiment"], []).append(float(row["processor_seconds"]))
    plain = [*seconds["tuned"], *seconds["nuclei-256"]]
    turned = [each for name, found in seconds.items() if name.endswith("-8-turns") for each in found]
    assert f"`tuned` and `nuclei-256` took {min(plain):.0f} to {max(plain):.0f} s" in text
    assert f"with eight turns {min(turned):.0f} to {max(turned):.0f} s" in text
    assert f"one size for all nuclei {seconds['tuned-nuclei'][0]:.0f} s" in text


def test_the_arms_that_the_league_counts_are_those_in_its_tables():
    page = (ROOT / "docs/league.md").read_text(encoding="utf-8")
    text, section = " ".join(page.split()), page.partition("### league\n")[2].partition("### league-avx2")[0]
    numbers = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    counts = {}
    for study in ("league", "league-avx2"):
        rows = read_csv(ROOT / "docs/results" / study / "league.csv", ("test_dataset", "kind"))
        for kind in ("network", "tool"):
            of_kind = [row["test_dataset"] for row in rows if row["kind"] == kind]
            counts[study, kind] = sorted({numbers[of_kind.count(each) - 3] for each in of_kind}, key=numbers.index)
    ours, theirs = counts["league", "network"], counts["league", "tool"]
    assert f"({ours[0]} to {ours[-1]} arms for each kind of images in `league`, " in text
    assert f"in `league`, {counts['league-avx2', 'network'][0]} in `league-avx2`)" in text
    assert f"of the tools ({theirs[0]} and {counts['league-avx2', 'tool'][0]})" in text and len(theirs) == 1
    best = re.findall(r"^\| \S+ \| \S+ \| (\S+) 0\.\d+ \| \S+ 0\.\d+ \|", section, re.MULTILINE)
    with_distances = numbers[sum("distances" in each for each in best) - 3]
    assert f"they have {with_distances} of our {numbers[len(best) - 3]} highest means" in text


def test_the_scores_of_single_seeds_that_the_league_names_are_those_of_its_tables():
    text = " ".join((ROOT / "docs/league.md").read_text(encoding="utf-8").split())
    table = pd.read_csv(ROOT / "docs/results/league/differences.csv")
    table = table[table["train_dataset"] == table["test_dataset"]].sort_values("seed")
    by_seed = table.groupby(["test_dataset", "experiment", "metric"])["variant"].apply(list)
    falls = {arm: by_seed["dsb2018", arm, "seg"] for arm in ("cellpose", "stardist")}
    assert "SEG of Cellpose {:.3f}, {:.3f}, {:.3f}; of StarDist".format(*falls["cellpose"]) in text
    assert "of StarDist {:.3f}, {:.3f}, {:.3f})".format(*falls["stardist"]) in text
    first = {arm: [by_seed["dsb2018", arm, metric][0] for metric in ("seg", "ap50", "map")] for arm in OF_SEED_0}
    assert "it has SEG {:.3f}, AP50 {:.3f} and mAP {:.3f}, and `nuclei-256` ".format(*first["cellpose"]) in text
    assert "`nuclei-256` {:.3f}, {:.3f} and {:.3f}.".format(*first["nuclei-256"]) in text
    hela, phase = (by_seed[name, "cellpose", "seg"] for name in ("dic-hela", "phc-u373"))
    assert f"on HeLa and U373 Cellpose loses {hela[0] - min(hela):.3f} of SEG or nothing" in text
    assert phase[0] == min(phase)


def test_what_is_said_of_tiles_and_of_otsu_is_in_the_league():
    text = " ".join((ROOT / "docs/results/README.md").read_text(encoding="utf-8").split())
    seg = {
        (each, name): float(row_of("league/league.csv", experiment=name, test_dataset=each)["seg"])
        for each, name in (
            ("phc-u373", "tuned-256"),
            ("phc-u373", "tuned"),
            ("dsb2018", "nuclei-256"),
            ("dsb2018", "tuned-nuclei"),
        )
    }
    assert "on U373 ({:.3f} and {:.3f}) and DSB2018 ({:.3f} and {:.3f}, where".format(*seg.values()) in text
    page = " ".join((ROOT / "docs/league.md").read_text(encoding="utf-8").split())
    below = [
        float(row_of("league/league.csv", experiment=name, test_dataset="dsb2018")["map"])
        for name in ("stardist", "otsu")
    ]
    assert below[0] < below[1] and "(mAP {:.3f} and {:.3f})".format(*below) in page
