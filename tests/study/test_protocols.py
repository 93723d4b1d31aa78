"""Protocols: experiments that take away one flaw after the other, on one dataset, and end at an experiment of ours."""

import copy

import pytest
from builders.config import CONFIG, facts, study

from unetlib.study.config_checks import check_study
from unetlib.study.config_errors import read_study
from unetlib.study.experiments import split_settings, training_experiment
from unetlib.study.facts import study_facts
from unetlib.study.protocols import protocol_steps, with_protocols
from unetlib.study.settings import StudyError
from unetlib.study.stated_settings import done

THEIRS = {
    "split": {"by": "random", "folds": 3},
    "weight_map": {"form": "id_indexed", "w0": 5},
    "validation": {"images": "augmented"},
    "model": {"norm": "batch", "padding": "same"},
    "scoring": {"mirrored_window_px": 99},
}
FLAWS = [
    {"name": "a window with mirrored margins", "settings": ["scoring"]},
    {"name": "the best validation is the result", "settings": ["reported"]},
    {"name": "augmented validation images", "settings": ["validation.images"]},
    {"name": "random frames", "settings": ["split.by", "split.folds"]},
    {"name": "weights of instance 1 alone", "settings": ["weight_map.form"]},
    {"name": "their recipe", "settings": ["model", "weight_map"]},
]
PROTOCOL = {
    "document": "somebody2020",
    "experiment": "as-theirs",
    "dataset": "a",
    "metric": "dice",
    "reported": "validation",
    "compare_with": "reference",
    "flaws": FLAWS,
}


def config(**changes):
    """The small configuration with a protocol that takes part; changes are of the protocol."""
    made = copy.deepcopy(CONFIG)
    made["experiments"]["as-theirs"] = copy.deepcopy(THEIRS)
    made["protocols"] = {"theirs": copy.deepcopy(PROTOCOL) | changes}
    made["study"]["protocols"] = ["theirs"]
    return made


def steps(made):
    return [(step.flaw, step.experiment, step.reported) for step in facts_of(made).protocols["theirs"].steps]


def facts_of(made):
    return study_facts(read_study(made))


def test_each_step_takes_one_flaw_away_and_the_last_is_ours():
    assert steps(config()) == [
        ("", "as-theirs", "validation"),
        ("a window with mirrored margins", "theirs-step1", "validation"),
        ("the best validation is the result", "theirs-step1", "test"),
        ("augmented validation images", "theirs-step3", "test"),
        ("random frames", "theirs-step4", "test"),
        ("weights of instance 1 alone", "theirs-step5", "test"),
        ("their recipe", "reference", "test"),
    ]


def test_a_step_changes_what_its_flaw_names_and_nothing_else():
    read, before = read_study(config()), "as-theirs"
    changes = {
        "theirs-step1": {"scoring.mirrored_window_px"},
        "theirs-step3": {"validation.images"},
        "theirs-step4": {"split.by", "split.folds"},
        "theirs-step5": {"weight_map.form"},
        "reference": {"weight_map.w0", "model.norm", "model.padding", "batch.tile_px"},
    }
    for name, expected in changes.items():
        old, new = done(read, before, "a"), done(read, name, "a")
        assert {key for key in old | new if old.get(key) != new.get(key)} == expected, name
        before = name


def test_its_experiments_are_trained_on_its_dataset_alone_and_ours_as_the_study_says():
    runs = facts_of(config()).trained_runs()
    plain = facts(CONFIG).trained_runs()
    added = set(runs) - set(plain)
    assert {run.train_dataset for run in added} == {"a"} and set(plain) < set(runs)
    assert {run.experiment for run in added} == {"as-theirs", "theirs-step3", "theirs-step4", "theirs-step5"}


def test_a_step_that_only_scores_otherwise_trains_nothing():
    read = read_study(config())
    assert training_experiment(read, "theirs-step1") == "as-theirs"


