"""One row out per row in, whatever the ledger asks and the study has; the verdict of each kind of claim."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from builders.config import facts
from builders.tables import DATASETS, EXPERIMENTS, WATERFALL, scores, study, trivial
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.evaluation import tables
from unetlib.evaluation.contrasts import Contrasts
from unetlib.evaluation.curves import curve_rows
from unetlib.report import answers, claims, literature, verdicts
from unetlib.report.doubts import Networks
from unetlib.report.literature import ANY, Claim, Error
from unetlib.report.study_scores import Comparand
from unetlib.study.layout import Layout

ROOT = Path(__file__).parents[2]
STUDY = study()
ERRORS = {
    1: Error(1, ("someone2020",), "its weights are wrong", "deflates", True, "ours are not"),
    2: Error(2, ("someone2020",), "it is another quantity", "misquotes", False, "we name it"),
}


def claim(**changes):
    texts = dict.fromkeys(Claim.__dataclass_fields__, "text")
    words = {"id": "c", "role": "claim", "kind": "value", "metric": "iou", "value": 0.9, "aggregation": "per image"}
    words |= {"test_images": "held out", "selection": "separate", "errors": (), "expected": "", "note": ""}
    words |= {"protocol": "", "versus_protocol": "", "answer": ("modern", "cells", "cells", "iou"), "versus": ()}
    words |= {"verbatim": True, "truth": "gold", "filters": 64, "tiles": None, "unanswered": ""}
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
        (claim(value=0.9), "not comparable", "our network has 16 base filters"),
        (claim(value=0.9, filters=16), "contradicted", "lower"),
        (claim(value=0.9, test_images="random frames"), "not comparable", "of its training frames"),
        (claim(value=0.7, test_images="random frames"), "exceeded", "although"),
        (claim(value=0.7, errors=(1,)), "not comparable", "weights are wrong"),
        (claim(value=0.29), "void", "no better than otsu, which has 0.300"),
        (claim(value=0.29, answer=("ancient", "cells", "cells", "iou")), "void", "does not run ancient"),
        (claim(value=0.81, errors=(2,)), "misquoted", "It is another quantity."),
        (claim(value=0.6, answer=("modern", "cells", "nuclei", "iou")), "reproduced", "16"),
        (direction("+"), "reproduced", "Clearly positive"),
        (direction("-"), "contradicted", "Clearly positive"),
        (direction("0"), "contradicted", "There is a difference"),
        (direction("-", answer=("multi-dataset", "all", "cells", "iou")), "reproduced", "ours 32 and 16"),
        (direction("-", versus=("otsu", ANY, "cells")), "undecided", "another seed"),
        (claim(answer=("modern", "moon", "moon", "iou")), "not run", "does not use moon"),
        (claim(answer=("ancient", "cells", "cells", "iou")), "not run", "does not run ancient"),
        (claim(answer=("modern", "cells", "cells", "seg")), "not run", "no seg"),
        (direction("+", versus=("ancient", "cells", "cells")), "not run", "does not run ancient"),
        (claim(answer=(), unanswered="not run", note="nobody knows"), "not run", "Nobody knows."),
        (claim(answer=(), unanswered="not comparable", note="a loss"), "not comparable", "A loss."),
        (claim(answer=(), unanswered="not comparable", note="x", errors=(2,)), "misquoted", "another quantity"),
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
    assert found["verdict"] == "undecided" and "another seed" in found["reason"]
    assert found["decides"] == answers.UNKNOWN_DESIGN


def test_two_folds_of_one_seed_decide_no_direction():
    made = study(seeds=(0,))
    folds = replace(made, ablation=made.ablation.assign(runs=2, resampled="images"))
    assert row(direction("+"), folds)["verdict"] == "undecided"
    seeds = replace(made, ablation=made.ablation.assign(runs=2, resampled="seeds × images"))
    assert row(direction("+"), seeds)["verdict"] == "reproduced"


def test_an_undecided_row_says_how_many_networks_would_decide_it():
    """The design is that of the spread in the power table: more of it wants more networks."""
    wanted = []
    for noise in (0.05, 0.2, 3.0):
        made = study(noise=noise, spread=True)
        table = made.ablation.assign(low=-0.5, high=0.5, low90=-0.5, high90=0.5, resampled="seeds")
        found = row(direction("+"), replace(made, ablation=table, contrasts=Wide(made.contrasts.rows)))
        assert found["verdict"] == "undecided"
        wanted.append(found["decides"])
    assert wanted[-1] == answers.NO_DESIGN and " × " in wanted[0], wanted
    table = study().comparison.assign(low=0.6, high=1.0, resampled="seeds")
    found = row(claim(value=0.78), replace(study(spread=True), comparison=table))
    assert found["verdict"] == "undecided" and found["decides"].startswith("2 seeds")
    unknown = row(claim(value=0.78), replace(study(), comparison=table))
    assert unknown["decides"] == answers.UNKNOWN_DESIGN, "no scores: how much trainings differ is not known"


class Wide(Contrasts):
    """Contrasts with the spread of the scores but no differences, so that those of the table are judged."""

    def difference(self, *_):
        return None


def test_a_network_of_another_dataset_that_has_the_value_too_is_told():
    """0.8 on cells when trained there, 0.6 when trained on nuclei: a published 0.6 is met by both."""
    assert "So does modern trained on nuclei alone (0.6" in row(claim(value=0.6))["reason"]
    assert "So does" not in row(claim(value=0.8))["reason"] and row(claim(value=0.8))["verdict"] == "reproduced"
    assert "So does" not in row(claim(value=0.6, answer=("modern", "cells", "nuclei", "iou")))["reason"]


def test_one_training_that_agrees_is_said_to_be_one():
    assert "one training" in row(claim(value=0.8), study(seeds=(0,)))["reason"]
    assert "one training" not in row(claim(value=0.8))["reason"]


def test_a_failed_training_decides_no_direction():
    made = study(levels={"reference": 0.7, "modern": 0.1, "multi-dataset": 0.5})
    found = row(direction("-"), made)
    assert found["verdict"] == "not comparable" and "modern is no better than otsu on cells" in found["reason"]


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
    assert found["verdict"] == "not run" and "the same network" in found["reason"]


STARTS = {"as-theirs": Comparand("theirs", "cells", "cells"), "as-others": Comparand("others", "cells", "cells")}
PROTOCOLS = replace(STUDY, waterfall=WATERFALL, starts=STARTS)


def test_a_value_is_judged_under_its_own_protocol_and_under_ours():
    found = row(claim(value=0.91, protocol="as-theirs"), PROTOCOLS)
    assert (found["theirs"], found["protocol_experiment"]) == (0.9, "theirs") and found["theirs_low"] != 0.9
    assert (found["verdict_theirs"], found["verdict_ours"]) == ("reproduced", "not comparable")
    assert (found["verdict"], found["under"]) == ("reproduced", "its own protocol")
    assert "Under its own protocol (theirs) we get 0.900: ours agrees" in found["reason"]
    ours = row(claim(value=0.8, protocol="as-theirs"), PROTOCOLS)
    assert (ours["verdict"], ours["under"], ours["verdict_theirs"]) == ("reproduced", "ours", "undecided")
    lost = row(claim(value=0.9, protocol="as-theirs", answer=("ancient", "cells", "cells", "iou")), PROTOCOLS)
    assert (lost["theirs"], lost["verdict"], lost["under"]) == (0.9, "reproduced", "its own protocol")
    assert lost["verdict_ours"] == "not run", "ours may be missing"
    shown = claims.claims_shown(claims.compare_claims([claim(value=0.91, protocol="as-theirs")], ERRORS, PROTOCOLS))
    assert shown["ours, under its own protocol"].tolist() == ["0.900"]
    assert shown["decided under"].tolist() == ["its own protocol"]


def test_a_protocol_copies_the_doubts_of_its_document_but_not_the_size_of_its_network():
    flawed = {"test_images": "random frames", "selection": "test", "errors": (1,), "protocol": "as-theirs"}
    assert row(claim(value=0.9, **flawed), PROTOCOLS)["verdict_theirs"] == "reproduced"
    assert row(claim(value=0.9, **flawed), PROTOCOLS)["verdict_ours"] == "not comparable"
    small = replace(PROTOCOLS, networks=Networks({"theirs": 16}))
    found = row(claim(value=0.97, **flawed), small)
    assert found["verdict_theirs"] == "not comparable" and "16 base filters" in found["reason"]


def test_a_void_value_stays_void_whatever_reproduces_it():
    found = row(claim(value=0.29, protocol="as-theirs"), PROTOCOLS)
    assert (found["verdict"], found["under"]) == ("void", "") and "we get 0.900" in found["reason"]


def test_a_direction_may_be_answered_by_both_protocols():
    rows = pd.concat([WATERFALL, WATERFALL.assign(protocol="as-others", score=0.8, low=0.75, high=0.85)])
    rows = rows.assign(low=rows["score"] - 0.01, high=rows["score"] + 0.01, resampled="seeds")
    made = replace(PROTOCOLS, waterfall=rows)
    found = row(direction("+", protocol="as-theirs", versus_protocol="as-others"), made)
    assert found["theirs"] == pytest.approx(0.1) and found["protocol_experiment"] == "theirs − others"
    assert (found["verdict_theirs"], found["verdict_ours"], found["under"]) == ("reproduced", "reproduced", "both")
    shown = claims.claims_shown(
        claims.compare_claims([direction("+", protocol="as-theirs", versus_protocol="as-others")], ERRORS, made)
    )
    assert shown["ours, under its own protocol"].tolist() == ["+0.100 [+0.080, +0.120]"]
    missing = row(direction("+", protocol="as-theirs", versus_protocol="as-none"), made)
    assert missing.isna()["theirs"] and missing["verdict"] == "reproduced"


def curves(**rises):
    runs = [
        ({"experiment": name, "train_dataset": "cells", "fold": 0, "seed": seed}, history)
        for name, rise in rises.items()
        for seed in range(3)
        for history in [
            pd.DataFrame({"update": [10, 20, 30, 40, 50], "validation_dice": [0.1] * rise + [0.8] * (5 - rise)})
        ]
    ]
    rows = curve_rows(runs)
    return rows.assign(value=rows["value"] + rows["seed"] * 1e-3)


def test_speed_of_convergence_answers_a_statement():
    made = replace(STUDY, curves=curves(modern=1, reference=3))
    answer = ("modern", "cells", "cells", "updates_to_95")
    found = row(direction("-", answer=answer), made)
    assert (found["verdict"], found["ours"], found["difference"]) == ("reproduced", pytest.approx(20, abs=0.1), -20)
    assert row(direction("+", answer=answer), made)["verdict"] == "contradicted"
    assert row(direction("-", answer=answer), STUDY)["verdict"] == "not run"
    same = row(direction("+", answer=answer), replace(STUDY, curves=curves(modern=1, reference=1)))
    assert same["verdict"] == "undecided", "no margin of equivalence for updates"


@pytest.mark.parametrize("made", [STUDY, PROTOCOLS])
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
    stated = literature.WORDS.keys() - {"kind", "verbatim"}
    words = {name: draw(st.sampled_from(literature.WORDS[name])) for name in sorted(stated)}
    words |= {
        "answer": answer,
        "unanswered": "" if answer else draw(st.sampled_from(["not run", "not comparable"])),
        "errors": draw(st.sampled_from([(), (1,), (2,)])),
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
    """One row per claim, in order; "not run" only where there is no number of ours; always a reason."""
    made = STUDIES[which]
    asked = [replace(one, id=f"c{n}") for n, one in enumerate(asked)]
    table = claims.compare_claims(asked, ERRORS, made)
    assert list(table["id"]) == [one.id for one in asked]
    assert set(table["verdict"]) <= set(verdicts.VERDICTS)
    assert table.loc[table["verdict"] == "not run", ["ours", "theirs"]].isna().all(axis=None)
    fixed = table["verdict"].isin(["void", "misquoted", "not run"]) | table["unanswered"].ne("")
    assert table.loc[~fixed, "ours"].notna().all()
    assert (table["reason"] != "").all()
    assert (table["decides"].ne("") == table["verdict"].eq("undecided")).all()
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
    asked = [claim(value=value) for value in (0.81, 0.7, 0.9, 0.2)] + [claim(answer=(), unanswered="not run", note="n")]
    text = claims.summary(claims.compare_claims(asked, ERRORS, STUDY))
    counts = "1 reproduced, 1 exceeded, 1 void, 1 not comparable, 1 not run"
    assert text == f"Of 5 published numbers and statements, 3 are decided. In all: {counts}."
    theirs = claims.compare_claims([claim(value=0.91, protocol="as-theirs"), claim(value=0.81)], ERRORS, PROTOCOLS)
    assert "2 reproduced (1 under its own protocol, 1 under ours)" in claims.summary(theirs)


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
        [
            claim(claim="so be it", note="a note"),
            direction("+", claim="table 1", verbatim=False),
            claim(answer=(), unanswered="not run"),
        ],
        ERRORS,
        made,
    )
    shown = claims.claims_shown(table)
    assert shown["verdict"].tolist() == ["reproduced", "not comparable", "not run"], "what is decided comes first"
    second, first, third = (shown.iloc[n] for n in range(3))
    words = "claim, in “quotation marks” where verbatim"
    assert (first[words], second[words]) == ("“so be it”", "table 1")
    assert first["published"] == "0.9" and first["why"].endswith("A note.")
    assert first["ours"].endswith("[0.750, 0.850]") and first["difference"].startswith("−0.")
    assert second["published"] == "higher" and second["measured"] == "IoU, cells: modern − reference"
    assert (third["ours"], third["runs"], third["best trivial"]) == ("–", "–", "–")


def test_the_script_writes_both_tables_and_refuses_a_bad_ledger(tmp_path):
    layout = Layout("s")
    written = {
        layout.table(name): tables.to_csv(getattr(STUDY, name)) for name in ("comparison", "ablation", "transfer")
    }
    written |= {"scores.csv": tables.to_csv(scores()), "baselines.csv": tables.to_csv(trivial())}
    images = "".join(f"i{number},01,,{number}\n" for number in range(4))
    frames = [f"{name}/frames.csv" for name in DATASETS]
    written |= dict.fromkeys(frames, f"frame,sequence,group,time\n{images}")
    history = "update,loss,validation_dice\n10,0.5,0.8\n20,0.4,0.9\n"
    written |= dict.fromkeys((layout.history(run.path) for run in facts().trained_runs()), history)
    for name, text in written.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    claimed = tmp_path / layout.table("claims")
    ledgers = {"--literature": ROOT / "workflow/literature.csv", "--errors": ROOT / "workflow/known-errors.csv"}

    def run(**changes):
        given = {"--study": facts().model_dump_json()} | ledgers | changes
        given |= {"--scores": "scores.csv", "--baselines": "baselines.csv"}
        options = [*(str(part) for item in given.items() for part in item), "--frames", *frames]
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
