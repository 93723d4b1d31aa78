"""An image that stands in two datasets of a study is no test where it trained: found by its grey values, flagged."""

import numpy as np
import pytest
from builders.archives import texture

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.study.result_checks import shared_images
from unetlib.study.runs import Run
from unetlib.study.shared_across import SharedImage, seen_elsewhere

LABEL = np.zeros((24, 30), np.uint16)
LABEL[3:9, 3:9] = 1
OTHER_LABEL = LABEL[::-1].copy()


def sample(frame: str, seed: int, labels: np.ndarray = LABEL, dtype: type = np.uint8) -> Sample:
    image = texture(24, 30, seed=seed).astype(dtype)
    return Sample(frame, "", 0, frame, "m", image, labels)


@pytest.fixture
def frames(tmp_path):
    """b1 and b3 show a0 and a2, one with other labels, one in another type; c0 shows nothing of them."""
    write_dataset(tmp_path / "a", [sample(f"a{n}", n) for n in range(3)])
    write_dataset(tmp_path / "b", [sample("b0", 7), sample("b1", 0, OTHER_LABEL), sample("b3", 2, dtype=np.uint16)])
    write_dataset(tmp_path / "c", [sample("c0", 9)])
    return {name: Dataset(tmp_path / name).frames for name in "abc"}


def roles(train, validation=()):
    return {"train": list(train), "validation": list(validation), "test": []}


def test_a_test_image_that_trained_or_chose_the_network_elsewhere_is_found(frames):
    tests = {"a": ["a0", "a1", "a2"], "b": ["b0"], "c": ["c0"]}
    found = list(seen_elsewhere({"b": roles(["b0", "b1"], ["b3"])}, tests, frames))
    assert found == [SharedImage("a/a0", "b/b1"), SharedImage("a/a2", "b/b3")]
    assert list(seen_elsewhere({"b": roles(["b0"])}, tests, frames)) == []
    assert list(seen_elsewhere({"a": roles(["a0"])}, tests, frames)) == [], "its own dataset: checked by its roles"
    joint = {"a": roles(["a1"]), "b": roles(["b1"]), "c": roles(["c0"])}
    assert list(seen_elsewhere(joint, {"a": ["a0"], "b": ["b3"]}, frames)) == [SharedImage("a/a0", "b/b1")]


def test_it_is_flagged_once_per_dataset():
    run, shared = Run("joint", "all", 0, 1), [SharedImage("a/a0", "b/b1"), SharedImage("a/a2", "b/b3")]
    (finding,) = shared_images(run, shared)
    assert (finding.status, finding.subject, finding.dataset) == ("flagged", "joint/all/fold0-seed1 on a", "a")
    assert finding.detail == "a/a0 shows the same as b/b1, which trained or chose the network; 2 test images are so"
    assert list(shared_images(run, [])) == []
