"""What each experiment does: its difference and nothing else, and no network trained twice."""

from itertools import combinations

import pytest
from builders.config import CONFIG, changed, config_of, study

from unetlib.imaging.settings import SeedSettings
from unetlib.io.files import short_hash
from unetlib.networks import tiling
from unetlib.study import experiments, shared_trainings
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


def trainers(config):
    made = shared_trainings.share_identical_trainings(study(config))
    return {name: experiments.training_experiment(made, name) for name in config["study"]["experiments"]}


def test_what_agrees_with_the_reference_is_not_trained_again():
    apart = {name: name for name in CONFIG["study"]["experiments"]} | {"turned": "reference"}
    assert trainers(CONFIG) == apart
    assert trainers(changed(("split", "max_train"), 2)) == apart | {"small": "reference"}
    assert trainers(changed(("study", "reference"), "small")) == apart
    equal = changed(("experiments", "plain"), {"augmentation": {"policy": "flips"}})
    assert trainers(equal) == apart | {"flipped": "plain"}, "the first in the list is trained"
    equal["study"]["reference"] = "flipped"
    assert trainers(equal) == apart | {"plain": "flipped"}, "unless the reference is among them"


def test_networks_that_one_dataset_tells_apart_are_trained_apart():
    """A stated tile is the study's on b, but on a the dataset's own tile is smaller."""
    stated = changed(("experiments", "plain"), {"batch": {"tile_px": 388}})
    assert trainers(stated)["plain"] == "plain"
    stated["datasets"]["a"]["tile_px"] = None
    assert trainers(stated)["plain"] == "reference"


def test_networks_of_some_datasets_are_those_of_an_experiment_that_has_more():
    """flipped and plain are equal here; who has more datasets trains, wherever it stands in the list."""
    equal = changed(("experiments", "plain"), {"augmentation": {"policy": "flips"}, "datasets": ["b"]})
    assert trainers(equal)["plain"] == trainers(equal)["flipped"] == "flipped"
    equal["experiments"]["flipped"]["datasets"] = ["a"]
    assert trainers(equal)["plain"] == "plain" and trainers(equal)["flipped"] == "flipped"
    equal["experiments"]["flipped"]["datasets"] = ["b", "a"]
    assert trainers(equal)["plain"] == "flipped"


def test_a_joint_network_of_other_datasets_is_another():
    config = changed(("experiments", "plain"), {"train_on": "all"})
    assert trainers(config)["joint"] == "plain"
    config["experiments"]["plain"]["datasets"] = ["a"]
    assert trainers(config)["joint"] == "joint"


def test_whose_networks_are_used_is_followed_to_the_end():
    """turned uses those of small, which are the reference's; wherever turned stands in the list."""
    config = changed(("experiments", "turned", "networks_of"), "small")
    config["experiments"]["small"] = {}
    assert trainers(config)["turned"] == trainers(config)["small"] == "reference"
    config = changed(("experiments", "turned", "networks_of"), "small")
    config["study"]["experiments"] = ["turned", "small", "reference"]
    assert trainers(config) == {"turned": "small", "small": "small", "reference": "reference"}


def flat(section, prefix=""):
    for key, value in section.items():
        if isinstance(value, dict) and key != "params":
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def differing(chosen, one, other):
    """The settings in which two experiments differ."""
    both = (set(flat(experiments.run_settings(chosen, name).plain())) for name in (one, other))
    return {name for name, _ in set.symmetric_difference(*both)}


RATES = {"training.learning_rate", "training.momentum"}  # belong to their optimiser
LOSS = {"loss.name", "loss.params"}
OVERLAYS = [(), ("cpu",), ("cpu", "ladder")]  # the demo starts from another recipe


