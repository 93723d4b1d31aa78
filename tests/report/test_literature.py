"""The committed ledger is sound and complete; every kind of bad row is refused by its line and column."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from unetlib.report import literature

ROOT = Path(__file__).parents[2]
REPORTS = ("levitsky2024", "cabrera2026", "henrion2025", "soderberg2020", "mehta2025")
CLAIMS, ERRORS = ROOT / "workflow/literature.csv", ROOT / "workflow/known-errors.csv"
VALUE = {
    **{"id": "v", "role": "claim", "source": "someone2020", "where": "table 1", "claim": "0.9", "kind": "value"},
    **{"dataset": "cells", "trained_on": "cells", "variant": "plain", "metric": "iou", "value": "0.9"},
    **{"aggregation": "unknown", "test_images": "held out", "selection": "separate", "errors": "1"},
    **{"verbatim": "yes", "truth": "gold", "filters": "64"},
    **{"experiment": "reference", "train_dataset": "cells", "test_dataset": "cells", "our_metric": "iou"},
}
VALUE |= {name: "" for name in literature.COLUMNS if name not in VALUE}
DIRECTION = VALUE | {"id": "d", "kind": "direction", "value": "", "expected": "+", "experiment": "modern"}
DIRECTION |= dict(zip(literature.VERSUS, ("reference", "cells", "cells"), strict=True))
KNOWN = {1: literature.Error(1, ("someone2020",), "it errs", "none", False, "we do not")}


def write(path, *rows, columns=literature.COLUMNS):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_sound_ledger_comes_back_as_it_stands(tmp_path):
    value, direction = literature.read_ledger(write(tmp_path / "l.csv", VALUE, DIRECTION), KNOWN)
    assert (value.value, value.errors, value.versus, value.expected) == (0.9, (1,), (), "")
    assert (value.verbatim, value.truth, value.filters, value.tiles) == (True, "gold", 64, None)
    assert direction.value is None and direction.expected == "+"
    assert direction.answer == ("modern", "cells", "cells", "iou")
    assert direction.versus == ("reference", "cells", "cells")


UNANSWERED = dict.fromkeys(literature.ANSWER, "") | {"note": "why", "unanswered": "not run"}
BAD = [
    (VALUE, {"id": "No name"}, "id"),
    (VALUE, {"id": ""}, "id"),
    (VALUE, {"source": " "}, "source"),
    (VALUE, {"source": "000"}, "source"),
    (VALUE, {"source": "Someone 2020"}, "source"),
    (VALUE, {"claim": ""}, "claim"),
    (VALUE, {"metric": ""}, "metric"),
    (VALUE, {"role": "rumour"}, "role"),
    (VALUE, {"kind": "vale"}, "kind"),
    (VALUE, {"aggregation": "mean"}, "aggregation"),
    (VALUE, {"test_images": "ours"}, "test_images"),
    (VALUE, {"selection": ""}, "selection"),
    (VALUE, UNANSWERED | {"protocol": "as-theirs"}, "protocol"),
    (VALUE, {"versus_protocol": "as-theirs"}, "versus_protocol"),
    (DIRECTION, {"protocol": "as-theirs"}, "versus_protocol"),
    (DIRECTION, {"versus_protocol": "as-theirs"}, "versus_protocol"),
    (VALUE, {"verbatim": "maybe"}, "verbatim"),
    (VALUE, {"truth": ""}, "truth"),
    (VALUE, {"filters": "many"}, "filters"),
    (VALUE, {"tiles": "0"}, "tiles"),
    (VALUE, UNANSWERED | {"unanswered": ""}, "unanswered"),
    (VALUE, UNANSWERED | {"unanswered": "void"}, "unanswered"),
    (VALUE, {"unanswered": "not run"}, "unanswered"),
    (VALUE, {"value": "0,9"}, "value"),
    (VALUE, {"value": ""}, "value"),
    (VALUE, {"value": "nan"}, "value"),
    (VALUE, {"value": "inf"}, "value"),
    (VALUE, {"errors": "1 2"}, "errors"),
    (VALUE, {"errors": "1;1"}, "errors"),
    (VALUE, {"errors": "²"}, "errors"),
    (VALUE, {"expected": "+"}, "expected"),
    (VALUE, {"versus_experiment": "reference"}, "versus_experiment"),
    (VALUE, {"our_metric": ""}, "our_metric"),
    (VALUE, dict.fromkeys(literature.ANSWER, ""), "note"),
    (DIRECTION, {"value": "0.9"}, "value"),
    (DIRECTION, {"expected": ""}, "expected"),
    (DIRECTION, {"expected": "up"}, "expected"),
    (DIRECTION, {"versus_test_dataset": ""}, "versus_test_dataset"),
    (DIRECTION, {"experiment": "reference"}, "versus_experiment"),
    (DIRECTION, UNANSWERED, "versus_experiment"),
]


@pytest.mark.parametrize(("row", "change", "column"), BAD, ids=lambda part: str(part)[:40])
def test_a_bad_row_is_refused_by_line_and_column(tmp_path, row, change, column):
    path = write(tmp_path / "l.csv", VALUE | {"id": "first"}, row | change)
    with pytest.raises(literature.LedgerError) as caught:
        literature.read_ledger(path, KNOWN)
    assert re.fullmatch(rf".*l\.csv, line 3, column {column}: .+; .+", str(caught.value))


def test_every_bad_row_is_named_once_and_a_name_twice_is_one(tmp_path):
    path = write(tmp_path / "l.csv", VALUE, VALUE | {"value": "x", "role": "y"}, VALUE, DIRECTION | {"kind": ""})
    with pytest.raises(literature.LedgerError) as caught:
        literature.read_ledger(path, KNOWN)
    found = [re.search(r"line (\d), column (\w+)", line).groups() for line in str(caught.value).splitlines()]
    assert found == [("3", "role"), ("4", "id"), ("5", "kind")]


def test_a_table_of_another_shape_is_refused(tmp_path):
    path = tmp_path / "l.csv"
    for text, words in (
        ("", "line 1: columns differ"),
        ("id,role\n", "columns differ (aggregation"),
        (",".join(literature.COLUMNS) + "\n", "no claim in it"),
        (",".join(literature.COLUMNS) + "\na,b\n", "line 2: 2 cells"),
        (",".join(literature.COLUMNS) + '\n"a"b,c\n', "line 2: not CSV"),
    ):
        path.write_text(text)
        with pytest.raises(literature.LedgerError, match=re.escape(words)):
            literature.read_ledger(path, KNOWN)
    path.write_bytes(b"id\xff")
    with pytest.raises(literature.LedgerError, match="not CSV in UTF-8"):
        literature.read_ledger(path, KNOWN)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("1,someone2020,e,none,no,o", "number"),
        ("x,someone2020,e,none,no,o", "number"),
        ("2,someone2020,e,worse,no,o", "effect"),
        ("2,someone2020,e,none,perhaps,o", "copied"),
        ("2,,e,none,no,o", "sources"),
        ("2,someone2020 000,e,none,no,o", "sources"),
        ("2,someone2020,,none,no,o", "error"),
        ("2,someone2020,e,none,no,", "ours"),
    ],
)
def test_a_bad_error_is_refused_by_line_and_column(tmp_path, row, column):
    path = tmp_path / "e.csv"
    path.write_text(f"{','.join(literature.ERROR_COLUMNS)}\n1,someone2020,e,none,no,o\n{row}\n")
    with pytest.raises(literature.LedgerError, match=rf"line 3, column {column}: .*; "):
        literature.read_errors(path)


@pytest.fixture(scope="module")
def committed():
    errors = literature.read_errors(ERRORS)
    return literature.read_ledger(CLAIMS, errors), errors


def test_the_committed_ledger_covers_every_source(committed):
    claims, errors = committed
    assert {claim.source for claim in claims if claim.role == "claim"} == {*REPORTS, "ronneberger2015"}
    for source in REPORTS:
        assert {claim.kind for claim in claims if claim.source == source} == {"value", "direction"}, source
    assert set(errors) == {number for claim in claims for number in claim.errors}, "an error that no claim names"


def test_every_source_is_described_and_its_claims_are_counted(committed):
    claims, errors = committed
    page = (ROOT / "docs/sources.md").read_text()
    for source in {claim.source for claim in claims} | {key for error in errors.values() for key in error.sources}:
        assert re.search(rf"\[`{source}`\]", page), f"docs/sources.md has no {source}"
    for key, count in re.findall(r"^\| \[`(\w+)`\]\(#\S+\) \|.*\| (\d+) \|$", page, flags=re.M):
        assert int(count) == sum(claim.source == key for claim in claims), key


def test_a_claim_names_only_errors_of_its_own_source(committed):
    claims, errors = committed
    for claim in claims:
        for number in claim.errors:
            assert claim.source in errors[number].sources, f"{claim.id}: error {number} is not of {claim.source}"


def test_every_dataset_that_answers_is_one_of_the_paper_study(committed):
    datasets = set(yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"])
    for claim in committed[0]:
        if claim.answer:
            sides = (claim.answer[1:3], claim.versus[1:3])
            assert {name for side in sides for name in side} <= datasets | {"all", literature.ANY}, claim.id


def test_every_experiment_that_answers_is_in_the_configuration(committed):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    known = {*config["experiments"], *config["external_tools"]}
    answered = [claim for claim in committed[0] if claim.answer]
    assert len(answered) > 90
    for claim in answered:
        assert {claim.answer[0], *claim.versus[:1]} <= known, claim.id


def test_the_classic_network_is_never_answered_by_one_trained_with_adam(committed):
    for claim in committed[0]:
        if "classic" in claim.id or "against classic" in claim.variant:
            sides = {claim.answer[0], *claim.versus[:1]} if claim.answer else set()
            assert "reference" not in sides, claim.id


def test_pooled_numbers_of_cabrera2026_obey_the_identity_of_pooled_scores(committed):
    pooled = [claim for claim in committed[0] if claim.source == "cabrera2026" and claim.aggregation == "pooled"]
    values = {claim.id: claim.value for claim in pooled if claim.kind == "value"}
    pairs = [(values[name], values[name.replace("-iou", "-dice")]) for name in values if name.endswith("-iou")]
    assert len(pairs) == 6
    assert all(abs(iou - dice / (2 - dice)) < 1.5e-4 for iou, dice in pairs)


def test_f1_of_soderberg2020_exceeds_what_its_iou_allows(committed):
    values = {claim.id: claim.value for claim in committed[0]}
    for arm in ("augmented", "plain"):
        iou, f1 = values[f"soderberg2020-{arm}-iou"], values[f"soderberg2020-{arm}-f1"]
        assert f1 > 2 * iou / (1 + iou) + 0.01  # Jensen: mean Dice ≤ 2 mean IoU / (1 + mean IoU)
