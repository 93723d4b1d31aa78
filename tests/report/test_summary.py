"""Sentences say what the numbers say, no more."""

import pandas as pd
import pytest
from builders.tables import CHANGE_NAMES, CHANGE_PRIMARY, tables_of_change

from unetlib.evaluation import ablation, run_facts, tables
from unetlib.report import summary
from unetlib.study.result_checks import COLUMNS


def networks_alone(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["train_dataset"] != tables.NO_TRAINING]


def found(*values: float, **more: float) -> str:
    made = tables_of_change([*values], **more)  # type: ignore[arg-type]
    made["ablation"] = networks_alone(made["ablation"])
    sentences = summary.findings(**made, reference="reference")
    return "\n".join(sentence for group in sentences.values() for sentence in group)


@pytest.mark.parametrize(
    ("values", "images", "said"),
    [
        ((-0.1, -0.11, -0.12), 12, "changed: clearly lower than reference on cells (IoU −0.110 [−0.135, −0.085])."),
        ((0.1, 0.11, 0.12), 12, "changed: clearly higher than reference on cells"),
        ((-0.1, -0.11, -0.12), 4, "changed: clearly lower than reference on cells (IoU −0.110 [−0.135, −0.085])."),
        ((-0.1, -0.001, -0.05), 12, "changed: undecided on cells"),
        ((-0.1, -0.11), 4, "changed: clearly lower than reference on cells (IoU −0.105"),
        ((-0.1,), 12, "lower than reference for these networks, each trained only once, on cells (IoU −0.100"),
        ((-0.1,), 1, "undecided by a single run and image on cells (IoU −0.100)"),
        ((0.0, 0.0, 0.0), 12, "no difference beyond ± 0.02 to reference on cells"),
        ((0.001, 0.002, 0.0), 12, "no difference beyond ± 0.02 to reference on cells"),
    ],
)
def test_a_verdict_needs_retraining_an_interval_without_zero_and_a_small_p(
    values: tuple[float, ...], images: int, said: str
) -> None:
    text = found(*values, images=images)
    assert said in text
    clear = said.startswith("changed: clearly")
    assert ("clearly lower" in text or "clearly higher" in text) == clear
    assert f"Clear comparisons with the reference: {int(clear)} of 1." in text


def test_what_is_not_clear_after_correction_is_said() -> None:
    made = tables_of_change([-0.1, -0.11, -0.12])
    made["ablation"] = made["ablation"].assign(p_holm=0.06, clear=False)
    (text,) = (
        each for each in summary.findings(**made, reference="reference")["Findings"] if each.startswith("changed:")
    )
    assert "lower than reference, but not clearly after correction for all comparisons, on cells" in text


def test_where_nothing_is_asked_nothing_is_found() -> None:
    made = tables_of_change([-0.1, -0.11, -0.12])
    made["ablation"] = networks_alone(made["ablation"])
    untested = made["ablation"].assign(difference=0.0, low=0.0, high=0.0, p_holm=float("nan"))
    only = summary.findings(**made | {"ablation": untested}, reference="reference")["Findings"]
    assert "changed: identical to reference on cells." in only
    both = pd.concat([made["ablation"], untested.assign(test_dataset="nuclei")])
    found = summary.findings(**made | {"ablation": both}, reference="reference")["Findings"]
    (sentence,) = (text for text in found if text.startswith("changed:"))
    assert "on cells" in sentence and "nuclei" not in sentence


def test_what_was_compared_is_what_the_ablation_compares() -> None:
    made = tables_of_change([-0.1])
    made["ablation"] = networks_alone(made["ablation"])
    # one more experiment was trained, for a pitfall alone
    mistake = made["costs"].iloc[[0]].assign(experiment="leaky")
    made["costs"] = pd.concat([made["costs"].iloc[:-1], mistake, made["costs"].iloc[-1:]])
    asked = summary.findings(**made, reference="reference")["Questions"]
    assert asked[1].startswith("3 networks trained")
    assert asked[2] == "changed is compared with reference on the same test images, fold and seed."


def test_best_reference_and_baseline_are_named() -> None:
    text = found(0.05, 0.05)
    assert "cells: IoU of reference 0.800 [0.800, 0.800] (2 runs, 12 test images); 1 other experiment 0.850" in text
    assert "; the best trivial baseline, otsu, 0.300." in text
    assert "highest" not in text and "best of" not in text, "the best on test images is a choice by the test"


def test_a_network_no_better_than_a_trivial_baseline_is_called_out() -> None:
    assert "No better than that baseline" not in found(-0.1)
    assert "No better than that baseline: reference and changed." in found(-0.1, floor=0.85)


