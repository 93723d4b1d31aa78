"""A league on somebody's own images: a file that names a folder is enough."""

from pathlib import Path

import pytest
import yaml

from unetlib.study.own_league import FAST_UPDATES, UPDATES_PER_SECOND, own_league, tool_folders
from unetlib.study.settings import StudyError

ROOT = Path(__file__).parents[2]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "my-cells.yaml"
    path.write_text(text)
    return path


def test_a_folder_is_enough(tmp_path: Path) -> None:
    found = own_league(written(tmp_path, "datasets: {mine: {folder: images}}"))
    assert found["study"] == {"name": "my-cells", "datasets": ["mine"], "experiments": ["tuned", "fast"]}
    assert found["datasets"]["mine"]["format"] == "pairs"
    assert found["experiments"] == {"tuned": {"datasets": ["mine"]}, "fast": {"datasets": ["mine"]}}
    assert "tool_budget_s" not in found


def test_what_the_file_states_is_left_to_it(tmp_path: Path) -> None:
    path = written(tmp_path, "datasets: {mine: {folder: images, min_area_px: 5}}")
    assert own_league(path, seconds=300.0)["experiments"]["tuned"]["training"]["updates"] == 2700
    assert "training" not in own_league(path, seconds=300.0)["experiments"]["fast"]
    short = own_league(path, seconds=30.0)["experiments"]  # less than `fast` takes
    assert short["fast"]["training"] == short["tuned"]["training"] == {"updates": 270, "evaluate_every": 19}
    found = own_league(path, tools=["stardist"], seconds=60.0, seeds=2)
    assert "min_area_px" not in found["datasets"]["mine"]
    assert (
        found["study"]["tools"] == ["stardist"] and found["study"]["seeds"] == [0, 1] and found["tool_budget_s"] == 60
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no settings"),
        ("datasets: {}", "names no images"),
        ("datasets: {a: 3}", "names no images"),
        ("a: [", "not readable as YAML"),
        ("study: {name: x}", "names no images"),
    ],
)
def test_a_file_without_images_is_one_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=words) as error:
        own_league(written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_the_folders_of_the_tools_are_found() -> None:
    assert tool_folders(ROOT, ["cellpose-mean-diameter", "cellpose"]) == ["cellpose"]
    assert set(tool_folders(ROOT)) == {"stardist", "cellpose", "nnunet", "fitted-watershed"}
    with pytest.raises(StudyError, match="did you mean 'stardist'"):
        tool_folders(ROOT, ["stardits"])


def test_the_experiments_are_those_of_the_league() -> None:
    league = yaml.safe_load((ROOT / "studies/league.yaml").read_text())
    assert {"tuned", "fast"} <= set(league["study"]["experiments"]) and league["training"]["updates"] == FAST_UPDATES
    assert league["experiments"]["tuned"]["training"]["updates"] == pytest.approx(
        UPDATES_PER_SECOND * league["tool_budget_s"], rel=0.01
    )
