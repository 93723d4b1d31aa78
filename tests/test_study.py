import copy
from pathlib import PurePath

import pytest

from unetlib import study
from unetlib.files import key_of

CONFIG = {
    "study": {
        "name": "s",
        "datasets": ["a", "b"],
        "experiments": ["reference", "plain", "flipped", "joint"],
        "reference": "reference",
        "folds": [0, 1],
        "seeds": [0],
        "externals": [],
    },
    "datasets": {
        "a": {"format": "ctc", "archive": "a.zip", "split": "sequence", "tile_px": 100},
        "b": {"format": "isbi", "archive": "b.zip", "split": "block", "folds": 5},
    },
    "split": {"folds": 2, "seed": 0},
    "gap": True,
    "normalisation": "zscore",
    "threshold": 0.5,
    "weights": {"form": "paper", "w0": 10},
    "augmentation": {"policy": "full", "variants": 4},
    "model": {"base_filters": 8, "depth": 5, "padding": "valid"},
    "loss": {"name": "weighted_ce", "params": {}},
    "training": {"updates": 10},
    "batch": {"size": 1, "tile_px": 388},
    "experiments": {
        "reference": {},
        "plain": {"augmentation": {"policy": "none"}, "loss": {"name": "ce_dice", "params": {"dice_fraction": 0.5}}},
        "flipped": {"augmentation": {"policy": "flips"}},
        "joint": {"joint": True},
    },
}


def changed(path, value):
    config = copy.deepcopy(CONFIG)
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return config


def test_one_run_per_experiment_dataset_fold_seed_and_one_joint_network():
    found = study.runs(CONFIG)
    assert len(found) == len(set(found)) == 3 * 2 * 2 + 2
    assert found[0].path == "reference/a/fold0-seed0"
    assert {run.train_dataset for run in found if run.experiment == "joint"} == {study.JOINT}


def test_a_run_is_known_by_where_its_files_stand():
    for run in study.runs(CONFIG):
        for place in (f"runs/{run.path}", f"results/s/predictions/{run.path}.npz", f"{run.path}.csv"):
            assert study.run_of(PurePath(place)) == run
    for place in ("fold0-seed0", "a/b/fold0.csv", "a/b/fold0-seedx"):
        with pytest.raises(study.StudyError, match="no run stands there"):
            study.run_of(PurePath(place))


def test_an_experiment_changes_what_it_names_and_nothing_else():
    reference, plain = (study.settings(CONFIG, name, "b") for name in ("reference", "plain"))
    assert plain["augmentation"] == {"policy": "none", "variants": 4}
    assert plain["loss"] == {"name": "ce_dice", "params": {"dice_fraction": 0.5}}
    for key in set(reference) - {"augmentation", "loss"}:
        assert plain[key] == reference[key]
    assert CONFIG["augmentation"]["policy"] == "full", "the configuration itself was altered"


def test_a_dataset_brings_its_tile_when_trained_on_alone():
    assert study.settings(CONFIG, "reference", "a")["batch"]["tile_px"] == 100
    assert study.settings(CONFIG, "reference", "b")["batch"]["tile_px"] == 388
    assert study.settings(CONFIG, "joint", study.JOINT)["batch"]["tile_px"] == 388


def test_experiments_share_a_cache_exactly_when_its_settings_agree():
    key = {name: key_of(study.cache_settings(CONFIG, name)) for name in CONFIG["experiments"]}
    assert key["reference"] == key["joint"] != key["plain"]
    assert key["plain"] == key["flipped"], "flips happen at load: both need the images alone"


def test_folds_of_a_dataset_replace_the_studys():
    assert study.split_of(CONFIG, "a") == {"folds": 2, "seed": 0, "by": "sequence"}
    assert study.split_of(CONFIG, "b")["folds"] == 5


def test_training_sets():
    assert study.training_datasets(CONFIG, study.JOINT) == ["a", "b"]
    assert study.training_datasets(CONFIG, "b") == ["b"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("study", "datasets"), ["a", "bb"], r"study\.datasets names 'bb'.*did you mean 'b'"),
        (("study", "experiments"), ["reference", "plan"], r"names 'plan'.*did you mean 'plain'"),
        (("study", "reference"), "flips", "study.reference names 'flips'"),
        (("study", "folds"), [0, 2], "fold 2, but a has 2 folds"),
        (("datasets", "a", "folder"), "x", "datasets.a needs exactly one.*archive and folder"),
        (("study", "reference"), "joint", "'joint', a joint network"),
        (("batch", "tile_px"), 256, "reference: an unpadded network of depth 5 has no 256-px tile; take 16k \\+ 4"),
        (("model", "padding"), "same", "takes tiles of 16k px, not 100"),
        (("datasets", "a", "archive"), None, "datasets.a needs exactly one.*none of them"),
        (("datasets", "b"), {"format": "ctc", "folder": "x", "split": "block"}, "a folder is read as pairs, not ctc"),
    ],
)
def test_what_the_schema_cannot_see_is_refused_by_name(path, value, message):
    with pytest.raises(study.StudyError, match=message):
        study.check_study(changed(path, value))


def test_a_dataset_cannot_take_a_word_of_the_tables():
    config = changed(("study", "datasets"), ["all"])
    config["datasets"]["all"] = config["datasets"]["b"]
    with pytest.raises(study.StudyError, match="cannot be called 'all'"):
        study.check_study(config)


def test_the_good_study_passes():
    study.check_study(CONFIG)
