"""What the schema cannot see is refused by name."""

import pytest
from builders.config import CONFIG, changed

from unetlib.study.config_checks import check_study
from unetlib.study.runs import StudyError


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("study", "datasets"), ["a", "bb"], r"study\.datasets names 'bb'.*did you mean 'b'"),
        (("study", "experiments"), ["reference", "plan"], r"names 'plan'.*did you mean 'plain'"),
        (("study", "reference"), "flips", "study.reference names 'flips'"),
        (("study", "folds"), [0, 2], "fold 2, but a has 2 folds"),
        (("experiments", "plain", "split"), {"folds": 1}, "fold 1, but a has 1 folds, 0 to 0 in experiment plain"),
        (("datasets", "a", "folder"), "x", "datasets.a needs exactly one.*archive and folder"),
        (("study", "reference"), "joint", "'joint', a joint network"),
        (("batch", "tile_px"), 256, "reference: an unpadded network of depth 5 has no 256-px tile; take 16k \\+ 4"),
        (("model", "padding"), "same", "takes tiles of 16k px, not 100"),
        (("datasets", "a", "archive"), None, "datasets.a needs exactly one.*none of them"),
        (("datasets", "b"), {"format": "ctc", "folder": "x", "split": "block"}, "a folder is read as pairs, not ctc"),
        (("experiments", "turned", "trained_as"), "referense", r"turned\.trained_as names 'referense'.*'reference'"),
        (("study", "experiments"), ["leaky", "turned"], "which is not in study.experiments"),
        (("experiments", "flipped", "trained_as"), "turned", "is not trained itself; name 'reference'"),
        (("experiments", "turned", "gap"), False, "is trained as reference but states gap; it may change inference"),
        (("experiments", "turned", "trained_as"), "wide", "'wide', which is not in study.experiments; add it there"),
        (("experiments", "plain", "model"), {"architecture": "unet_plus_plus"}, "plain: model.padding is 'valid'"),
        (
            ("experiments", "padded", "model"),
            {"architecture": "attention_unet", "padding": "same", "skip": "none"},
            "padded: model.skip is 'none', which attention_unet cannot take; set concatenate",
        ),
        (("tracking", "experiments"), ["referense"], r"tracking\.experiments names 'referense'.*'reference'"),
        (("tracking", "experiments"), ["joint"], r"tracking\.experiments names joint, which is a joint network"),
        (("instances",), "watershed", "reference: instances are cut by watershed, but no dataset says how: set"),
        (
            ("experiments", "turned", "model"),
            {"depth": 4},
            "turned is trained as reference but states model; it may change inference, instances and scoring alone",
        ),
        (("audits", "leakage", "illusion"), "leeky", r"audits\.leakage\.illusion names 'leeky'.*did you mean 'leaky'"),
    ],
)
def test_what_the_schema_cannot_see_is_refused_by_name(path, value, message):
    config = changed(path, value)
    config["experiments"]["wide"] = {"model": {"base_filters": 9}}
    if "reference" not in config["study"]["experiments"]:
        config["study"]["reference"] = "leaky"
    with pytest.raises(StudyError, match=message):
        check_study(config)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"weights": {"form": "id_indexed"}}, "weights.form"),
        ({"validation": "augmented"}, "validation"),
        ({"scoring": {"window_px": 324}}, "scoring.window_px"),
    ],
)
def test_mistakes_are_for_the_illusions_of_audits(change, name):
    check_study(changed(("experiments", "leaky"), change))
    for path in (("experiments", "plain"), *[(key,) for key in change]):
        with pytest.raises(StudyError, match=f"{name} makes a mistake on purpose; only an audit's illusion may"):
            check_study(
                changed(
                    path,
                    CONFIG.get(path[0], {}) | change[path[0]]
                    if path[0] in ("weights", "scoring")
                    else change.get(path[0], change),
                )
            )


def test_a_dataset_cannot_take_a_word_of_the_tables():
    config = changed(("study", "datasets"), ["all"])
    config["datasets"]["all"] = config["datasets"]["b"]
    with pytest.raises(StudyError, match="cannot be called 'all'"):
        check_study(config)


def test_the_good_study_passes():
    check_study(CONFIG)