@pytest.mark.parametrize("overlays", OVERLAYS, ids=lambda names: "-".join(names) or "paper")
@pytest.mark.parametrize(
    ("base", "name", "factor"),
    [
        ("reference", "adam", {"training.optimiser"}),
        ("reference", "batch-norm", {"model.norm"}),
        ("reference", "dice-loss", LOSS),
        ("reference", "plateau", {"training.schedule"}),
        ("modern", "modern-no-batch-norm", {"model.norm"}),
        ("modern", "modern-no-dice", LOSS),
        ("modern", "modern-sgd", {"training.optimiser"}),
        ("modern", "modern-no-plateau", {"training.schedule"}),
        ("modern", "modern-no-dropout", {"model.dropout"}),
        ("reference", "loss-bce-tversky", LOSS),
        ("reference", "filters-8", {"model.base_filters"}),
        ("reference", "copies-1", {"augmentation.copies"}),
        ("reference", "touching-merged", {"separate_touching"}),
        ("reference", "padded", {"model.padding", "batch.tile_px"}),
        ("padded", "attention-unet", {"model.architecture"}),
        ("padded", "unet-plus-plus", {"model.architecture"}),
    ],
)
def test_a_rung_changes_one_factor_in_every_study(overlays, base, name, factor):
    chosen = study(config_of(*overlays))
    found = differing(chosen, base, name) - RATES
    assert found <= factor, found
    if not found:  # the study's base has that level already: it must be one that an overlay sets
        assert overlays and name in ("adam", "filters-8", "batch-norm", "dice-loss")
    assert experiments.split_settings(chosen, "isbi-em", base) == experiments.split_settings(chosen, "isbi-em", name)


@pytest.mark.parametrize("overlays", OVERLAYS, ids=lambda names: "-".join(names) or "paper")
def test_no_two_trained_experiments_are_the_same(overlays):
    chosen = shared_trainings.share_identical_trainings(study(config_of(*overlays)))
    dataset = chosen.study.datasets[0]
    trained = [name for name in chosen.study.experiments if not experiments.trains_nothing(chosen, name)]
    for one, other in combinations(trained, 2):
        splits = [experiments.split_settings(chosen, dataset, name) for name in (one, other)]
        joint = {experiments.is_joint(chosen, name) for name in (one, other)}
        assert differing(chosen, one, other) or splits[0] != splits[1] or len(joint) == 2, (one, other)


def test_the_reference_under_another_name_is_known():
    config = changed(("experiments", "plain"), {})
    config["study"]["experiments"] = ["reference", "plain", "turned", "flipped", "random-split"]
    found = shared_trainings.share_identical_trainings(study(config))
    same = {name: experiments.same_as_reference(found, name) for name in found.study.experiments}
    assert {name: found for name, found in same.items() if found} == {"plain": ["a", "b"]}, (
        "turned uses the same networks with another inference, the others are trained apart"
    )
    config["experiments"]["plain"] = {"networks_of": "reference", "scoring": {"mirrored_window_px": 9}}
    assert experiments.same_as_reference(study(config), "plain") == []


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


@pytest.mark.parametrize(
    ("metric", "same"), [("seg", ["b"]), ("map", ["b"]), ("dice", ["a", "b"]), ("iou", ["a", "b"])]
)
def test_an_instance_method_does_not_matter_without_a_depth_or_to_a_metric_of_pixels(metric, same):
    config = changed(("experiments", "plain"), {"networks_of": "reference"})
    config["datasets"]["a"] |= {"watershed_depth_px": 6, "primary_metric": metric}
    assert experiments.same_as_reference(study(config), "plain") == ["a", "b"]
    config["experiments"]["plain"]["instance_method"] = "watershed"
    assert experiments.same_as_reference(study(config), "plain") == same


def test_instances_grow_from_seeds_where_an_experiment_says_so():
    config = changed(("experiments", "plain"), {"target": {"kind": "distances"}, "instance_method": "seeds"})
    config["seeds"] = {"height": 0.6}
    config["experiments"]["turned"] = {"networks_of": "plain", "instance_method": "seeds", "seeds": {"smoothing_px": 0}}
    made = study(config)
    assert run_settings(made, "plain").target.outputs == 4 and cache_settings(made, "plain").distances
    assert instance_settings(made, "reference", "a").seeds is None
    assert instance_settings(made, "plain", "a").seeds == SeedSettings(height=0.6)
    assert instance_settings(made, "turned", "a").seeds == SeedSettings(height=0.6, smoothing_px=0)
    found = prediction_settings(made, "plain", "a", {"a": None, "b": None})
    assert found.instances.seeds == SeedSettings(height=0.6)
    check_study(made)
    config["experiments"]["turned"]["networks_of"] = "reference"
    with pytest.raises(StudyError, match="turned: instances grow from seeds, which a network without distance targets"):
        check_study(study(config))
