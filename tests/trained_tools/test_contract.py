"""The two commands of a tool and its environment variables."""

from pathlib import Path

from unetlib.trained_tools.contract import Words, predict_command, train_command, variables

HOW = Words(3, 2, "cpu", {"first_pass": True, "rays": 32})
SHARED = ["--seed", "3", "--threads", "2", "--device", "cpu", "--first-pass", "true", "--rays", "32"]


def test_the_training_is_given_its_folders_and_its_budget() -> None:
    words = train_command(("python", "run.py"), Path("/s"), Path("/m"), seconds=780.0, how=HOW)
    folders = "--train-images /s/train/images --train-labels /s/train/labels --validation-images"
    folders += " /s/validation/images --validation-labels /s/validation/labels --model /m --seconds 780"
    assert words == ["python", "run.py", "train", *folders.split(), *SHARED]


def test_the_prediction_is_given_images_alone() -> None:
    words = predict_command(("python", "run.py"), Path("/m"), Path("/i"), Path("/o"), how=HOW)
    folders = ["--model", "/m", "--images", "/i", "--output", "/o"]
    assert words == ["python", "run.py", "predict", *folders, *SHARED]


def test_a_tool_does_not_find_our_packages(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", "/project")
    monkeypatch.setenv("HOME", "/home/me")
    found = variables(seed=5, threads=2, temporary=tmp_path)
    assert "PYTHONPATH" not in found and found["HOME"] == "/home/me"
    assert {found[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")} == {"2"}
    assert found["PYTHONHASHSEED"] == "5" and found["TMPDIR"] == str(tmp_path)