def test_a_network_trained_elsewhere_that_beats_the_local_one_is_told() -> None:
    said = "nuclei: reference trained on cells alone has IoU 0.600 there, above 0.500 of reference trained on nuclei"
    assert said in found(-0.1, abroad=0.6)
    assert "alone has IoU" not in found(-0.1, abroad=0.4)


def test_transfer_states_the_foreground_that_gives_a_failure_away() -> None:
    text = found(-0.1, images=1)
    assert "IoU from 0.100 (cells → nuclei) to 0.100 (cells → nuclei)" in text
    assert "cells → nuclei: 90.0 % predicted, 20.0 % true" in text


@pytest.mark.parametrize(
    ("values", "images", "said"),
    [
        ((-0.1, -0.1), 12, "cells: intervals cover further images of the tested sequences or groups (not of"),
        ((-0.1, -0.1), 12, "and retrained networks."),
        ((-0.1,), 12, "but not retraining: each network was trained once."),
        ((-0.1, -0.1), 1, "cells: intervals cover retrained networks."),
        ((-0.1,), 1, "cells and nuclei: no interval, because one image and one run have no spread."),
    ],
)
def test_what_an_interval_covers_is_said(values: tuple[float, ...], images: int, said: str) -> None:
    assert said in found(*values, images=images)


def test_clusters_are_named_where_they_were_resampled() -> None:
    made = tables_of_change([-0.1, -0.2])
    made["comparison"] = made["comparison"].replace({"resampled": "seeds × images"}, "seeds × clusters")
    sure = summary.findings(**made, reference="reference")["Uncertainty"]
    assert "cells: intervals cover further sequences or groups of images and retrained networks." in sure


def test_tables_read_back_say_the_same(tmp_path: object) -> None:
    made = tables_of_change([-0.1], images=1)
    back = {}
    for name, table in made.items():
        path = tmp_path / f"{name}.csv"  # type: ignore[operator]
        path.write_text(tables.to_csv(table))
        back[name] = tables.read_long(path)
    assert summary.findings(**back, reference="reference") == summary.findings(**made, reference="reference")


def test_nothing_scored_says_so() -> None:
    empty = pd.DataFrame([], columns=tables.LONG)
    sentences = summary.findings(
        tables.comparison(empty, primary_metrics=CHANGE_PRIMARY, **CHANGE_NAMES),
        ablation.ablation(empty, ablation.Arms(**CHANGE_NAMES, reference="reference"), primary_metrics=CHANGE_PRIMARY),
        tables.transfer(empty, **CHANGE_NAMES),
        run_facts.cost_table([], **CHANGE_NAMES),
        reference="reference",
    )
    assert sentences["Findings"] == ["No network has been scored yet."]


def checks(*rows: tuple[str, str, str]) -> pd.DataFrame:
    made = [
        ("baseline", f"{run} on {dataset}", status, "iou 0.1, otsu 0.3", run.split("/")[0], dataset)
        for run, dataset, status in rows
    ]
    return pd.DataFrame(made, columns=[*COLUMNS])


def test_what_needs_care_is_a_sentence_per_dataset_with_every_result_behind_it() -> None:
    runs = [("a", 0, "flagged"), ("a", 1, "flagged"), ("b", 0, "ok"), ("b", 1, "flagged"), ("c", 0, "ok")]
    table = checks(*((f"{name}/cells/fold0-seed{seed}", "cells", status) for name, seed, status in runs))
    fine = checks(("a/nuclei/fold0-seed0", "nuclei", "ok"))
    ((sentence, results),) = summary.warnings(pd.concat([table, fine], ignore_index=True)).items()
    assert sentence == (
        "cells: 3 of 5 networks scored no better than the best trivial baseline: a (2 of 2) and b (1 of 2)."
    )
    assert results[0] == "a/cells/fold0-seed0 on cells: iou 0.1, otsu 0.3" and len(results) == 3
    assert summary.warnings(fine) == {}


def test_a_long_list_of_experiments_is_cut_and_other_flags_are_told() -> None:
    table = checks(*((f"e{n}/cells/fold0-seed0", "cells", "flagged") for n in range(9)))
    other = pd.DataFrame([("finite", "e0", "flagged", "odd", "e0", "")], columns=table.columns)
    first, second = summary.warnings(pd.concat([table, other], ignore_index=True)).items()
    assert first[0].endswith("e5 (1 of 1) and 3 more experiments.") and len(first[1]) == 9
    assert second == ("1 other check flagged a result.", ["finite of e0: odd"])
