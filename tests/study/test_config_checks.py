"""What types cannot see is refused by name."""

import pytest
from builders.config import CONFIG, changed, study

from unetlib.study.config_checks import check_study
from unetlib.study.settings import StudyError


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("study", "datasets"), ["a", "bb"], r"study\.datasets names 'bb'.*did you mean 'b'"),
        (("study", "experiments"), ["reference", "plan"], r"names 'plan'.*did you mean 'plain'"),
        (("study", "reference"), "flips", "study.reference names 'flips'"),
        (("study", "folds"), [0, 2], "fold 2, but a has 2 folds"),
        (("experiments", "plain", "split"), {"folds": 2}, "fold 4, but a has 2 folds, 0 to 1; remove it"),
        (("experiments", "plain", "split"), {"folds": 3}, "fold 4, but a has 3 folds, 0 to 2 in experiment plain"),
        (("datasets", "a", "folder"), "x", "datasets.a needs exactly one.*archive and folder"),
        (("study", "reference"), "joint", "'joint', a joint network"),
        (("experiments", "reference", "datasets"), ["b"], "'reference', which is not trained on a"),
        (
            ("experiments", "plain", "datasets"),
            ["bb"],
            r"plain\.datasets names 'bb', which is not defined; did you mean",
        ),
        (("experiments", "plain", "datasets"), ["spare"], r"plain: no dataset of the study is among its own \(spare\)"),
        (("experiments", "flipped"), {"networks_of": "apart", "datasets": ["a"]}, "names a, on which apart trains no"),
        (("batch", "tile_px"), 256, "reference: an unpadded network of depth 5 has no 256-px tile; take 16k \\+ 4"),
        (("model", "padding"), "same", "takes tiles of 16k px, not 100"),
        (("datasets", "a", "archive"), None, "datasets.a needs exactly one.*none of them"),
        (("datasets", "b", "folder"), "x", "datasets.b needs exactly one"),
        (("experiments", "turned", "networks_of"), "referense", r"turned\.networks_of names 'referense'.*'reference'"),
        (("study", "experiments"), ["random-split", "turned"], "which is not in study.experiments"),
        (("experiments", "flipped", "networks_of"), "turned", "is not trained itself; name 'reference'"),
        (
            ("experiments", "turned", "separate_touching"),
            False,
            "uses the networks of reference but states separate_touching; it may change inference",
        ),
        (("experiments", "turned", "networks_of"), "wide", "'wide', which is not in study.experiments; add it there"),
        (
            ("experiments", "plain", "model"),
            {"architecture": "unet_plus_plus"},
            "experiments.plain: model.padding is 'valid', which unet_plus_plus cannot take; set same",
        ),
        (
            ("experiments", "padded", "model"),
            {"architecture": "attention_unet", "padding": "same", "skip": "none"},
            "padded: model.skip is 'none', which attention_unet cannot take; set concatenate",
        ),
        (("tracking", "networks_of"), ["referense"], r"tracking\.networks_of names 'referense'.*'reference'"),
        (("tracking", "networks_of"), ["joint"], r"tracking\.networks_of names joint, which is trained on all"),
        (("instance_method",), "watershed", "reference: instances are cut by watershed, but no dataset states how"),
        (
            ("experiments", "turned", "model"),
            {"depth": 4},
            "uses the networks of reference but states model; it may change inference, instance_method and scoring",
        ),
        (("pitfalls", "leakage", "flawed"), "random", r"pitfalls\.leakage\.flawed names 'random'.*did you mean 'rand"),
        (("experiments", "plain", "training"), {"optimiser": "nesterov", "momentum": 0}, "training.momentum is 0"),
        (("experiments", "plain", "start_from"), "nucleii", "plain: start_from nucleii: there is no such file, and no"),
        (("experiments", "plain", "start_from"), "gone/model.pt", "plain: start_from gone/model.pt: there is no such"),
        (("experiments", "plain", "loss"), {"params": {"alpha": 1}}, "weighted_ce takes no alpha"),
    ],
)
def test_what_types_cannot_see_is_refused_by_name(path, value, message):
    config = changed(path, value)
    config["experiments"]["wide"] = {"model": {"base_filters": 9}}
    config["datasets"]["spare"] = config["datasets"]["b"]
    if "apart" in str(value):
        config["experiments"]["apart"] = {"datasets": ["b"]}
        config["study"]["experiments"].append("apart")
    if "split" in path:
        config["study"]["folds"], config["split"]["folds"] = [4], 5 if value["folds"] == 3 else 2
    if "reference" not in config["study"]["experiments"]:
        config["study"]["reference"] = "random-split"
    with pytest.raises(StudyError, match=message):
        check_study(study(config))


def test_a_folder_is_read_as_pairs_alone():
    config = changed(("datasets", "b"), CONFIG["datasets"]["b"] | {"archive": None, "folder": "x"})
    with pytest.raises(StudyError, match="a folder is read as pairs, not isbi"):
        check_study(study(config))


MISTAKES = [
    ({"weight_map": {"form": "id_indexed"}}, r"weight_map\.form"),
    ({"weight_map": {"border_inside_cells": True}}, r"weight_map\.border_inside_cells"),
    ({"validation": {"images": "augmented"}}, r"validation\.images"),
    ({"scoring": {"mirrored_window_px": 324}}, r"scoring\.mirrored_window_px"),
    ({"split": {"test_frames_also": "validate"}}, r"split\.test_frames_also"),
    ({"split": {"test_frames_also": "train"}}, r"split\.test_frames_also"),
]


@pytest.mark.parametrize(("change", "name"), MISTAKES)
def test_mistakes_are_for_the_flawed_arms_of_pitfalls(change, name):
    check_study(study(changed(("experiments", "random-split"), change)))
    (section,) = change
    for path, value in ((("experiments", "plain"), change), ((section,), CONFIG[section] | change[section])):
        with pytest.raises(StudyError, match=f"{name} makes a mistake on purpose, which only the flawed arm"):
            check_study(study(changed(path, value)))


def test_a_dataset_cannot_take_a_word_of_the_tables():
    config = changed(("study", "datasets"), ["all"])
    config["datasets"]["all"] = config["datasets"]["b"]
    with pytest.raises(StudyError, match="cannot be called 'all'"):
        check_study(study(config))


def test_the_key_of_a_fault_is_known():
    with pytest.raises(StudyError) as caught:
        check_study(study(changed(("tracking", "networks_of"), ["referense"])))
    assert caught.value.key == ("tracking", "networks_of")


def test_lengths_in_micrometres_need_a_pixel_size():
    config = changed(("datasets", "b"), CONFIG["datasets"]["b"] | {"lengths": "micrometres"})
    with pytest.raises(StudyError, match=r"datasets\.b\.lengths is micrometres, but options\.pixel_size_um is not"):
        check_study(study(config))
    config["datasets"]["b"]["options"] = {"pixel_size_um": 0.5}
    check_study(study(config))


def test_the_good_study_passes():
    check_study(study())
