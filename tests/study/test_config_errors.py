"""An error in a study is one line: which file and line, which key, what was found, what to do."""

from pathlib import Path

import pytest
import yaml
from builders.config import ROOT, TINY, config_of

from unetlib.study.config_errors import read_study
from unetlib.study.experiments import merged
from unetlib.study.settings import StudyError


def fault(tmp_path: Path, *overlays: str) -> str:
    """What is said of the tiny study with these overlays laid over it."""
    files = [ROOT / "config.yaml", TINY]
    config = config_of(TINY)
    for number, text in enumerate(overlays):
        files.append(tmp_path / f"overlay{number}.yaml")
        files[-1].write_text(text)
        config = merged(config, yaml.safe_load(text))
    with pytest.raises(StudyError) as caught:
        read_study(config, files)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value).replace(f"{tmp_path}/", "").replace(f"{ROOT}/", "")


@pytest.mark.parametrize(
    ("overlay", "line"),
    [
        ("trainig: {updates: 5}", "overlay0.yaml, line 1: trainig is not a known key; did you mean 'training'?"),
        (
            "study: {name: x}\ntraining:\n  update: 5",
            "overlay0.yaml, line 3: training.update is not a known key; did you mean 'updates'?",
        ),
        (
            "experiments:\n  mine:\n    model: {dept: 3}",
            "overlay0.yaml, line 3: experiments.mine.model.dept is not a known key; did you mean 'depth'?",
        ),
        (
            "datasets:\n  phase:\n    primary_metrik: iou",
            "overlay0.yaml, line 3: datasets.phase.primary_metrik is not a known key; did you mean 'primary_metric'?",
        ),
        ("training: {updates: -3}", "line 1: training.updates is -3: input should be greater than or equal to 1"),
        ("model: {skip: no}", "line 1: model.skip is False: input should be 'concatenate' or 'none'"),
        ("weight_map: {sigma_px: .nan}", "line 1: weight_map.sigma_px is nan: input should be a finite number"),
        ("study:\n  folds: [0, x]", "line 2: study.folds.1 is 'x': input should be a valid integer"),
        ("datasets:\n  mine: {format: ctc}", "overlay0.yaml, line 2: datasets.mine.split is missing; set it"),
        ("study:\n  datasets: [phase, membrane]", "line 2: study.datasets names 'membrane', which is not defined; did"),
        ("study: {experiments: [reference, no-skips]}", "did you mean 'no-skip'?"),
        ("study: {folds: [0, 7]}", "line 1: study.folds asks for fold 7, but phase has 2 folds"),
        ("\nweights: {w0: 3}", "overlay0.yaml, line 2: weights is called weight_map now; rename it"),
        ("study: {reference: reference, experiments: [reference, leaky]}", "leaky is called random-split now"),
        ("training: {updates: 1}\n\ntraining: {updates: 2}", "line 3: the key 'training' is repeated in its section"),
        (
            "model: {depth: 3, depth: 4}",
            "overlay0.yaml, line 1: the key 'depth' is repeated in its section; remove one",
        ),
    ],
)
def test_a_fault_is_one_line(tmp_path: Path, overlay: str, line: str) -> None:
    assert line in fault(tmp_path, overlay)


def test_the_last_file_that_states_a_key_is_named(tmp_path: Path) -> None:
    bad, good = "training:\n  updates: 0", "threshold: 0.5"
    assert fault(tmp_path, bad, good).startswith("overlay0.yaml, line 2: training.updates is 0")
    assert fault(tmp_path, "training: {updates: 7}", bad).startswith("overlay1.yaml, line 2: ")
    assert fault(tmp_path, bad, "training: {updates: -1}").startswith("overlay1.yaml, line 1: training.updates is -1")


def test_a_value_of_the_command_line_has_no_file(tmp_path: Path) -> None:
    config = merged(config_of(TINY), {"trainig": 1})
    with pytest.raises(StudyError, match=r"^trainig is not a known key"):
        read_study(config, [ROOT / "config.yaml", TINY])


def test_a_good_study_is_resolved() -> None:
    config = merged(
        config_of(TINY), {"study": {"experiments": ["reference", "filters-8"]}, "model": {"base_filters": 8}}
    )
    found = read_study(config, [ROOT / "config.yaml", TINY])
    assert found.experiments["filters-8"].networks_of == "reference"
