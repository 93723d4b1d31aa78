"""The networks that ship: cards, files, descriptions, packaging and the list of the command say the same."""

import fnmatch
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tools import draw_quickstart
from tools.model_description import read_descriptions
from tools.model_page import page_of
from tools.ship_model import LARGEST_BYTES
from unetlib import cli
from unetlib.io.files import sha256_of
from unetlib.models.card import CARD_FILE, CARD_PAGE, read_card
from unetlib.models.registry import SHIPPED, find_network, shipped_models
from unetlib.networks.trained_network import read_model, study_prediction

ROOT = Path(__file__).parents[2]
MODELS = shipped_models()
LARGEST_TOTAL_BYTES = 20_000_000


def test_there_are_networks_and_each_folder_is_one():
    folders = {path.name for path in SHIPPED.iterdir() if path.is_dir()}
    assert MODELS and {model.name for model in MODELS} == folders == set(read_descriptions())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_card_page_files_and_description_agree(model):
    card, prediction = read_card(model.folder), study_prediction(model.weights)
    assert card.name == model.name == model.folder.name
    assert {path.name for path in model.folder.iterdir()} == {*card.files, CARD_FILE, CARD_PAGE}
    assert card.files == {name: sha256_of(model.folder / name) for name in card.files}
    assert (model.folder / CARD_PAGE).read_text() == page_of(card, prediction)
    assert prediction.pixel_size_um == card.pixel_size_um
    described = read_descriptions()[card.name]
    assert (card.shows, card.not_for, card.commands[0]) == (described.shows, described.not_for, described.study)
    for data in card.data:
        assert (data.licence, data.citation) == (
            described.data[data.dataset].licence,
            described.data[data.dataset].citation,
        )
    assert card.score.low <= card.score.mean <= card.score.high and card.score.folds >= 1
    assert card.weights.agreement >= 0.999
    assert sum(part.numel() for part in read_model(model.weights)[1].values()) == card.weights.parameters
    assert find_network(model.name).path == model.weights


def test_the_command_lists_what_the_cards_say(capsys):
    assert cli.main(["models"]) == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(MODELS)
    for line, model in zip(lines, MODELS, strict=True):
        card = read_card(model.folder)
        size = f"{card.pixel_size_um:g} µm" if card.pixel_size_um else "various"
        for part in (card.name, card.shows, card.score.text(), size):
            assert part in line
        assert cli.main(["models", model.name]) == 0
        assert capsys.readouterr().out == (model.folder / CARD_PAGE).read_text()


def test_they_are_small_enough():
    sizes = [model.weights.stat().st_size for model in MODELS]
    assert max(sizes) <= LARGEST_BYTES
    assert sum(sizes) <= LARGEST_TOTAL_BYTES


def test_an_installation_has_them():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for package, wanted in patterns.items():
        folder = ROOT / package.replace(".", "/")
        files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        data = [name for name in files if not name.endswith((".py", ".pyc"))]
        assert data and [name for name in data if not any(fnmatch.fnmatch(name, each) for each in wanted)] == []


def test_the_sample_is_what_its_command_draws_and_its_cells_are_found(tmp_path):
    draw_quickstart.draw_sample(tmp_path / "nuclei.tif")
    sample = draw_quickstart.FOLDER / draw_quickstart.SAMPLE
    assert (tmp_path / "nuclei.tif").read_bytes() == sample.read_bytes()
    given = ["predict", "demo-nuclei", sample, "-o", tmp_path / "out", "--overlay", "--device", "cpu", "-q"]
    assert cli.main([str(part) for part in given]) == 0
    labels = tifffile.imread(tmp_path / "out/nuclei_labels.tif")
    truth = next(draw_quickstart.fluorescence(2026, frames=1, height=256, width=256, histology_every=0))[1]
    both = np.count_nonzero((labels > 0) & (truth > 0))
    assert 2 * both / (np.count_nonzero(labels) + np.count_nonzero(truth)) > 0.8
    assert (tmp_path / "out/nuclei_overlay.png").stat().st_size > 1000