def test_a_study_without_protocols_is_as_it_was():
    made = config()
    made["study"]["protocols"] = []
    expected = facts(CONFIG)
    assert facts_of(made).trained_runs() == expected.trained_runs() and facts_of(made).runs() == expected.runs()
    assert facts_of(made).splits == expected.splits and facts_of(made).set_apart == ["random-split"]


def test_a_flaw_that_a_study_does_not_make_has_no_step():
    made = config()
    made["experiments"]["as-theirs"] |= {"scoring": {"mirrored_window_px": 0}, "weight_map": {"w0": 5}}
    found = [flaw for flaw, *_ in steps(made)]
    assert found == ["", *(flaw["name"] for flaw in FLAWS[1:4]), "their recipe"]


def test_a_step_that_does_what_ours_does_is_ours_though_flaws_are_listed_after_it():
    made = config(flaws=[*FLAWS, {"name": "nothing", "settings": ["loss"]}])
    assert steps(made)[-1] == ("their recipe", "reference", "test")


def test_an_experiment_of_ours_that_the_study_lacks_is_trained_on_the_dataset_alone():
    made = config(compare_with="wide", flaws=[*FLAWS[:-1], {"name": "recipe", "settings": ["model", "weight_map"]}])
    made["experiments"]["wide"] = {"model": {"base_filters": 16}}
    found = facts_of(made)
    assert found.experiments["wide"].datasets == ["a"] and found.protocols["theirs"].steps[-1].experiment == "wide"
    assert "wide" not in found.set_apart
    second = copy.deepcopy(made["protocols"]["theirs"]) | {"dataset": "b"}
    made["protocols"]["also"], made["study"]["protocols"] = second, ["also", "theirs"]
    assert facts_of(made).experiments["wide"].datasets == facts_of(made).experiments["as-theirs"].datasets == ["a", "b"]
    assert facts_of(made).experiments["also-step3"].datasets == ["b"]


def test_equal_steps_of_two_protocols_are_trained_once():
    made = config()
    made["protocols"]["twin"] = copy.deepcopy(made["protocols"]["theirs"]) | {"metric": "iou"}
    alone = facts_of(made).trained_runs()
    made["study"]["protocols"] = ["theirs", "twin"]
    assert facts_of(made).trained_runs() == alone


def test_a_dataset_keeps_its_own_folds_where_neither_side_states_any():
    rest = {"name": "all else", "settings": ["reported", "split", "weight_map", "model", "validation"]}
    made = config(dataset="b", flaws=[FLAWS[0], rest])
    made["experiments"]["as-theirs"]["split"] = {"by": "random"}
    found = split_settings(read_study(made), "b", "theirs-step1")
    assert (found.by, found.folds) == ("random", 5)


def test_what_only_protocols_need_is_tested_on_their_datasets_alone():
    found = facts_of(config())
    assert [*found.split_keys_for_testing("as-theirs", "a")] == ["a"]
    assert [*found.split_keys_for_testing("reference", "a")] == ["a", "b"]
    elsewhere = facts_of(config(test_dataset="b", reported="test"))
    keys = elsewhere.split_keys_for_testing("theirs-step3", "a")
    assert keys == {"a": elsewhere.splits["theirs-step3"]["a"], "b": elsewhere.splits[""]["b"]}


def test_a_joint_network_keeps_its_datasets():
    flaws = [{"name": "weights", "settings": ["weight_map"]}]
    made = config(experiment="as-joint", compare_with="joint", reported="test", flaws=flaws)
    made["experiments"]["as-joint"] = {"train_on": "all", "weight_map": {"form": "id_indexed"}}
    (theirs, ours) = facts_of(made).protocols["theirs"].steps
    assert (theirs.experiment, theirs.train_dataset) == ("as-joint", "all") and ours.experiment == "joint"
    assert facts_of(made).experiments["as-joint"].joint


def test_experiments_of_protocols_stand_apart_from_the_others_but_for_ours():
    assert facts_of(config()).set_apart == [
        "random-split", "as-theirs", *(f"theirs-step{number}" for number in (1, 3, 4, 5))
    ]  # fmt: skip


