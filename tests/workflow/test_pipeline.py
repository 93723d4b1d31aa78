"""The whole study on a tiny overlay: complete, scored as the challenges do, repeatable to the byte."""

import json
import re
import shutil

import pytest
from builders.project import copy_project
from builders.tiny_study import OVERLAY, PREDICTED, PROTOCOL, TABLES, TRAINED, results, rows
from ctc_metrics import evaluate_sequence

pytestmark = pytest.mark.pipeline


def test_every_table_figure_and_the_report_are_there(finished):
    for name in (*TABLES, "tables/costs.csv", "tables/comparison.md", "figures/transfer.svg", "report.html"):
        assert results(finished, name).stat().st_size > 100, name
    for panel in ("examples", "weight-map", "augmentation"):
        for dataset in ("phase", "membranes"):
            assert results(finished, f"figures/{panel}-{dataset}.png").read_bytes().startswith(b"\x89PNG")
    page = results(finished, "report.html").read_text()
    links = re.findall(r"""\s(?:src|href|action|data)=["']([^"']*)|url\(([^)]+)\)|@import\s+(\S+)""", page)
    assert links and all("".join(link).lstrip("\"'").startswith(("data:", "#")) for link in links), "not self-contained"


def test_every_network_is_scored_on_every_test_set(finished):
    scores = rows(results(finished, "scores.csv"))
    runs = {(row["experiment"], row["train_dataset"]) for row in scores}
    assert runs == {("multi-dataset", "all"), ("otsu-watershed", "external")} | {
        (name, "phase") for name in PROTOCOL
    } | {(experiment, dataset) for experiment in TRAINED | PREDICTED for dataset in ("phase", "membranes")}
    for run in runs:
        tested = {r["test_dataset"] for r in scores if (r["experiment"], r["train_dataset"]) == run}
        assert tested == ({"phase"} if run[0] in PROTOCOL else {"phase", "membranes"})
    assert {row["status"] for row in rows(results(finished, "checks.csv"))} <= {"ok", "flagged"}


def test_another_tool_stands_beside_the_networks_with_the_challenges_scores(finished):
    scores = rows(results(finished, "scores.csv"))
    of = {
        (experiment, dataset): {
            row["metric"] for row in scores if (row["experiment"], row["test_dataset"]) == (experiment, dataset)
        }
        for experiment in ("reference", "otsu-watershed")
        for dataset in ("phase", "membranes")
    }
    for dataset in ("phase", "membranes"):
        assert of["otsu-watershed", dataset] == of["reference", dataset] - {"certainty"}, "a tool has no probability"
    assert {"seg_ctc", "det"} <= of["reference", "phase"] - of["reference", "membranes"]
    assert {"v_rand_thinned", "v_info_thinned"} <= of["reference", "membranes"] - of["reference", "phase"]
    table = rows(results(finished, "tables/comparison.csv"))
    shown = {(r["test_dataset"], r["train_dataset"], r["runs"]) for r in table if r["experiment"] == "otsu-watershed"}
    assert shown == {("phase", "external", "1"), ("membranes", "external", "1")}
    det = [float(r["mean"]) for r in table if (r["experiment"], r["metric"]) == ("otsu-watershed", "det")]
    assert len(det) == 1 and 0 < det[0] <= 1
    assert "otsu-watershed" in results(finished, "report.html").read_text()


