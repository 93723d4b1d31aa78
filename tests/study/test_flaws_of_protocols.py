"""Each protocol really makes the mistakes of its document, and no other experiment may ask for them."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
from builders.config import config_of

from unetlib.datasets.splits import split
from unetlib.evaluation.score_predictions import score_probabilities
from unetlib.evaluation.settings import DatasetScoring
from unetlib.evaluation.test_set import Truth
from unetlib.imaging.settings import InstanceSettings
from unetlib.imaging.weight_maps import weight_map
from unetlib.study.config_errors import read_study
from unetlib.study.experiments import datasets_of, run_settings, scoring_settings, split_settings
from unetlib.study.mistakes import MISTAKES, mistakes_of
from unetlib.study.settings import StudyError

CONFIG = config_of()
CONFIG["study"]["protocols"] = [*CONFIG["protocols"]]
STUDY = read_study(CONFIG)
OF_000 = ("weight_map.border_inside_cells", "validation.images", "split.test_frames_also")
MADE = {  # document's experiment → the mistakes that it makes, apart from random frames
    "as-000-classic": [*OF_000],
    "as-000-modern": [*OF_000, "scoring.mirrored_window_px"],
    "as-000-dsb": [*OF_000, "scoring.mirrored_window_px"],
    "as-001-exp1": ["weight_map.form", "split.test_frames_also"],
    "as-001-exp1-em": ["split.test_frames_also"],
    "as-001-exp2": ["weight_map.form", "split.test_frames_also"],
    "as-001-exp3": ["weight_map.form", "split.test_frames_also"],
    "as-001-exp3-em": ["split.test_frames_also"],
    "as-002": [],
    "as-003": [],
    "as-003-plain": [],
    "as-004": ["split.test_frames_also"],
    "as-paper": [],
    "as-paper-em": [],
}
SELECTED_ON_TEST = [name for name in MADE if name.startswith(("as-000", "as-001"))]
RANDOM_FRAMES = [name for name in MADE if not name.startswith("as-paper")]


def films():
    """Two films of 20 frames with gold truth in every third and silver truth in all others."""
    return [
        SimpleNamespace(
            frame=f"{film}-t{time:03d}",
            sequence=film,
            time=time,
            group=film,
            modality="grey",
            annotation="silver" if time % 3 else "gold",
            instances=4,
            duplicate_of="",
        )
        for film in ("01", "02")
        for time in range(20)
    ]


def roles(experiment):
    """The frames of each role in fold 0, by the split of an experiment on the first of its datasets."""
    dataset = datasets_of(STUDY, experiment)[0]
    settings = split_settings(STUDY, dataset, experiment)
    found = split(films(), settings, by=settings.by, fold=0)
    return {
        role: {each.frame for each in found if role in each.role.split("+")} for role in ("train", "validation", "test")
    }


def test_the_mistakes_of_every_documents_experiment_are_listed():
    assert {protocol.experiment for protocol in STUDY.protocols.values()} == set(MADE)
    assert {name: sorted(mistakes_of(STUDY, name)) for name in MADE} == {
        name: sorted(made) for name, made in MADE.items()
    }
    assert set(MISTAKES) == set().union(*MADE.values())


@pytest.mark.parametrize("experiment", RANDOM_FRAMES)
def test_its_test_frames_are_from_the_films_of_its_training_frames(experiment):
    if experiment == "as-000-dsb":
        return  # images, not frames
    found = roles(experiment)
    films_of = {role: {frame[:2] for frame in frames} for role, frames in found.items()}
    assert films_of["train"] & films_of["test"]


@pytest.mark.parametrize("experiment", SELECTED_ON_TEST)
def test_its_test_frames_validate_and_so_choose_the_network(experiment):
    found = roles(experiment)
    assert found["validation"] == found["test"] != set() and not found["train"] & found["test"]


def test_variants_of_test_frames_train_in_004():
    found = roles("as-004")
    assert found["test"] and found["test"] <= found["train"]
    assert run_settings(STUDY, "as-004").augmentation.copies == 30, "930 images of 30 slices"


@pytest.mark.parametrize("experiment", ["as-000-classic", "as-000-modern", "as-001-exp1", "as-paper"])
def test_frames_with_silver_truth_alone_do_not_train(experiment):
    assert all(int(frame[-3:]) % 3 == 0 for frames in roles(experiment).values() for frame in frames)
    assert any(int(frame[-3:]) % 3 for frame in roles("as-003")["train"])


def two_cells():
    labels = np.zeros((24, 24), np.uint16)
    labels[4:20, 3:10], labels[4:20, 13:20] = 1, 2
    return labels


def weights(experiment):
    return weight_map(two_cells(), run_settings(STUDY, experiment).weight_map)


@pytest.mark.parametrize("experiment", ["as-001-exp1", "as-001-exp2", "as-001-exp3"])
def test_the_second_cell_weighs_nothing_in_001(experiment):
    found, labels = weights(experiment), two_cells()
    assert (found[labels == 2] == 0).all() and (found[labels == 1] > 0).all()
    assert (weights("reference")[labels == 2] > 0).all()


@pytest.mark.parametrize("experiment", ["as-001-exp1-em", "as-001-exp3-em"])
def test_no_cell_is_lost_on_em_in_001(experiment):
    assert (weights(experiment) == 1).all(), "its mask is binarised first: no instances, no border term"


@pytest.mark.parametrize("experiment", ["as-000-classic", "as-000-modern", "as-000-dsb"])
def test_the_border_term_is_inside_cells_in_000(experiment):
    """A cell's pixel at the gap to the next cell weighs more than one on its far side; ours weigh the same."""
    near, far = (10, 9), (10, 3)
    assert weights(experiment)[near] > weights(experiment)[far]
    assert weights("reference")[near] == weights("reference")[far]


