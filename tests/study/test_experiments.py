"""What each experiment does: its difference and nothing else."""

import pytest
from builders.config import CONFIG, changed, study

from unetlib.imaging.settings import SeedSettings
from unetlib.io.files import short_hash
from unetlib.networks import tiling
from unetlib.study import experiments
from unetlib.study.config_checks import check_study
from unetlib.study.experiments import cache_settings, instance_settings, prediction_settings, run_settings
from unetlib.study.runs import JOINT
from unetlib.study.settings import StudyError


def test_an_experiment_changes_what_it_names_and_nothing_else():
    reference, plain = (experiments.run_settings(study(), name, "b") for name in ("reference", "plain"))
    assert (plain.augmentation.policy, plain.augmentation.copies) == ("none", 4)
    assert plain.loss.identity() == {"name": "ce_dice", "params": {"dice_fraction": 0.5}}
    for section in set(type(plain).model_fields) - {"augmentation", "loss"}:
        assert getattr(plain, section) == getattr(reference, section)


def test_parameters_of_a_loss_are_replaced_whole():
    config = changed(("loss",), {"name": "bce_tversky", "params": {"alpha": 0.3, "beta": 0.7}})
    assert experiments.run_settings(study(config), "plain").loss.params.given() == {"dice_fraction": 0.5}


def test_merging_alters_neither_side():
    base, change = {"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}
    assert experiments.merged(base, change) == {"a": {"b": 3, "c": 2}}
    assert (base, change) == ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})


def tile_px(config, experiment, train_dataset):
    return experiments.run_settings(study(config), experiment, train_dataset).batch.tile_px


def test_a_dataset_brings_its_tile_when_trained_on_alone():
    assert tile_px(CONFIG, "reference", "a") == 100
    assert tile_px(CONFIG, "reference", "b") == 388
    assert tile_px(CONFIG, "joint", JOINT) == 388


def test_a_dataset_says_how_its_frames_are_drawn_when_trained_on_alone():
    config = changed(("datasets", "a"), CONFIG["datasets"]["a"] | {"draw_frames_by": "objects"})
    config["experiments"]["plain"] = {"batch": {"draw_frames_by": "frame", "size": 2}}

    def drawn(experiment, *on, of=config):
        return experiments.run_settings(study(of), experiment, *on).batch.draw_frames_by

    assert [drawn("reference", name) for name in ("a", "b", "all")] == ["objects", "frame", "frame"]
    assert drawn("plain", "a") == "frame", "an experiment states it for every dataset"
    before, after = (experiments.run_settings(study(each), "reference", "b") for each in (CONFIG, config))
    assert before.identity() == after.identity() and "draw_frames_by" not in after.identity()["batch"]


def test_a_change_of_padding_alone_takes_the_largest_tile_that_fits():
    assert tile_px(CONFIG, "padded", "a") == 96
    assert tile_px(CONFIG, "padded", "b") == 384
    stated = changed(("experiments", "padded", "batch"), {"tile_px": 320})
    assert tile_px(stated, "padded", "b") == 320


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("depth", [1, 3, 5])
def test_the_largest_tile_is_one_that_the_network_takes(depth, padding):
    for side in range(16, 120):
        found = tiling.largest_tile(side, depth=depth, padding=padding)
        assert tiling.takes_tile(found, depth=depth, padding=padding) and found <= side
        above = range(found + 1, side + 1)
        assert not any(tiling.takes_tile(other, depth=depth, padding=padding) for other in above)
    assert tiling.largest_tile(1, depth=5, padding="same") == 16


def test_experiments_share_a_cache_exactly_when_its_settings_agree():
    key = {name: short_hash(experiments.cache_settings(study(), name).identity()) for name in CONFIG["experiments"]}
    assert key["reference"] == key["joint"] == key["turned"] != key["plain"]
    assert key["plain"] == key["flipped"], "flips happen at load: both need the images alone"


def split(dataset, experiment=None, config=CONFIG):
    return experiments.split_settings(study(config), dataset, experiment).plain()


def test_folds_of_a_dataset_replace_the_studys_and_the_experiments_split_both():
    own = split("a")
    assert (own["by"], own["folds"], own["max_train"], own["seed"]) == ("sequence", 2, None, 0)
    assert split("b")["folds"] == 5
    assert split("b", "random-split") == split("b") | {"by": "random"}
    assert split("a", "small") == split("a") | {"max_train": 2}
    assert split("a", "turned") == split("a")
    assert split("a", config=changed(("split", "by"), "random"))["by"] == "random"


def test_a_dataset_can_ask_for_dense_frames_and_an_experiment_too():
    config = changed(("datasets", "a"), CONFIG["datasets"]["a"] | {"dense_only": True})
    config["experiments"]["small"] = {"split": {"dense_only": True}}
    assert [split(name, config=config)["dense_only"] for name in "ab"] == [True, False]
    assert [split(name, "small", config)["dense_only"] for name in "ab"] == [True, True]
    keys, before = (experiments.split_keys(study(each)) for each in (config, CONFIG))
    assert keys[""]["a"] != before[""]["a"] and keys[""]["b"] == before[""]["b"]


