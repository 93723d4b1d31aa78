"""A report begins with what is decided, says how much is not, and names no network because it scored highest."""

import pandas as pd
import pytest
from builders.tables import study, tables_of_change

from unetlib.evaluation import tables
from unetlib.report import claims, decided
from unetlib.report.decided import effect_rows

NO_CLAIMS = claims.compare_claims([], {}, study())


def lead(*values, answered=NO_CLAIMS, **more):
    made = tables_of_change([*values], **more)
    return decided.lead(made["comparison"], made["ablation"], answered, reference="reference")


@pytest.mark.parametrize(
    ("values", "floor", "said"),
    [
        ((-0.1, -0.11, -0.12), 0.3, "reference is clearly better than the best trivial baseline on cells (IoU +0.500"),
        (
            (-0.1, -0.11, -0.12),
            0.3,
            "Of 1 comparison with reference, 1 is decided. Clearly lower than reference",
        ),
        ((0.1, 0.11, 0.12), 0.3, "Clearly higher than reference: changed on cells."),
        ((0.001, 0.002, 0.0), 0.3, "1 is decided. No difference to reference beyond ± 0.02: changed on cells."),
        ((0.1, -0.1), 0.3, "Of 1 comparison with reference, 0 are decided."),
        ((0.1, 0.1), 0.85, "reference is clearly worse than the best trivial baseline on cells (IoU −0.050"),
        ((-0.1,), 0.3, "reference, trained once, is above the best trivial baseline on cells (IoU +0.500"),
        ((-0.1,), 0.85, "reference, trained once, is below the best trivial baseline on cells (IoU −0.050"),
        ((-0.1, -0.1), 0.8, "It is undecided whether reference is better than the best trivial baseline on cells"),
        ((-0.1,), 0.3, "Every network was trained once, so differences between trainings are not covered."),
    ],
)
def test_the_study_in_short_is_what_it_decides(values, floor, said):
    assert said in lead(*values, floor=floor)


def test_what_is_decided_comes_before_what_is_not():
    text = lead(-0.1, -0.11, -0.12)
    assert text.index("clearly better") < text.index("Of 1 comparison") < text.index("Clearly lower")
    assert "trained once" not in text and "highest" not in text and "best of" not in text


def test_the_reference_and_not_the_best_network_is_compared_with_a_trivial_baseline():
    """A change that beats Otsu where the reference does not is no success of the study's reference."""
    text = lead(0.2, 0.2, 0.2, floor=0.9)
    assert "clearly worse than the best trivial baseline on cells" in text and "clearly better" not in text


def test_of_several_trivial_baselines_the_best_counts():
    effects = pd.DataFrame({"test_dataset": ["a", "a", "b"], "variant": [0.2, 0.4, 0.1], "experiment": ["x", "y", "z"]})
    assert decided.best_trivial(effects)["experiment"].tolist() == ["y", "z"]


def test_published_claims_are_counted_where_any_was_answered():
    answered = NO_CLAIMS.reindex(range(4)).assign(
        verdict=["void", "reproduced", "undecided", "not run"], ours=[1, 1, 1, None]
    )
    assert lead(-0.1, -0.11, answered=answered).endswith("Published numbers and statements: 2 of 4 are decided.")
    assert "Published" not in lead(-0.1, -0.11, answered=answered.assign(ours=float("nan")))


def test_long_lists_are_cut():
    names = [str(number) for number in range(9)]
    assert decided._listed(names) == "0, 1, 2, 3, 4, 5 and 3 more" and decided._listed(["a"]) == "a"


def test_nothing_scored_says_so():
    made = tables_of_change([-0.1])
    empty = made["comparison"][:0]
    assert decided.lead(empty, made["ablation"], NO_CLAIMS, reference="reference") == decided.NOTHING


def test_what_the_table_calls_clear_or_equivalent_is_decided():
    table = tables_of_change([0.0, 0.0, 0.0])["ablation"]
    table = table[(table["train_dataset"] != tables.NO_TRAINING) & table["primary"]]
    (row,) = effect_rows(table)
    assert row["equivalent"] and not row["clear"] and decided.is_decided(row)
    (row,) = effect_rows(table.assign(equivalent=False))
    assert not decided.is_decided(row), "whatever its interval: other comparisons answer the same question"
