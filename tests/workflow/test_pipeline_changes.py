"""What a change reruns: all that depends on it, and nothing else; and what a killed training goes on from."""

import json
import re
import shutil
import threading
import time
from dataclasses import replace

import psutil
import pytest
from builders.code_reach import PACKAGES, SCRIPTS, file_to_edit, files_reached
from builders.tiny_study import PREDICTED, PROTOCOL, TRAINED, results

pytestmark = pytest.mark.pipeline
TRACKS = {"track", "measure_cells", "draw_tracks"}
AFTER_SCORES = {
    "check_results",
    "make_tables",
    "compare_claims",
    "score_pitfalls",
    "score_waterfall",
    "draw_charts",
    "draw_examples",
    "report",
    "check_external",
}
EDITS = {  # a file of unetlib or of the workflow: the rules that an edit reruns, as a person reads them off the rules
    "unetlib/training/losses.py": {"train", "predict", "score", "predict_sequence"} | TRACKS | AFTER_SCORES,
    "unetlib/evaluation/image_metrics.py": {"score", "score_external", "score_baselines", "draw_tracks"} | AFTER_SCORES,
    "unetlib/report/verdicts.py": {"compare_claims", "draw_charts", "report", "check_external"},
    "workflow/external_tools/otsu_watershed.py": {"run_external", "score_external"}
    | (AFTER_SCORES - {"draw_examples"}),
    "workflow/literature.csv": {"compare_claims", "draw_charts", "report", "check_external"},
}
OTHER_PACKAGES = [name for name in PACKAGES if not any(path.rpartition("/")[0] == name for path in EDITS)]
FURTHER = [file_to_edit(package) for package in OTHER_PACKAGES]
NAMED = "study: {name: tiny}\n"  # an overlay that replaces the results of a study says so
UNREACHED = [name for name in FURTHER if not any(name in files_reached(script) for script in SCRIPTS)]  # the command's


def test_the_same_command_again_does_nothing(finished):
    assert finished.planned() == {}


@pytest.mark.parametrize(
    ("name", "rule"), [("tables/comparison.csv", "make_tables"), ("figures/ablation.svg", "draw_charts")]
)
def test_what_was_deleted_is_made_again_though_the_report_stands(finished, tmp_path, name, rule):
    path = results(finished, name)
    try:
        path.rename(tmp_path / "away")
        assert rule in finished.planned()
    finally:
        (tmp_path / "away").rename(path)


def test_another_instance_method_scores_tracks_and_draws_anew_but_predicts_nothing(finished, tmp_path):
    (tmp_path / "cut.yaml").write_text(f"{NAMED}instance_method: watershed\n")
    jobs = finished.planned(str(tmp_path / "cut.yaml"))
    assert {"score", "track", "draw_examples"} <= set(jobs) and not {
        "train",
        "predict",
        "predict_sequence",
        "augment",
    } & set(jobs)
    assert jobs["score"] == 2 * len(TRAINED | PREDICTED - {"watershed"}) + 1 + len(PROTOCOL), (
        "all but the one that was cut already"
    )


def test_an_overlay_without_a_study_name_is_refused_before_anything_is_replaced(finished, tmp_path):
    (tmp_path / "cut.yaml").write_text("instance_method: watershed\n")
    done = finished.snakemake("--dry-run", overlays=(str(tmp_path / "cut.yaml"),))
    assert done.returncode != 0 and "cut.yaml states no study.name, and results/tiny was made without it" in done.stdout
    (tmp_path / "cut.yaml").write_text("compute: {device: auto}\n")
    assert finished.snakemake("--dry-run", overlays=(str(tmp_path / "cut.yaml"),)).returncode == 0


def test_another_number_of_test_frames_scores_anew_and_trains_nothing(finished, tmp_path):
    (tmp_path / "fewer.yaml").write_text(NAMED + "split: {max_test: 2}\n")
    jobs = finished.planned(str(tmp_path / "fewer.yaml"))
    assert {"split", "predict", "score"} <= set(jobs) and not {"train", "augment", "prepare"} & set(jobs)


def test_another_inference_writes_the_settings_anew_and_trains_nothing(finished, tmp_path):
    (tmp_path / "tta.yaml").write_text(NAMED + "inference: {test_time_augmentation: 4}\n")
    jobs = finished.planned(str(tmp_path / "tta.yaml"))
    assert {"predict", "write_prediction_settings"} <= set(jobs) and not {"train", "augment", "split"} & set(jobs)


def test_another_pixel_size_measures_and_draws_anew_but_trains_and_predicts_nothing(finished, tmp_path):
    """Tables of cells, scale bars and the scale that `unetlib predict` compares with are in micrometres."""
    (tmp_path / "size.yaml").write_text(NAMED + "datasets: {phase: {options: {pixel_size_um: 0.3}}}\n")
    project = replace(finished, folder=tmp_path / "copy")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    done = project.run("snakemake", "--cores", "1", "--configfile", project.study, str(tmp_path / "size.yaml"))
    assert done.returncode == 0, done.stdout[-2000:]
    ran = set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", done.stdout, re.M))
    assert {"prepare", "write_prediction_settings", "draw_examples", "report"} | TRACKS <= ran
    assert not {"split", "augment", "train", "predict", "score", "predict_sequence"} & ran
    settings = json.loads(results(project, "runs/reference/phase/fold0-seed0/prediction.json").read_text())
    assert settings["pixel_size_um"] == 0.3


