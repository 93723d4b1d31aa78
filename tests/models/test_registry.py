"""What a name means: a shipped network, a file, both or neither."""

import json

import pytest
from builders.shipped import ship_a_network

from unetlib.io.files import sha256_of
from unetlib.models.card import read_card
from unetlib.models.registry import ModelNameError, find_network, named_model, shipped_models


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of two shipped networks; the working folder is another one."""
    for name in ("nuclei", "cells"):
        ship_a_network(tmp_path / "shipped", name)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "shipped"


def test_a_line_says_what_the_card_says(folder):
    assert [model.name for model in shipped_models(folder)] == ["cells", "nuclei"]
    for model in shipped_models(folder):
        card = read_card(model.folder)
        assert (model.shows, model.pixel_size_um, model.score) == (card.shows, card.pixel_size_um, card.score.text())
    assert named_model("nuclei", folder).weights.is_file()


def test_a_name_is_a_shipped_network(folder):
    found = find_network("nuclei", folder)
    assert found.path == folder / "nuclei/model.pt" and found.shipped and found.shipped.name == "nuclei"


@pytest.mark.parametrize("text", ["model.pt", "./nuclei", "a/nuclei", "results/x/model.pt", "Nuclei"])
def test_anything_else_is_a_file(folder, text):
    assert find_network(text, folder).shipped is None


def test_a_folder_of_the_name_does_not_matter(folder, tmp_path):
    (tmp_path / "work/nuclei").mkdir()
    assert find_network("nuclei", folder).shipped


def test_a_file_of_the_name_is_refused_with_both_meanings(folder, tmp_path):
    (tmp_path / "work/nuclei").write_bytes(b"weights")
    with pytest.raises(ModelNameError, match=r"a file here and a shipped network .*\./nuclei for the file"):
        find_network("nuclei", folder)
    assert find_network("./nuclei", folder).shipped is None


def test_a_file_without_suffix_that_has_no_shipped_name_is_a_file(folder, tmp_path):
    (tmp_path / "work/weights").write_bytes(b"weights")
    assert find_network("weights", folder).shipped is None


def test_a_name_that_is_neither_is_refused_with_the_names_there_are(folder):
    with pytest.raises(ModelNameError, match="no shipped network has this name; there are cells, nuclei"):
        find_network("nucle", folder)
    with pytest.raises(ModelNameError, match="there are none"):
        named_model("nuclei", folder / "nothing")


@pytest.mark.parametrize("name", ["model.pt", "prediction.json"])
def test_a_file_that_is_not_the_one_of_the_card_is_refused(folder, name):
    path = folder / "nuclei" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelNameError, match=r"is not the file that its card describes; install"):
        find_network("nuclei", folder)
    path.unlink()
    with pytest.raises(ModelNameError, match=r"is not the file that its card describes; install"):
        find_network("nuclei", folder)
    assert find_network("cells", folder).shipped


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', '{"name": "nuclei", "score": 3}'])
def test_a_damaged_card_is_named(folder, text):
    (folder / "nuclei/card.json").write_text(text)
    with pytest.raises(ModelNameError, match=r"card\.json: not the card of a shipped network"):
        shipped_models(folder)


def test_a_card_that_lacks_an_interval_shows_none(folder):
    path = folder / "nuclei/card.json"
    found = json.loads(path.read_text())
    found["score"] |= {"low": None, "high": None}
    path.write_text(json.dumps(found))
    model = named_model("nuclei", folder)
    assert model.score == read_card(model.folder).score.text() == "Dice 0.900"


def test_the_card_of_the_tests_describes_its_files(folder):
    card = read_card(folder / "nuclei")
    assert card.files == {name: sha256_of(folder / "nuclei" / name) for name in ("model.pt", "prediction.json")}