def test_the_cells_of_the_whole_test_sequence_are_tracked_scored_and_measured(finished, tmp_path):
    """Of the one sequence there is, by the program of py-ctcmetrics from the prepared archive's own markers."""
    (row,) = rows(results(finished, "tables/tracking.csv"))
    (exact,) = rows(results(finished, "tracks/reference/phase/fold0-seed0.csv"))
    data = finished.path("resources/tiny/datasets/phase")
    folder = results(finished, "tracks/reference/phase/fold0-seed0")
    frames = [frame for frame in rows(data / "frames.csv") if frame["sequence"] == row["sequence"]]
    split = rows(next(finished.path("resources/tiny/splits/phase").glob("*/fold0.csv")))
    assert {r["frame"] for r in split if r["role"] == "test"} < {frame["frame"] for frame in frames}
    masks = sorted(folder.glob("mask*.tif"))
    assert len(masks) == len(frames) == int(row["frames"]) == 8
    (tmp_path / "GT/TRA").mkdir(parents=True)
    for frame in frames:
        name = f"man_track{int(frame['time']):03d}.tif"
        shutil.copy(data / "markers" / f"{frame['frame']}.tif", tmp_path / "GT/TRA" / name)
    truth = [r for r in rows(data / "tracks.csv") if r["sequence"] == row["sequence"]]
    lines = [" ".join(r[key] for key in ("label", "begin", "end", "parent")) + "\n" for r in truth]
    (tmp_path / "GT/TRA/man_track.txt").write_text("".join(lines))
    expected = evaluate_sequence(str(folder), str(tmp_path / "GT"), metrics=["Valid", "TRA", "DET", "LNK"], threads=1)
    assert expected["Valid"] == 1 and int(row["cells"]) > 0, "the network found nothing: choose another seed"
    for name in ("tra", "det", "lnk"):
        assert float(exact[name]) == pytest.approx(expected[name.upper()], abs=1e-12)
        assert float(row[name]) == pytest.approx(expected[name.upper()], abs=5e-7), "tables have six digits"
    cells, tracks = rows(results(finished, TABLES[-2])), rows(results(finished, TABLES[-1]))
    counted = [str(len(found)) for found in (cells, tracks, lines)]
    assert counted == [row[name] for name in ("cells", "tracks", "true_tracks")]
    assert {cell["track"] for cell in cells} == {track["track"] for track in tracks}
    assert sum(int(track["frames"]) for track in tracks) == len(cells)


def test_how_the_study_predicts_stands_beside_every_network(finished):
    runs = sorted(path.parent for path in results(finished, "runs").rglob("model.pt"))
    found = {run.relative_to(results(finished, "runs")).as_posix(): run / "prediction.json" for run in runs}
    assert len(found) == 2 * len(TRAINED) + 1 + 1, "the joint network, and the protocol's own"
    stated = json.loads(found["reference/phase/fold0-seed0"].read_text())
    assert stated["instances"] == {"threshold": 0.45, "min_area_px": 30, "watershed_depth_px": 0.0, "seeds": None}
    assert stated["inference"] == {"mode": "tile", "test_time_augmentation": 1} and stated["normalisation"] == "zscore"
    assert all(path.is_file() for path in found.values())


def test_a_run_states_the_facts_that_made_it(finished):
    facts = json.loads(results(finished, "runs/reference/phase/fold0-seed0/facts.json").read_text())
    assert facts["updates"] == 4 and facts["settings"]["model"]["base_filters"] == 2
    assert len(facts["data"][0]["sha256"]) == 64 and len(facts["code"]) == 16
    assert facts["roles"]["phase"]["train"] and facts["versions"]["torch"]
    left = {path.name for path in results(finished, "runs/reference/phase/fold0-seed0").iterdir()}
    assert left == {"model.pt", "history.csv", "facts.json", "prediction.json"}, (
        "a checkpoint or a temporary file was left behind"
    )


def test_only_other_weights_got_a_cache_of_their_own(finished):
    caches = list(finished.path("resources/tiny/caches/phase").glob("*/fold0/*"))
    by_split = sorted(len([path for path in caches if path.parts[-3] == key]) for key in {p.parts[-3] for p in caches})
    assert by_split == [1, 3], "reference and multi-dataset share one; the random split has its own"


