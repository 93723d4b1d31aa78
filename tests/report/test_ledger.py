"""ledger: each claim is answered by the study with the best evidence, by the stated rules and by no others."""

import itertools
from dataclasses import replace

import pandas as pd
import pytest
from builders.config import ROOT
from builders.tables import WATERFALL, study

from unetlib.report import literature
from unetlib.report.claims import compare_claims
from unetlib.report.ledger import AnswerRow, Evidence, Weight, joint_ledger, ledger_shown
from unetlib.report.literature import ANSWER, COLUMNS, VERSUS, Claim
from unetlib.report.study_scores import Comparand

ERRORS = literature.read_errors(ROOT / "workflow/known-errors.csv")
STARTS = {"as-theirs": Comparand("theirs", "cells", "cells")}
SIZES = {"reference": 600, "modern": 600, "multi-dataset": 600}


def claim(name: str, answer: tuple[str, ...], value: float | None = None, **stated: object) -> Claim:
    """A claim of the first source of the ledger with another answer."""
    like = next(
        each
        for each in literature.read_ledger(ROOT / "workflow/literature.csv", ERRORS)
        if (each.kind == "value") == (value is not None) and each.answer
    )
    versus = stated.pop("versus", ())
    found = {"id": name, "answer": answer, "versus": versus, "value": value, "errors": (), "protocol": "", "note": ""}
    found |= {"versus_protocol": ""}
    return replace(like, **found | stated)


OURS = claim("ours", ("modern", "cells", "cells", "iou"), 0.8)
SIGN = claim("sign", ("modern", "cells", "cells", "iou"), versus=("reference", "cells", "cells"), expected="+")
NOBODY = claim("nobody", ("modern", "sponges", "sponges", "iou"), 0.8)
THEIRS = claim("theirs", ("modern", "cells", "cells", "iou"), 0.9, protocol="as-theirs")


def evidence(updates: int = 600, filters: int = 16, protocols: bool = False, **options: object) -> Evidence:
    made = study(**options)
    made = replace(made, waterfall=WATERFALL, starts=STARTS) if protocols else made
    return Evidence(made, dict.fromkeys(SIZES, updates), dict.fromkeys(SIZES, filters))


def answered_by(claims: list[Claim], **studies: Evidence) -> list[tuple[str, str]]:
    table = joint_ledger(claims, ERRORS, studies)
    assert table["id"].tolist() == [each.id for each in claims]
    return [*table[["study", "theirs_study"]].itertuples(index=False, name=None)]


def test_a_ledger_of_one_study_is_its_table_of_claims():
    one = evidence()
    table = joint_ledger([OURS, SIGN, NOBODY], ERRORS, {"one": one})
    expected = compare_claims([OURS, SIGN, NOBODY], ERRORS, one.study)
    pd.testing.assert_frame_equal(table[[*expected]], expected)
    assert table["study"].tolist() == ["one", "one", ""] and table["updates"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    "better",
    [
        {"seeds": (0, 1, 2, 3), "updates": 10, "filters": 2, "noise": 0.2},  # more runs, whatever else
        {"updates": 601, "filters": 2, "noise": 0.2},
        {"filters": 17, "noise": 0.2},
        {"noise": 0.001},
    ],
)
def test_the_rules_apply_in_their_order(better):
    for worse_first in (False, True):
        studies = {"a" if worse_first else "b": evidence(noise=0.05), "c" if worse_first else "a": evidence(**better)}
        best = "c" if worse_first else "a"
        assert answered_by([OURS, SIGN], **studies) == [(best, "")] * 2


def test_of_equals_the_first_by_name_answers():
    assert answered_by([OURS], b=evidence(), a=evidence()) == [("a", "")]


def test_weights_are_compared_as_a_naive_sort_would():
    weights = [Weight(*each) for each in itertools.product((1, 2), (300, 600), (8, 16), (-0.2, -0.1))]
    key = {weight: (weight.runs, weight.updates, weight.base_filters, weight.narrowness) for weight in weights}
    assert sorted(weights) == sorted(weights, key=key.__getitem__) == weights


def test_theirs_and_ours_may_be_of_two_studies_and_are_judged_together():
    own, theirs = evidence(seeds=(0, 1, 2, 3)), evidence(protocols=True)
    assert answered_by([THEIRS, OURS], own=own, copied=theirs) == [("own", "copied"), ("own", "")]
    table = joint_ledger([THEIRS], ERRORS, {"own": own, "copied": theirs})
    expected = compare_claims([THEIRS], ERRORS, own.study, theirs.study)
    pd.testing.assert_frame_equal(table[[*expected]], expected)
    assert table["theirs"].notna().all() and table["ours"].notna().all() and table["runs"].tolist() == [4]
    assert ledger_shown(table)["study"].tolist() == ["own; its own protocol: copied"]


def test_a_claim_without_an_answer_says_what_each_study_lacks():
    bare = evidence(levels={"reference": 0.7})
    modern = joint_ledger([OURS, NOBODY], ERRORS, {"bare": bare, "full": evidence()})
    assert modern["study"].tolist() == ["full", ""]
    assert modern["reason"].iloc[1] == "This study does not use sponges."
    lacking = claim("lacking", ("modern", "cells", "cells", "seg"), 0.8)
    (reason,) = joint_ledger([lacking], ERRORS, {"bare": bare, "full": evidence()})["reason"]
    assert reason.startswith("bare: This study does not run modern. full: Our tables have no seg of modern")


def test_an_interval_that_does_not_exist_is_the_widest():
    assert Evidence(study(), {}, {}).of_ours(row(low=float("nan"))) < Evidence(study(), {}, {}).of_ours(row(low=-1e9))


def row(low: float) -> AnswerRow:
    text = dict.fromkeys(("protocol", "versus_protocol", "our_metric", "versus_experiment", "verdict", "reason"), "")
    numbers = dict.fromkeys(("theirs", "theirs_low", "theirs_high", "trivial"), float("nan"))
    return AnswerRow(**text, **numbers, experiment="modern", ours=0.5, difference_low=low, difference_high=0.0, runs=1)


def test_the_columns_of_a_claim_are_those_of_the_ledger_file():
    assert {"protocol", *ANSWER, *VERSUS} < {*COLUMNS}
