"""A network to ship from a finished run: its folder, equal bytes for equal runs, and what is refused."""

import json
import re
import shutil
from dataclasses import replace

import imagecodecs
import pytest
import torch
from builders.images import save, spots

from tools import ship_model
from tools.model_description import DataTerms, Description, description_of, read_descriptions
from tools.ship_model import COLUMNS, ShipError, Wanted, ship
from unetlib.datasets.dataset import Sample, write_dataset
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.files import sha256_of, write_csv, write_json
from unetlib.io.settings import SettingsError
from unetlib.models.card import read_card
from unetlib.models.registry import find_network
from unetlib.networks.settings import InferenceSettings, PredictionSettings
from unetlib.networks.trained_network import ModelFileError, load_network, read_model, save_model
from unetlib.study.runs import Run

DESCRIPTION = Description(
    shows="bright discs",
    not_for=("anything else",),
    study="snakemake",
    picture=True,
    data={"discs": DataTerms(licence="CC0", citation="none")},
)
ROLES = {"train": ["a0", "a1", "a2"], "validation": ["a3"], "test": ["a4", "a5"]}


@pytest.fixture
def wanted(tmp_path):
    """A finished study of one network on six images of discs."""
    project = tmp_path / "somewhere"
    samples = []
    for number in range(6):
        image = spots(50, 60, seed=number)
        labels = (image > 90).astype("uint16")
        samples.append(Sample(f"a{number}", "s", number, f"{number}", "discs", image, labels, pixel_size_um=0.65))
    write_dataset(project / "resources/tiny/datasets/discs", samples)
    run = project / "results/tiny/runs/reference/discs/fold0-seed0"
    run.mkdir(parents=True)
    model = save(run / "model.pt")
    record, _ = read_model(model)
    source = str(project / "discs.zip")
    facts = record.model_dump(mode="json") | {
        "roles": {"discs": ROLES},
        "data": [{"dataset": "discs", "source": source, "sha256": "ab12"}],
        "code": "c0de",
        "versions": {"torch": "2.15", "platform": "Linux"},
    }
    write_json(run / "facts.json", facts)
    prediction = PredictionSettings(
        inference=InferenceSettings(),
        instances=InstanceSettings(min_area_px=4),
        normalisation="zscore",
        pixel_size_um=0.65,
    )
    write_json(run / "prediction.json", prediction.plain())
    row = {"test_dataset": "discs", "experiment": "reference", "train_dataset": "discs", "metric": "dice"}
    row |= {"mean": 0.9, "low": 0.8, "high": 0.95, "images": 2, "resampled": "images", "primary": True}
    (project / "results/tiny/tables").mkdir()
    rows = [row, row | {"metric": "iou", "primary": False}, row | {"experiment": "other"}]
    rows.append(row | {"test_dataset": "others"})
    columns = (*COLUMNS, "primary")
    write_csv(project / "results/tiny/tables/comparison.csv", [{c: str(r[c]) for c in columns} for r in rows], columns)
    results = project / "results/tiny"
    return Wanted(results, Run("reference", "discs", 0, 0), "discs", results, "reference")


def test_a_folder_has_weights_settings_picture_and_a_card_of_them(wanted, tmp_path):
    card = ship(wanted, DESCRIPTION, tmp_path / "shipped")
    folder = tmp_path / "shipped/discs"
    assert read_card(folder) == card
    assert card.files == {n: sha256_of(folder / n) for n in ("example.png", "model.pt", "prediction.json")}
    assert sorted(path.name for path in folder.iterdir()) == sorted([*card.files, "card.json", "card.md"])
    assert (card.score.mean, card.score.low, card.score.folds, card.score.images) == (0.9, 0.8, 1, 2)
    assert card.data[0].images == 3 and card.data[0].source == "discs.zip", "no path of the machine"
    assert card.pixel_size_um == 0.65 and card.appearance.full_scales == (255,) and card.appearance.skew.low > 0
    assert card.weights.images == 3 and card.weights.agreement >= 0.999
    assert card.commands[1].startswith("python -m tools.ship_model results/tiny reference discs --name discs")
    assert imagecodecs.png_decode((folder / "example.png").read_bytes()).shape[2] == 3
    text = "".join(path.read_text() for path in (folder / "card.json", folder / "card.md"))
    assert str(tmp_path) not in text
    for part in ("Dice 0.900 (0.800–0.950) on 2 images", "CC0", "few bright pixels on a dark ground", "anything else"):
        assert part in text
    assert find_network("discs", tmp_path / "shipped").path == folder / "model.pt"


