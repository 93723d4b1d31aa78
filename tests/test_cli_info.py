"""`unetlib info`: what a model was trained on, how it predicts, and how it scores."""

import json

from builders.images import SETTINGS, brightness_network

from unetlib import cli
from unetlib.networks import description
from unetlib.networks.run_record import RunFacts, RunRecord
from unetlib.networks.trained_network import save_model


def run_folder(folder):
    """A run's model and facts at results/tiny/runs/reference/phase/fold0-seed0, and its scores."""
    run = folder / "results/tiny/runs/reference/phase/fold0-seed0"
    data = [{"dataset": "phase", "source": "phase.zip", "sha256": "ab" * 32, "options": {"pixel_size_um": 0.65}}]
    how = {"experiment": "reference", "train_dataset": "phase", "fold": 0, "seed": 0, "code": "c0de", "data": data}
    how["settings"] = SETTINGS
    save_model(run / "model.pt", brightness_network().state_dict(), RunRecord(**how))
    facts = RunFacts(
        **how,
        roles={"phase": {"train": ["a", "b"], "test": ["c"]}},
        best_validation_dice=0.8123,
        best_update=40,
        updates=50,
        device="cpu",
        train_seconds=12.3,
        versions={"torch": "2.11"},
    )
    (run / "facts.json").write_text(facts.model_dump_json())
    scores = folder / "results/tiny/scores/reference/phase/fold0-seed0.csv"
    scores.parent.mkdir(parents=True)
    scores.write_text("test_dataset,image,metric,value\nphase,c,iou,0.5\nphase,d,iou,0.7\nphase,c,seg,0.1\n")
    return run


def test_info_tells_what_the_run_was(tmp_path, capsys):
    run = run_folder(tmp_path)
    assert cli.main(["info", str(run / "model.pt")]) == 0
    text = capsys.readouterr().out
    for part in (
        "experiment reference, fold 0, seed 0",
        "phase, 0.65 µm per pixel, images: 2 train, 1 test, from phase.zip (sha256 abababababab…)",
        "base_filters 4, depth 3",
        "validation Dice 0.812 at update 40 of 50",
        "iou 0.600 on phase, mean of 2 images",
        "on cpu in 12 s, torch 2.11",
    ):
        assert part in text
    assert "seg" not in text  # pooled over objects, no mean of images


def test_info_tells_the_pixel_size_that_the_study_states_today(tmp_path, capsys):
    """It is learnt later, and nothing is trained anew: model.pt still holds the old one."""
    run = run_folder(tmp_path)
    settings = {"inference": {}, "instances": {}, "normalisation": "zscore", "pixel_size_um": 0.325}
    (run / "prediction.json").write_text(json.dumps(settings))
    assert cli.main(["info", str(run / "model.pt")]) == 0
    text = capsys.readouterr().out
    assert "phase, 0.325 µm per pixel" in text and "0.65" not in text


def test_info_of_a_model_alone_and_beside_the_facts_of_another(tmp_path):
    run = run_folder(tmp_path)
    facts = json.loads((run / "facts.json").read_text())
    (run / "facts.json").write_text(json.dumps({**facts, "seed": 1}))
    assert ("score", "not known: facts.json of this run does not stand beside the model") in description.describe(
        run / "model.pt"
    )
    (run / "facts.json").unlink()
    lines = dict(description.describe(run / "model.pt"))
    assert "not known" in lines["score"] and lines["run"] == "experiment reference, fold 0, seed 0"


def test_info_of_a_model_alone_knows_the_score_of_its_training(tmp_path):
    settings = {**SETTINGS, "inference": {"mode": "tile", "rotations": 8}}
    record = RunRecord(settings=settings, updates=50, best_update=40, best_validation_dice=0.8123)
    save_model(tmp_path / "model.pt", brightness_network().state_dict(), record)
    lines = dict(description.describe(tmp_path / "model.pt"))
    assert lines["score"] == "validation Dice 0.812 at update 40 of 50"
    assert lines["inference"] == "mode tile, test_time_augmentation 8" and "made" not in lines