def test_splits_that_agree_share_a_key():
    keys = experiments.split_keys(study())
    assert set(keys) == {"", *CONFIG["study"]["experiments"]}
    for name in ("reference", "plain", "joint", "turned"):
        assert keys[name] == keys[""]
    assert len({keys[name]["a"] for name in ("", "small", "random-split")}) == 3
    assert experiments.split_keys(study(changed(("split", "max_train"), 2)))["small"]["a"] == keys["small"]["a"]


def test_how_many_frames_are_tested_changes_no_training():
    less, own = changed(("split", "max_test"), 2), changed(("experiments", "small", "split"), {"max_test": 1})
    trains = {
        name: experiments.split_keys(study(config), experiments.training_split_settings)
        for name, config in (("as it was", CONFIG), ("fewer tested", less))
    }
    assert trains["as it was"] == trains["fewer tested"] and experiments.split_keys(study(less)) != trains["as it was"]
    assert experiments.split_keys(study()) == trains["as it was"], "one file where all test frames are scored"
    small = experiments.split_keys(study(own), experiments.training_split_settings)["small"]
    assert small == trains["as it was"][""] != experiments.split_keys(study(own))["small"]


def test_test_frames_that_also_train_are_those_that_are_scored():
    config = changed(("experiments", "random-split", "split"), {"test_frames_also": "train", "max_test": 2})
    assert (
        experiments.split_keys(study(config), experiments.training_split_settings)["random-split"]
        == experiments.split_keys(study(config))["random-split"]
    )


def test_inference_is_laid_over_the_studys():
    reference, turned = (experiments.inference_settings(study(), name) for name in ("reference", "turned"))
    assert (reference.mode, reference.test_time_augmentation) == ("tile", 1)
    assert (turned.mode, turned.test_time_augmentation) == ("tile", 8)


def test_how_a_network_predicts_is_that_of_its_own_experiment_and_dataset():
    config = changed(("datasets", "a", "watershed_depth_px"), 6)
    config["datasets"]["a"] |= {"binning": 2}
    config["experiments"]["plain"] |= {"instance_method": "watershed", "inference": {"test_time_augmentation": 4}}
    config["threshold"] = 0.4
    sizes = dict.fromkeys(config["datasets"]) | {"a": 0.5}
    found = experiments.prediction_settings(study(config), "plain", "a", sizes)
    assert found.inference.test_time_augmentation == 4 and found.normalisation == "zscore"
    assert found.instances.identity() == {"threshold": 0.4, "min_area_px": 3, "watershed_depth_px": 6}
    assert (found.binning, found.pixel_size_um) == (2, 0.5)
    joint = experiments.prediction_settings(study(config), "joint", JOINT, sizes)
    assert (joint.binning, joint.pixel_size_um) == (1, None), "the datasets differ"
    assert joint.instances.identity() == {"threshold": 0.4, "min_area_px": 0, "watershed_depth_px": 0}


def depths(config):
    chosen = study(config)
    return {
        name: {each: experiments.instance_settings(chosen, name, each).watershed_depth_px for each in ("a", "b")}
        for name in chosen.study.experiments
    }


def test_a_depth_in_micrometres_is_made_pixels():
    config = changed(("datasets", "a", "watershed_depth_px"), 6) | {"instance_method": "watershed"}
    assert depths(config)["reference"]["a"] == 6
    config["datasets"]["a"] |= {"lengths": "micrometres", "options": {"pixel_size_um": 0.5}, "binning": 2}
    assert depths(config)["reference"] == {"a": 12, "b": 0}, "probabilities are at full size"


def test_who_is_cut_by_watershed_and_where():
    config = changed(("datasets", "a", "watershed_depth_px"), 6)
    components = {name: {"a": 0, "b": 0} for name in config["study"]["experiments"]}
    assert depths(config) == components, "as the paper"
    config["experiments"]["turned"]["instance_method"] = "watershed"
    assert depths(config) == components | {"turned": {"a": 6, "b": 0}}
    config["instance_method"] = "watershed"
    config["experiments"]["turned"]["instance_method"] = "components"
    found = depths(config)
    assert found.pop("turned") == {"a": 0, "b": 0} and all(cut == {"a": 6, "b": 0} for cut in found.values())


def test_instances_grow_from_seeds_where_an_experiment_says_so():
    config = changed(("experiments", "plain"), {"target": {"kind": "distances"}, "instance_method": "seeds"})
    config["seeds"] = {"depth": 0.6}
    config["experiments"]["turned"] = {"networks_of": "plain", "instance_method": "seeds", "seeds": {"smoothing_px": 0}}
    made = study(config)
    assert run_settings(made, "plain").target.outputs == 4 and cache_settings(made, "plain").distances
    assert instance_settings(made, "reference", "a").seeds is None
    assert instance_settings(made, "plain", "a").seeds == SeedSettings(depth=0.6)
    assert instance_settings(made, "turned", "a").seeds == SeedSettings(depth=0.6, smoothing_px=0)
    found = prediction_settings(made, "plain", "a", {"a": None, "b": None})
    assert found.instances.seeds == SeedSettings(depth=0.6)
    check_study(made)
    config["experiments"]["turned"]["networks_of"] = "reference"
    with pytest.raises(StudyError, match="turned: instances grow from seeds, which a network without distance targets"):
        check_study(study(config))
