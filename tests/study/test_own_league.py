"""A league on somebody's own images: a file that names a folder is enough."""

from pathlib import Path

import pytest
import yaml

from unetlib.study.own_league import own_league, tool_folders, whole_study, with_length
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
    path = written(tmp_path, "datasets: {mine: {folder: images}}")

    def lengths(seconds: float, rate: float, path: Path = path) -> dict[str, int | None]:
        league = own_league(path, seconds=seconds)
        found = with_length(league, whole_study(ROOT, league, path), rate)["experiments"]
        return {name: entry.get("training", {}).get("updates") for name, entry in found.items()}

    assert lengths(780, 12) == {"tuned": 7020, "fast": None}
    assert lengths(780, 2.5) == {"tuned": 1462, "fast": None}, "the 600 updates of fast take less"
    assert lengths(30, 2.5) == {"tuned": 140, "fast": 140}
    longer = tmp_path / "longer.yaml"
    longer.write_text("datasets: {mine: {folder: images}}\ntraining: {updates: 3000}")
    assert lengths(780, 2.5, longer) == {"tuned": 1462, "fast": 1462}


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


def test_the_folders_of_the_tools_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, "datasets: {mine: {folder: images}}")

    def folders(path: Path = path, **stated: list[str]) -> list[str]:
        return tool_folders(whole_study(ROOT, own_league(path, **stated), path))

    assert folders(tools=["cellpose-mean-diameter", "cellpose"]) == ["cellpose"]
    assert set(folders()) == {"stardist", "cellpose", "nnunet", "monai", "fitted-watershed"}
    with pytest.raises(StudyError, match="--tools names 'stardits', which is not defined; did you mean 'stardist'"):
        folders(tools=["stardits"])
    own = tmp_path / "own.yaml"
    own.write_text("datasets: {mine: {folder: images}}\nstudy: {tools: [nnunet]}")
    assert folders(own) == ["nnunet"], "those of the person's own file"


def test_a_file_whose_name_no_folder_can_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "my cells.yaml"
    path.write_text("datasets: {mine: {folder: images}}")
    with pytest.raises(StudyError, match="has the name of this file"):
        own_league(path)


def test_a_dataset_may_be_a_number(tmp_path: Path) -> None:
    assert own_league(written(tmp_path, "datasets: {2024: {folder: images}}"))["study"]["datasets"] == ["2024"]


def test_the_experiments_are_those_of_the_league() -> None:
    league = yaml.safe_load((ROOT / "studies/league.yaml").read_text())
    assert {"tuned", "fast"} <= set(league["study"]["experiments"]) and league["training"]["updates"] == 600