def test_equal_runs_give_equal_bytes_and_a_second_time_replaces_the_first(wanted, tmp_path):
    ship(wanted, DESCRIPTION, tmp_path / "one")
    ship(wanted, DESCRIPTION, tmp_path / "two")
    before = {path.name: path.read_bytes() for path in (tmp_path / "one/discs").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "two/discs").iterdir()} == before
    ship(wanted, DESCRIPTION.model_copy(update={"picture": False}), tmp_path / "one")
    assert not (tmp_path / "one/discs/example.png").exists()
    assert "example.png" not in (tmp_path / "one/discs/card.md").read_text()


def test_stored_kernels_take_half_and_load_as_float32(wanted, tmp_path):
    ship(wanted, DESCRIPTION, tmp_path)
    _, stored = read_model(tmp_path / "discs/model.pt")
    kernels = {name: part for name, part in stored.items() if part.ndim > 1}
    assert kernels and all(part.dtype == torch.float16 for part in kernels.values())
    assert all(part.dtype == torch.float32 for name, part in stored.items() if name not in kernels)
    model = load_network(tmp_path / "discs/model.pt", "cpu").model
    assert all(part.dtype == torch.float32 for part in model.parameters())


def test_a_weight_beyond_16_bits_is_refused(wanted, tmp_path):
    path = wanted.results / "runs/reference/discs/fold0-seed0/model.pt"
    record, weights = read_model(path)
    kernel = next(name for name, part in weights.items() if part.ndim > 1)
    weights[kernel] = weights[kernel] + 1e6
    save_model(path, weights, record)
    with pytest.raises(ModelFileError, match="beyond 16-bit floats"):
        ship(wanted, DESCRIPTION, tmp_path)
    assert not (tmp_path / "discs").exists()


def test_weights_that_change_the_masks_or_are_too_large_are_refused(wanted, tmp_path, monkeypatch):
    monkeypatch.setattr(ship_model, "AGREEMENT", 1.1)
    with pytest.raises(ShipError, match="in 16 bits its masks change"):
        ship(wanted, DESCRIPTION, tmp_path)
    monkeypatch.setattr(ship_model, "LARGEST_BYTES", 100)
    with pytest.raises(ShipError, match="even in 16 bits"):
        ship(wanted, DESCRIPTION, tmp_path)
    assert not (tmp_path / "discs").exists()


def test_a_network_that_was_scored_on_what_it_saw_is_refused(wanted, tmp_path):
    path = wanted.results / "runs/reference/discs/fold0-seed0/facts.json"
    facts = json.loads(path.read_text())
    facts["roles"]["discs"]["test"] = ["a4", "a3"]
    path.write_text(json.dumps(facts))
    with pytest.raises(ShipError, match="tests on images that trained it, such as a3"):
        ship(wanted, DESCRIPTION, tmp_path)


def test_the_score_may_be_that_of_a_cross_validated_twin(wanted, tmp_path):
    twin = replace(wanted, score_experiment="other")
    with pytest.raises(ShipError, match="has no score of other on discs"):
        ship(twin, DESCRIPTION, tmp_path)
    runs = wanted.results / "runs"
    for fold in (0, 1):
        shutil.copytree(runs / "reference/discs/fold0-seed0", runs / f"other/discs/fold{fold}-seed0")
    card = ship(twin, DESCRIPTION, tmp_path)
    assert (card.score.experiment, card.score.folds) == ("other", 2)
    assert card.commands[1].endswith("--score-from results/tiny other")


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("runs/reference/discs/fold0-seed0/model.pt", "model.pt: is not there; run the study first"),
        ("runs/reference/discs/fold0-seed0/prediction.json", "prediction.json: is not there"),
        ("runs/reference/discs/fold0-seed0/facts.json", "facts.json: is not there"),
    ],
)
def test_an_unfinished_run_is_refused(wanted, tmp_path, lost, said):
    (wanted.results / lost).unlink()
    with pytest.raises(ShipError, match=re.escape(said)):
        ship(wanted, DESCRIPTION, tmp_path)


def test_data_without_a_licence_is_refused(wanted, tmp_path):
    with pytest.raises(ShipError, match="discs: the description has no licence"):
        ship(wanted, DESCRIPTION.model_copy(update={"data": {"other": DESCRIPTION.data["discs"]}}), tmp_path)


def test_the_descriptions_can_be_read_and_an_unknown_name_is_refused():
    assert "demo-nuclei" in read_descriptions()
    with pytest.raises(SettingsError, match=r"shipped_models\.yaml says nothing of this network"):
        description_of("unknown")