@pytest.mark.parametrize("experiment", ["as-000-modern", "as-000-dsb"])
def test_the_scored_window_holds_mirrored_pixels_as_background_in_000(experiment):
    """A perfect prediction of a small image has false positives where its cells are mirrored."""
    labels = np.pad(two_cells(), 116)[:256, :256]
    labels[2:12, 2:12] = 3
    truth = Truth(labels, np.zeros(labels.shape, bool))
    scoring = scoring_settings(STUDY, experiment)
    perfect = (labels > 0).astype(np.float32)
    for chosen, expected in ((scoring, 1), (scoring_settings(STUDY, "reference"), 0)):
        (found,) = score_probabilities([(truth, perfect)], InstanceSettings(), chosen, DatasetScoring())
        assert (found["dice"] < 1) == expected
        assert found["pixels"] == (388**2 if expected else 256**2)


@pytest.mark.parametrize("experiment", ["as-000-classic", "as-000-modern", "as-000-dsb"])
def test_validation_is_on_augmented_tiles_and_its_best_is_the_result_in_000(experiment):
    assert run_settings(STUDY, experiment).validation.images == "augmented"
    reported = {p.reported for p in STUDY.protocols.values() if p.experiment == experiment and not p.test_dataset}
    assert reported == {"validation"}


def test_as_many_epochs_without_augmentation_are_eleven_times_fewer_updates_in_003():
    both = [run_settings(STUDY, name).training for name in ("as-003", "as-003-plain")]
    assert [each.updates / each.evaluate_every for each in both] == [100, 100], "epochs"
    assert both[0].updates / both[1].updates == pytest.approx(1447 / 134, rel=0.01)


STATED = {
    "weight_map.form": {"weight_map": {"form": "id_indexed"}},
    "weight_map.border_inside_cells": {"weight_map": {"border_inside_cells": True}},
    "validation.images": {"validation": {"images": "augmented"}},
    "split.test_frames_also": {"split": {"test_frames_also": "train"}},
    "scoring.mirrored_window_px": {"scoring": {"mirrored_window_px": 99}},
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("experiment", ["modern", "reference", "another"])
def test_no_other_experiment_can_ask_for_a_mistake(mistake, experiment):
    config = copy.deepcopy(config_of())
    config["study"]["experiments"] = [*dict.fromkeys(["reference", experiment])]
    config["experiments"][experiment] = STATED[mistake]
    with pytest.raises(StudyError, match=rf"{experiment}: {mistake} makes a mistake on purpose"):
        read_study(config)