def test_a_network_of_a_random_split_is_tested_by_its_own_split_and_elsewhere_by_the_studys(finished):
    scores = rows(results(finished, "scores.csv"))

    def tested(experiment, on):
        return {
            r["image"]
            for r in scores
            if (r["experiment"], r["train_dataset"], r["test_dataset"]) == (experiment, "phase", on)
        }

    assert tested("random-split", "phase") != tested("reference", "phase")
    assert tested("random-split", "membranes") == tested("reference", "membranes")
    facts = json.loads(results(finished, "runs/random-split/phase/fold0-seed0/facts.json").read_text())
    assert tested("random-split", "phase") <= set(facts["roles"]["phase"]["test"])  # max_test takes some of them
    sequences = {role: {name.split("-")[0] for name in facts["roles"]["phase"][role]} for role in ("train", "test")}
    assert sequences["train"] & sequences["test"], "this is what leaks"


def test_an_experiment_that_only_predicts_has_scores_of_its_own_and_no_network(finished):
    assert not results(finished, "runs/tta").exists()
    one, turned = (
        results(finished, f"scores/{name}/phase/fold0-seed0.csv").read_text().replace(name, "x")
        for name in ("reference", "tta")
    )
    assert one != turned
    costs = {row["experiment"] for row in rows(results(finished, "tables/costs.csv"))}
    assert costs == TRAINED | {"multi-dataset", PROTOCOL[0], "total"}


def test_cutting_by_watershed_changes_instances_where_the_dataset_says_how_deep(finished):
    scores = {
        (row["experiment"], row["test_dataset"], row["metric"], row["image"]): row["value"]
        for row in rows(results(finished, "scores.csv"))
        if row["train_dataset"] == "phase" and row["experiment"] in ("reference", "watershed")
    }
    plain = {key[1:]: value for key, value in scores.items() if key[0] == "reference"}
    changed = {key for key, value in plain.items() if scores["watershed", *key] != value}
    assert {dataset for dataset, *_ in changed} == {"phase"}, "membranes have no watershed_depth_px"
    assert not {"iou", "dice", "pixel_accuracy"} & {metric for _, metric, _ in changed}, "the mask is the same"


def test_the_same_study_from_nothing_in_packed_jobs_gives_the_same_bytes(finished, tmp_path):
    pictures = sorted(results(finished, "figures").glob("*"))
    assert len(pictures) == 24
    (tmp_path / "packed.yaml").write_text("compute: {pack_jobs: true}\n")
    again = copy_project(tmp_path / "again", str(OVERLAY))
    assert again.planned(str(tmp_path / "packed.yaml"))["augment_packed"] == 2, "one cache job per dataset and fold"
    done = again.snakemake(overlays=(str(tmp_path / "packed.yaml"),))
    assert done.returncode == 0, done.stdout[-4000:]
    for name in (*TABLES, *(f"figures/{picture.name}" for picture in pictures)):
        assert results(again, name).read_bytes() == results(finished, name).read_bytes(), f"{name} differs"


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("study: {datasets: [phase, membrane]}", "study.datasets names 'membrane', which is not defined"),
        ("study: {experiments: [reference, no-skips]}", "did you mean 'no-skip'?"),
        ("study: {folds: [0, 7]}", "fold 7, but phase has 2 folds"),
        ("trainig: {updates: 3}", "bad.yaml, line 1: trainig is not a known key; did you mean 'training'?"),
        ("training: {update: 3}", "training.update is not a known key; did you mean 'updates'?"),
        ("model: {skip: no}", "model.skip is False: input should be 'concatenate' or 'none'"),
        ("training: {updates: -3}", "training.updates is -3: input should be greater than or equal to 1"),
    ],
)
def test_a_study_that_cannot_run_is_refused_by_name(tmp_path, overlay, message):
    (tmp_path / "bad.yaml").write_text(overlay + "\n")
    project = copy_project(tmp_path / "project", str(OVERLAY))
    done = project.snakemake("--dry-run", overlays=(str(tmp_path / "bad.yaml"),))
    assert done.returncode != 0 and message in done.stdout, done.stdout[-2000:]
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) < 8 and sum(message in line for line in lines) == 1, "more than Snakemake's frame and one line"
    assert not project.path("results").exists() and not project.path("resources").exists()
