"""One row out per row in, whatever the ledger asks and the study has; the verdict of each kind of claim."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from builders.config import facts
from builders.tables import DATASETS, EXPERIMENTS, WATERFALL, study
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.evaluation import tables
from unetlib.report import claims, literature, verdicts
from unetlib.report.literature import ANY, Claim, Error
from unetlib.study.layout import Layout

ROOT = Path(__file__).parents[2]
STUDY = study()
ERRORS = {1: Error(1, ("someone2020",), "its weights are wrong", "deflates", "ours are not")}


def claim(**changes):
    texts = dict.fromkeys(Claim.__dataclass_fields__, "text")
    words = {"id": "c", "role": "claim", "kind": "value", "metric": "iou", "value": 0.9, "aggregation": "per image"}
    words |= {"test_images": "held out", "selection": "separate", "errors": (), "expected": "", "note": ""}
    words |= {"protocol": "", "answer": ("modern", "cells", "cells", "iou"), "versus": ()}
    return Claim(**(texts | words | changes))


def direction(expected, versus=("reference", "cells", "cells"), **changes):
    return claim(kind="direction", value=None, expected=expected, versus=versus, **changes)


def row(one, made=STUDY, errors=ERRORS):
    return claims.compare_claims([one], errors, made).iloc[0]


@pytest.mark.parametrize(
    ("one", "verdict", "words"),
    [
        (claim(value=0.81), "reproduced", "agrees"),
        (claim(value=0.7), "exceeded", "higher"),
        (claim(value=0.9), "not reached", "lower"),
        (claim(value=0.9, test_images="random frames"), "not comparable", "of its training frames"),
        (claim(value=0.7, test_images="random frames"), "exceeded", "although"),
        (claim(value=0.7, errors=(1,)), "not comparable", "weights are wrong"),
        (claim(value=0.29), "not comparable", "otsu"),
        (claim(value=0.6, answer=("modern", "cells", "nuclei", "iou")), "reproduced", "16"),
        (direction("+"), "reproduced", "Clearly positive"),
        (direction("-"), "contradicted", "Clearly positive"),
        (direction("0"), "contradicted", "There is a difference"),
        (direction("-", answer=("multi-dataset", "all", "cells", "iou")), "reproduced", "ours 32 and 16"),
        (direction("-", versus=("otsu", ANY, "cells")), "not reached", "one run a side"),
        (claim(answer=("modern", "moon", "moon", "iou")), "not run here", "does not use moon"),
        (claim(answer=("ancient", "cells", "cells", "iou")), "not run here", "does not run ancient"),
        (claim(answer=("modern", "cells", "cells", "seg")), "not run here", "no seg"),
        (direction("+", versus=("ancient", "cells", "cells")), "not run here", "does not run ancient"),
        (claim(answer=(), note="nobody knows"), "not run here", "Nobody knows."),
    ],
)
def test_each_kind_of_claim_gets_its_verdict(one, verdict, words):
    found = row(one)
    assert found["verdict"] == verdict, found["reason"]
    assert words in found["reason"]


def test_the_numbers_beside_a_claim_are_those_of_the_tables():
    value, contrast = row(claim(value=0.9)), row(direction("+"))
    table = STUDY.comparison.set_index(["experiment", "test_dataset", "train_dataset", "metric"])
    own = table.loc[("modern", "cells", "cells", "iou")]
    assert value["ours"] == own["mean"] and value["difference"] == pytest.approx(own["mean"] - 0.9)
    assert (value["runs"], value["images"], value["n"]) == (3, 4, 12)
    assert (value["trivial"], value["trivial_name"], value["base_filters"]) == (0.3, "otsu", 16)
    assert contrast["other"] == table.loc[("reference", "cells", "cells", "iou"), "mean"]
    assert contrast["difference_low"] < contrast["difference"] < contrast["difference_high"]


def test_one_run_decides_no_direction():
    found = row(direction("+"), study(seeds=(0,)))
    assert found["difference_low"] > 0, "over other images it is clear"
    assert found["verdict"] == "not reached" and "one run" in found["reason"]


def test_a_failed_training_decides_no_direction():
    made = study(levels={"reference": 0.7, "modern": 0.1, "multi-dataset": 0.5})
    found = row(direction("-"), made)
    assert found["verdict"] == "not reached" and "modern is no better than otsu on cells" in found["reason"]


def test_on_two_test_sets_only_the_better_side_must_have_learned():
    made = study(levels={"reference": 0.9, "modern": 0.45, "multi-dataset": 0.5})
    good, bad = ("modern", "cells", "cells"), ("modern", "cells", "nuclei")  # 0.45 and 0.25, trivial 0.3
    found = row(direction("+", answer=(*good, "iou"), versus=bad), made)
    assert "no better than" not in found["reason"]
    found = row(direction("+", answer=(*good, "iou"), versus=bad), replace(made, comparison=study(0.5).comparison))
    assert found["difference"] > 0


def test_an_experiment_left_out_as_the_reference_is_answered_by_it():
    made = study(aliases={"filters-16": "reference"})
    assert row(claim(value=0.7, answer=("filters-16", "cells", "cells", "iou")), made)["verdict"] == "reproduced"
    found = row(direction("0", answer=("filters-16", "cells", "cells", "iou")), made)
    assert found["verdict"] == "not run here" and "the same network" in found["reason"]


def test_a_value_stands_beside_what_its_own_protocol_gives():
    made = replace(STUDY, waterfall=WATERFALL)
    found = row(claim(value=0.91, protocol="as-theirs"), made)
    assert (found["theirs"], found["protocol_experiment"]) == (0.9, "theirs") and found["theirs_low"] != 0.9
    assert found["verdict"] == row(claim(value=0.91))["verdict"], "the verdict is on our own number"
    assert "Under its own protocol (theirs) we get 0.900, which agrees with it." in found["reason"]
    assert "does not agree" in row(claim(value=0.7, protocol="as-theirs"), made)["reason"]
    lost = row(claim(value=0.9, protocol="as-theirs", answer=("ancient", "cells", "cells", "iou")), made)
    assert (lost["theirs"], lost["verdict"]) == (0.9, "not run here"), "ours may be missing"
    shown = claims.claims_shown(claims.compare_claims([claim(value=0.91, protocol="as-theirs")], ERRORS, made))
    assert shown["ours, under its own protocol"].tolist() == ["0.900"]


@pytest.mark.parametrize("made", [STUDY, replace(STUDY, waterfall=WATERFALL)])
def test_a_protocol_or_metric_that_the_study_lacks_changes_nothing(made):
    plain = row(claim(value=0.9))
    for asked in (claim(value=0.9, protocol="as-none"), claim(value=0.9)):
        found = row(asked, made)
        assert found["reason"] == plain["reason"] and found.isna()["theirs"] and found["protocol_experiment"] == ""
    answer = ("modern", "cells", "cells", "seg")
    assert row(claim(value=0.9, protocol="as-theirs", answer=answer), made).isna()["theirs"]


NAMES = st.sampled_from([*EXPERIMENTS, "otsu", "ancient"])
PLACES = st.sampled_from([*DATASETS, "all", "none", ANY, "moon"])
ANSWERS = st.one_of(st.just(()), st.tuples(NAMES, PLACES, PLACES, st.sampled_from(["iou", "dice", "seg"])))


@st.composite
def any_claim(draw):
    answer, signed = draw(ANSWERS), draw(st.booleans())
    words = {name: draw(st.sampled_from(choices)) for name, choices in literature.WORDS.items() if name != "kind"}
    words |= {
        "answer": answer,
        "errors": draw(st.sampled_from([(), (1,)])),
        "metric": draw(st.sampled_from(["iou", "x"])),
    }
    if signed:
        other = draw(st.tuples(NAMES, PLACES, PLACES)) if answer else ()
        return direction(draw(st.sampled_from(literature.SIGNS)), other, note="why", **words)
    return claim(value=draw(st.floats(-1, 200)), note="why", **words)


STUDIES = (STUDY, study(seeds=(0,)), study(baseline=0.75))


@settings(deadline=None, max_examples=50)
@given(st.lists(any_claim(), max_size=8), st.integers(0, 2))
def test_no_claim_is_ever_dropped(asked, which):
    """One row per claim, in order; "not run here" exactly where there is no number of ours; always a reason."""
    made = STUDIES[which]
    asked = [replace(one, id=f"c{n}") for n, one in enumerate(asked)]
    table = claims.compare_claims(asked, ERRORS, made)
    assert list(table["id"]) == [one.id for one in asked]
    assert set(table["verdict"]) <= set(verdicts.VERDICTS)
    assert ((table["verdict"] == "not run here") == table["ours"].isna()).all()
    assert (table["reason"] != "").all()
    assert len(claims.claims_shown(table)) == len(asked)


def committed():
    errors = literature.read_errors(ROOT / "workflow/known-errors.csv")
    return literature.read_ledger(ROOT / "workflow/literature.csv", errors), errors


def test_a_study_without_the_literatures_data_answers_nothing_and_says_so():
    asked, errors = committed()
    table = claims.compare_claims(asked, errors, STUDY)
    assert len(table) == len(asked) and claims.all_not_run(table)
    assert claims.summary(table).startswith(f"This study answers none of the {len(asked)}")


def test_the_summary_counts_every_claim_once():
    asked = [claim(value=value) for value in (0.81, 0.7, 0.9, 0.95)] + [claim(answer=(), note="n")]
    text = claims.summary(claims.compare_claims(asked, ERRORS, STUDY))
    assert text == "5 published numbers and statements: 1 reproduced, 1 exceeded, 2 not reached, 1 not run here."


def test_the_table_comes_back_from_its_csv(tmp_path):
    asked, errors = committed()
    table = claims.compare_claims([*asked, claim(), direction("+")], errors, STUDY)
    path = tmp_path / "claims.csv"
    path.write_text(tables.to_csv(table), encoding="utf-8")
    back = claims.read_claims(path)
    assert tables.to_csv(back) == tables.to_csv(table)
    assert tuple(back.columns) == claims.TABLE and back.loc[0, "source"] == "levitsky2024"
    assert claims.claims_shown(back).equals(claims.claims_shown(claims.read_claims(path)))


def test_people_read_words_numbers_and_intervals():
    made = replace(STUDY, comparison=STUDY.comparison.assign(low=0.75, high=0.85))
    table = claims.compare_claims(
        [claim(claim="so be it", note="a note"), direction("+"), claim(answer=())], ERRORS, made
    )
    shown = claims.claims_shown(table)
    first, second, third = (shown.iloc[n] for n in range(3))
    assert (
        first["in its own words"] == "“so be it”" and first["published"] == "0.9" and first["why"].endswith("A note.")
    )
    assert first["ours"].endswith("[0.750, 0.850]") and first["difference"].startswith("−0.")
    assert second["published"] == "higher" and second["measured"] == "IoU, cells: modern − reference"
    assert (third["ours"], third["runs"], third["best trivial"]) == ("–", "–", "–")


def test_the_script_writes_both_tables_and_refuses_a_bad_ledger(tmp_path):
    layout = Layout("s")
    for name in ("comparison", "ablation", "transfer"):
        path = tmp_path / layout.table(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tables.to_csv(getattr(STUDY, name)))
    claimed = tmp_path / layout.table("claims")
    ledgers = {"--literature": ROOT / "workflow/literature.csv", "--errors": ROOT / "workflow/known-errors.csv"}

    def run(**changes):
        given = {"--study": facts().model_dump_json()} | ledgers | changes
        options = [str(part) for item in given.items() for part in item]
        command = [sys.executable, str(ROOT / "workflow/scripts/compare_claims.py"), *options]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    assert run().returncode == 0
    first = claimed.read_bytes()
    assert len(claims.read_claims(claimed)) == len(committed()[0]) and claimed.with_suffix(".md").exists()
    assert run().returncode == 0 and claimed.read_bytes() == first
    claimed.unlink()
    bad = tmp_path / "bad.csv"
    bad.write_text(ledgers["--literature"].read_text().replace(",direction,", ",opinion,", 1))
    done = run(**{"--literature": bad})
    assert done.returncode == 1 and done.stderr.startswith("error: ") and "column kind" in done.stderr
    assert not claimed.exists()