def test_reading_it_again_from_the_facts_of_a_study_gives_the_same():
    """Whose networks are used is stated by then; the steps are still the same."""
    read = read_study(config())
    assert protocol_steps(read, "theirs") == protocol_steps(with_protocols(study(config())), "theirs")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"flaws": FLAWS[:-1]}, r"theirs does not end at reference: after its last flaw .*norm is 'batch', not 'none'"),
        ({"flaws": [FLAWS[0], *FLAWS[2:]]}, "after its last flaw reported is validation, not test; name them in"),
        ({"experiment": "as-their"}, r"protocols\.theirs\.experiment names 'as-their'.*did you mean 'as-theirs'"),
        ({"compare_with": "referense"}, r"protocols\.theirs\.compare_with names 'referense'.*'reference'"),
        ({"dataset": "aa"}, r"protocols\.theirs\.dataset names 'aa', which is not defined; did you mean 'a'"),
        ({"test_dataset": "bb", "reported": "test"}, r"theirs\.test_dataset names 'bb'.*did you mean 'b'"),
        ({"flaws": [{"name": "x", "settings": ["modle.norm"]}]}, r"names 'modle\.norm'.*mean 'model\.norm'"),
        ({"metric": "seg"}, "metric is seg, but validation is scored by dice and iou alone"),
        ({"test_dataset": "b"}, "test_dataset differs from dataset, whose images alone validate"),
        ({"dataset": "spare"}, "lists theirs, which is about spare; add it to study.datasets"),
        ({"flaws": [{"name": "two\nlines", "settings": ["model"]}]}, "String should match pattern"),
        ({"flaws": []}, "at least 1 item"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(changes, message):
    made = config(**changes)
    made["datasets"]["spare"] = made["datasets"]["b"]
    with pytest.raises(StudyError, match=f"(?i){message}") as caught:
        read_study(made)
    assert len(str(caught.value).splitlines()) == 1


def test_a_protocol_that_is_not_defined_is_named_with_the_nearest():
    made = config()
    made["study"]["protocols"] = ["their"]
    with pytest.raises(StudyError, match=r"study\.protocols names 'their'.*did you mean 'theirs'"):
        read_study(made)


def test_a_name_that_a_step_needs_is_not_taken():
    made = config()
    made["experiments"]["theirs-step2"] = {}
    with pytest.raises(StudyError, match=r"experiments\.theirs-step2 has the name of a step of protocols\.theirs"):
        read_study(made)


def test_an_experiment_of_other_datasets_is_refused():
    made = config()
    made["study"]["experiments"].append("as-theirs")
    made["experiments"]["as-theirs"]["datasets"] = ["b"]
    with pytest.raises(StudyError, match=r"needs as-theirs on a; add it to experiments\.as-theirs\.datasets"):
        read_study(made)


def test_a_step_with_settings_that_contradict_each_other_is_refused():
    made = config(flaws=[{"name": "half", "settings": ["loss.name"]}, *FLAWS])
    made["experiments"]["as-theirs"]["loss"] = {"name": "ce_dice", "params": {"dice_fraction": 0.5}}
    with pytest.raises(StudyError, match=r"theirs-step1: .*weighted_ce takes no dice_fraction"):
        read_study(made)


def test_mistakes_are_refused_outside_protocols_and_pitfalls():
    made = config()
    read_study(made)
    for place in ("plain", "reference"):
        wrong = copy.deepcopy(made)
        wrong["experiments"][place] = {"weight_map": {"form": "id_indexed"}}
        with pytest.raises(StudyError, match=rf"{place}: weight_map\.form makes a mistake on purpose"):
            check_study(study(wrong))
    made["protocols"] = {}
    made["study"]["protocols"] = []
    made["study"]["experiments"].append("as-theirs")
    with pytest.raises(StudyError, match=r"as-theirs: weight_map\.form makes a mistake on purpose"):
        check_study(study(made))
