"""A network trained further on a person's images: what decides it, what it is scored on, and what its file holds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from unetlib.datasets.settings import ReaderOptions
from unetlib.models.registry import find_network
from unetlib.networks.prediction_options import prediction_settings
from unetlib.networks.settings import ComputeSettings
from unetlib.networks.trained_network import load_network, read_model
from unetlib.training.fine_tuning import FineTuning, fine_tune
from unetlib.training.loop import TrainingError
from unetlib.training.settings import RunSettings
from unetlib.training.starting_weights import started, starting_checksum

START = "demo-nuclei"
MODEL = find_network(START).path
HOW = FineTuning(updates=2, compute=ComputeSettings(device="cpu", threads=1))


@pytest.fixture
def folder(tmp_path):
    """Four images of drawn nuclei with their labels."""
    random = np.random.default_rng(0)
    for kind in ("images", "labels"):
        (tmp_path / "cells" / kind).mkdir(parents=True)
    for number in range(4):
        image, labels = drawn(random)
        tifffile.imwrite(tmp_path / f"cells/images/{number}.tif", image)
        tifffile.imwrite(tmp_path / f"cells/labels/{number}.tif", labels)
    return tmp_path / "cells"


def drawn(random):
    yy, xx = np.mgrid[:72, :80]
    labels = np.zeros((72, 80), np.uint16)
    for number, (row, column) in enumerate([(15, 15), (15, 55), (50, 20), (50, 60)], 1):
        labels[(yy - row - random.integers(5)) ** 2 + (xx - column) ** 2 < random.integers(60, 110)] = number
    return ((labels > 0) * 120 + random.integers(20, 60, labels.shape)).astype(np.uint8), labels


def made(folder, how=HOW, said=None):
    output = folder.parent / "mine.pt"
    return fine_tune(START, MODEL, folder, output, how, say=(said if said is not None else []).append), output


def test_the_file_holds_all_that_prediction_needs_and_how_it_was_made(folder):
    said = []
    done, output = made(folder, said=said)
    assert list(done.trained_on) == ["0", "1", "2"] and list(done.held_out) == ["3"]
    assert set(done.scores) == {"before", "after"}
    assert "3 images to train on; held out: 3" in said and any(line.startswith("update 2 of 2: loss") for line in said)
    network = load_network(output, "cpu")
    (output.parent / "prediction.json").write_text("{}")  # of some other network: not looked at
    settings, origin = prediction_settings(output, network)
    theirs, _ = prediction_settings(MODEL, load_network(MODEL, "cpu"))
    assert settings.inference == theirs.inference and settings.instances.threshold == theirs.instances.threshold
    assert 15 <= settings.instances.min_area_px <= 170 and "mine.pt says" in origin  # nuclei of some 190 to 345 px
    record = network.record
    assert record.held_out == pytest.approx(done.scores["after"])
    assert record.settings["start_from"] == START and record.train_dataset == "cells"
    assert record.best_validation_dice is None  # of the held-out images, on which nothing was chosen


def test_it_starts_from_the_weights_and_leaves_them_as_they_are(folder):
    before = MODEL.read_bytes()
    _, still = made(folder, replace(HOW, updates=1, learning_rate=1e-12))
    assert MODEL.read_bytes() == before
    theirs, ours = read_model(MODEL)[1], read_model(still)[1]
    weights = [name for name in theirs if "running" not in name and "num_batches" not in name]
    assert all(torch.allclose(theirs[name].float(), ours[name].float(), atol=1e-6) for name in weights)
    _, moved = made(folder, replace(HOW, updates=1, learning_rate=0.1))
    assert not all(torch.allclose(theirs[name].float(), read_model(moved)[1][name], atol=1e-6) for name in weights)


def test_equal_calls_give_equal_bytes_and_the_held_out_image_decides_nothing(folder):
    _, output = made(folder)
    first = read_model(output)[1]
    tifffile.imwrite(folder / "images/3.tif", np.random.default_rng(9).integers(0, 255, (72, 80)).astype(np.uint8))
    done, output = made(folder)
    second = read_model(output)[1]
    assert all(torch.equal(first[name], second[name]) for name in first)
    again = output.read_bytes()
    assert made(folder)[1].read_bytes() == again and done.scores["after"]["seg"] < 0.9


def test_random_weights_are_trained_as_long_for_comparison(folder):
    done, _ = made(folder, replace(HOW, compare=True))
    assert set(done.scores) == {"before", "after", "from nothing"}
    assert done.scores["before"]["dice"] > done.scores["from nothing"]["dice"]


def test_nothing_is_written_where_something_fails(folder):
    tifffile.imwrite(folder / "labels/2.tif", np.ones((5, 5), np.uint16))
    with pytest.raises(ValueError, match=r"labels?/2\.tif|images/2\.tif"):
        made(folder)
    assert not (folder.parent / "mine.pt").exists()
    with pytest.raises(ValueError, match="masks"):
        masked = folder.parent / "masked"
        for kind in ("images", "labels"):
            (masked / kind).mkdir(parents=True)
        for number in range(2):
            image, labels = drawn(np.random.default_rng(number))
            tifffile.imwrite(masked / f"images/{number}.tif", image)
            tifffile.imwrite(masked / f"labels/{number}.tif", ((labels > 0) * 255).astype(np.uint8))
        made(masked)
    done, _ = made(masked, replace(HOW, reading=ReaderOptions(masks=True), held_out=0))
    assert done.scores == {} and list(done.trained_on) == ["0", "1"]


def test_a_training_starts_only_from_a_network_of_its_kind(tmp_path):
    recorded = RunSettings.read(read_model(MODEL)[0].settings).model_copy(update={"start_from": START})
    network = started(recorded, seed=3)
    assert all(torch.equal(part, read_model(MODEL)[1][name]) for name, part in network.state_dict().items())
    assert starting_checksum(recorded) and starting_checksum(recorded.model_copy(update={"start_from": None})) is None
    wider = recorded.model_copy(update={"model": recorded.model.model_copy(update={"base_filters": 16})})
    with pytest.raises(TrainingError, match=r"that network has model\.base_filters 8, this training 16; state"):
        started(wider, seed=0)
    dropped = recorded.model_copy(update={"model": recorded.model.model_copy(update={"dropout": 0.3})})
    assert started(dropped, seed=0) is not None  # dropout has no weights


def test_a_file_of_today_can_be_trained_further_itself(folder):
    _, first = made(folder)
    output = Path(folder.parent, "second.pt")
    done = fine_tune(str(first), first, folder, output, HOW, say=lambda _: None)
    assert done.scores["after"] and read_model(output)[0].prediction == read_model(first)[0].prediction
