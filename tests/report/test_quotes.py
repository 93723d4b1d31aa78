"""Words in quotation marks are the source's own: the verbatim claims of the reports occur in their texts."""

import re
from pathlib import Path

import pytest

from unetlib.report import literature

ROOT = Path(__file__).parents[2]
TEXTS = ROOT.parent / "shared/seeds"  # beside the project, where it is there at all
REPORTS = {"levitsky2024": "000", "cabrera2026": "001", "henrion2025": "002", "soderberg2020": "003"}
REPORTS |= {"mehta2025": "004"}
LEFT_OUT = "[...]"


def plain(text):
    """The text without marks of Markdown and formulas, in straight quotation marks, with single spaces."""
    straight = text.translate(str.maketrans("’‘“”", "''\"\""))
    return re.sub(r"\s+", " ", re.sub(r"[$_*]", "", straight)).strip()


@pytest.fixture(scope="module")
def claims():
    errors = literature.read_errors(ROOT / "workflow/known-errors.csv")
    return literature.read_ledger(ROOT / "workflow/literature.csv", errors)


def test_marks_of_formulas_and_spaces_are_no_words():
    assert plain("a  $F_1$ score\nof **0.7576**, “so”") == 'a F1 score of 0.7576, "so"'


def test_every_verbatim_claim_of_a_report_occurs_in_its_text(claims):
    if not TEXTS.is_dir():
        pytest.skip("the reports' texts are not part of the project")
    texts = {source: plain(next(TEXTS.glob(f"{number}_*")).read_text()) for source, number in REPORTS.items()}
    quoted = [claim for claim in claims if claim.verbatim and claim.source in texts]
    assert len(quoted) > 50
    lacking = {
        claim.id: part
        for claim in quoted
        for part in claim.claim.split(LEFT_OUT)
        if plain(part) not in texts[claim.source]
    }
    assert not lacking


def test_nothing_is_added_to_a_quotation(claims):
    for claim in claims:
        if claim.verbatim:
            assert not re.search(r"\[(?!\.\.\.)", claim.claim), f"{claim.id}: an insertion; say it in the note"


def test_rows_of_tables_are_composed_and_so_not_verbatim(claims):
    composed = [claim for claim in claims if claim.claim.startswith("Table ")]
    assert len(composed) > 20 and not any(claim.verbatim for claim in composed)