@pytest.fixture(scope="module")
def consumers(finished):
    """Every rule of the study, and the rules that take its output."""
    done = finished.run("snakemake", "--rulegraph", "--configfile", finished.study)
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)"', done.stdout, re.M))
    found = {name: set() for name in names.values()}
    for giver, taker in re.findall(r"^\s*(\d+) -> (\d+)", done.stdout, re.M):
        found[names[giver]].add(names[taker])
    assert len(found) > 15 and found["train"] >= {"predict"}, done.stdout[-2000:]
    return found


def dependents(consumers, name):
    """The rules whose scripts reach this file of unetlib, and all that take their outputs, without `all`."""
    waiting = [rule for rule in consumers if rule != "all" and name in files_reached(f"{rule}.py", siblings=True)]
    found = set()
    while waiting:
        rule = waiting.pop()
        if rule not in found:
            found.add(rule)
            waiting += consumers[rule]
    return found - {"all"}


def test_the_rules_of_edits_are_also_those_of_the_graph(consumers):
    library = [name for name in EDITS if name.startswith("unetlib/")]
    assert len(library) > 2
    for name in library:
        assert dependents(consumers, name) == EDITS[name]


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_reruns_what_depends_on_it(finished, name):
    assert reruns(finished, {name: edited}) == EDITS[name]


@pytest.mark.parametrize("name", [name for name in FURTHER if name not in UNREACHED])
def test_an_edit_in_each_other_package_reruns_what_reaches_it(finished, consumers, name):
    assert reruns(finished, {name: edited}) == dependents(consumers, name) != set()


def edited(text):
    """Other code in a Python file; another number in a table."""
    return text.replace("0.9195", "0.9196") if "0.9195" in text else text + "\nEDITED = 1\n"


def reruns(project, edits):
    """The rules that would run after these edits, which are then undone."""
    before = {name: project.path(name).read_text() for name in edits}
    try:
        for name, edit in edits.items():
            assert edit(before[name]) != before[name]
            project.path(name).write_text(edit(before[name]))
        return set(project.planned())
    finally:
        for name, text in before.items():
            project.path(name).write_text(text)


def test_every_package_is_edited():
    assert {name.rpartition("/")[0] for name in [*EDITS, *FURTHER]} >= set(PACKAGES)
    assert len(PACKAGES) > 10 and 0 < len(UNREACHED) < 6


def test_other_words_and_code_that_no_rule_reaches_rerun_nothing(finished):
    def comment(text):
        return f"{text}\n# a comment\n"

    def docstring(text):
        return text.replace('"""', '"""Other words. ', 1)

    edits = {"unetlib/training/losses.py": comment, "workflow/scripts/make_tables.py": comment}
    edits |= {"unetlib/training/loop.py": docstring, "workflow/external_tools/otsu_watershed.py": docstring}
    edits |= dict.fromkeys(UNREACHED, edited)
    assert reruns(finished, edits) == set()


def test_touching_every_source_file_reruns_nothing(finished):
    for folder in ("unetlib", "workflow"):
        for path in finished.path(folder).rglob("*.*"):
            path.touch()
    finished.path("Snakefile").touch()
    finished.path("config.yaml").touch()
    assert finished.planned() == {}


def test_one_more_seed_trains_that_seed_alone(finished, tmp_path):
    (tmp_path / "more.yaml").write_text("study: {name: tiny, seeds: [0, 1]}\n")
    jobs = finished.planned(str(tmp_path / "more.yaml"))
    runs = 2 * len(TRAINED | PREDICTED) + 1 + len(PROTOCOL)  # on one dataset each, the joint one, and the protocol's
    per_run = {"predict": runs, "score": runs, "train": 2 * len(TRAINED) + 1 + 1}
    assert jobs == per_run | dict.fromkeys(
        AFTER_SCORES | TRACKS | {"predict_sequence", "write_prediction_settings"}, 1
    ) | {"draw_examples": 2}


def kill_training(folder, run):
    """Send SIGKILL to the training that runs in the folder, as soon as it has written a checkpoint."""
    for _ in range(1200):
        if list(run.glob("checkpoint-*.pt")):
            break
        time.sleep(0.05)
    for process in psutil.process_iter(["cwd", "cmdline"]):
        is_ours = process.info["cwd"] == str(folder) and "workflow/scripts/train.py" in (process.info["cmdline"] or [])
        if is_ours:
            process.kill()


def test_a_training_killed_by_the_system_goes_on_from_its_checkpoint_to_the_same_bytes(finished, tmp_path):
    project = replace(finished, folder=tmp_path / "copy")
    shutil.copytree(finished.folder, project.folder, symlinks=True)
    (tmp_path / "longer.yaml").write_text(NAMED + "training: {updates: 400, evaluate_every: 20}\n")
    model = results(project, "runs/reference/phase/fold0-seed0/model.pt")
    command = ["--cores", "1", "results/tiny/runs/reference/phase/fold0-seed0/model.pt", "--configfile"]
    command += [project.study, str(tmp_path / "longer.yaml")]
    done = project.run("snakemake", *command)
    assert done.returncode == 0, done.stdout[-2000:]
    expected = model.read_bytes()
    model.unlink()
    killer = threading.Thread(target=kill_training, args=(project.folder, model.parent))
    killer.start()
    done = project.run("snakemake", *command)
    killer.join()
    assert done.returncode != 0 and not model.exists(), "the training was not killed"
    assert list(model.parent.glob("checkpoint-*.pt")), "the checkpoint went with the killed job"
    done = project.run("snakemake", *command)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "resumed" in project.path("logs/tiny/train/reference/phase/fold0-seed0.log").read_text()
    assert model.read_bytes() == expected
