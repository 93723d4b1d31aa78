"""Deliberate mistakes in the tiny study: pitfalls and a protocol have tables of their own."""

from itertools import pairwise

import pytest
from builders.tiny_study import PROTOCOL, results, rows

pytestmark = pytest.mark.pipeline


def test_a_pitfall_says_on_how_many_images_it_rests(finished):
    scores, pitfalls = rows(results(finished, "scores.csv")), rows(results(finished, "tables/pitfalls.csv"))
    found = {(row["pitfall"], row["dataset"]) for row in pitfalls}
    assert found - {("leakage", "phase"), ("leakage", "membranes")} == {
        (pitfall, dataset)
        for pitfall in ("id-indexed-weights", "mirrored-scoring", "augmented-validation")
        for dataset in ("phase", "membranes")
    }
    for row in pitfalls:
        if row["pitfall"] != "leakage":
            continue
        both = [
            {r["image"] for r in scores if (r["experiment"], r["train_dataset"], r["test_dataset"]) == (e, d, d)}
            for e, d in (("reference", row["dataset"]), ("random-split", row["dataset"]))
        ]
        assert 0 < int(row["images"]) <= len(both[0] & both[1])


def test_flawed_experiments_are_in_the_table_of_pitfalls_and_not_in_the_ablation(finished):
    for name in ("comparison", "ablation", "transfer"):
        shown = {row["experiment"] for row in rows(results(finished, f"tables/{name}.csv"))}
        assert (
            shown & {"random-split", "id-indexed-weights", "mirrored-scoring", "augmented-validation", *PROTOCOL}
            == set()
            and "tta" in shown
        )
    pitfalls = {(r["pitfall"], r["dataset"], r["metric"]): r for r in rows(results(finished, "tables/pitfalls.csv"))}
    history = rows(results(finished, "runs/augmented-validation/phase/fold0-seed0/history.csv"))
    reported = pitfalls["augmented-validation", "phase", "dice"]
    assert reported["primary"] == "True" and {
        r["metric"] for r in pitfalls.values() if r["pitfall"] == "augmented-validation"
    } == {"dice"}
    assert float(reported["flawed"]) == pytest.approx(max(float(row["validation_dice"]) for row in history), abs=1e-6)
    scores = rows(results(finished, "scores.csv"))
    pixels = {
        r["experiment"]: float(r["value"])
        for r in scores
        if (r["train_dataset"], r["test_dataset"], r["metric"]) == ("phase", "phase", "pixels")
    }
    assert pixels["mirrored-scoring"] > 0.9 * 324 * 324 > pixels["reference"], "unknown pixels count in neither"


def test_a_protocol_has_a_step_for_each_flaw_and_ends_at_the_reference(finished):
    found = [r for r in rows(results(finished, "tables/waterfall.csv")) if r["primary"] == "True"]
    assert [row["experiment"] for row in found] == [PROTOCOL[0], *PROTOCOL, "reference"]
    assert [row["reported"] for row in found] == ["validation", *["test"] * 4]
    history = rows(results(finished, "runs/careless/phase/fold0-seed0/history.csv"))
    assert float(found[0]["score"]) == pytest.approx(max(float(row["validation_dice"]) for row in history), abs=1e-6)
    scores = rows(results(finished, "scores.csv"))
    for row in found[1:]:
        own = [
            float(r["value"])
            for r in scores
            if (r["experiment"], r["train_dataset"], r["test_dataset"], r["metric"])
            == (row["experiment"], "phase", "phase", "dice")
        ]
        assert float(row["score"]) == pytest.approx(sum(own) / len(own), abs=1e-6) and int(row["images"]) == len(own)
    assert [row["compared_on"] for row in found][:4] == ["", "validation", "same images", "same images"]
    for before, after in pairwise(found[1:4]):  # of the same random frames
        change = float(after["score"]) - float(before["score"])
        assert float(after["change"]) == pytest.approx(change, abs=2e-6)
    page = results(finished, "report.html").read_text()
    assert "mirrored margins scored as background" in page and "Protocols of documents" in page
