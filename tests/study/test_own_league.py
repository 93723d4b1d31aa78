"""A league on somebody's own images: a file that names a folder is enough."""

from pathlib import Path

import pytest
import yaml

from unetlib.study.own_league import FAST_UPDATES, own_league, tool_folders, whole_study, with_length
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
    found = own_league(path, tools=["stardist"], seconds=60.0, seeds=2)
    assert "min_area_px" not in found["datasets"]["mine"]
    assert (
        found["study"]["tools"] == ["stardist"] and found["study"]["seeds"] == [0, 1] and found["tool_budget_s"] == 60
    )


def test_our_trainings_are_as_long_as_the_machine_allows(tmp_path: Path) -> None:
    league = own_league(written(tmp_path, "datasets: {mine: {folder: images}}"), seconds=780.0)
    fast_machine, slow_machine, hurried = (
        with_length(league, seconds, rate)["experiments"] for seconds, rate in ((780, 12), (780, 2.5), (30, 2.5))
    )
    assert fast_machine["tuned"] == {"datasets": ["mine"], "training": {"updates": 7020, "evaluate_every": 501}}
    assert slow_machine["tuned"]["training"]["updates"] == 1462
    assert "training" not in slow_machine["fast"]  # 600 updates take less
    assert hurried["fast"]["training"] == hurried["tuned"]["training"] == {"updates": 140, "evaluate_every": 10}
    assert "training" not in league["experiments"]["tuned"]


def test_the_whole_study_has_what_the_file_states(tmp_path: Path) -> None:
    path = written(tmp_path, "datasets: {mine: {folder: images}}\ntool_budget_s: 90\nmodel: {base_filters: 8}")
    study = whole_study(ROOT, own_league(path, seconds=300.0), path)
    assert study.tool_budget_s == 90 and study.model.base_filters == 8 and study.study.datasets == ["mine"]
    path.write_text("datasets: {mine: {folder: images, tile_pix: 3}}")
    with pytest.raises(StudyError, match="tile_pix"):
        whole_study(ROOT, own_league(path), path)


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
