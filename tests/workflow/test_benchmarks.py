"""benchmarks: the table, the clock and the correctness checks, on tiny sizes; never how fast anything is."""

import json
import mmap
import re
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from builders.contenders import counting, without_its_package

from benchmarks import (
    augmentation,
    gpu,
    inference,
    inputs,
    machine,
    metrics,
    prediction_seconds,
    scaling,
    summary,
    time_to_accuracy,
    training,
    weight_maps,
)
from benchmarks.instance_settings import COLUMNS, grid_of, ranked
from benchmarks.memory import EVERY_S, peak_mib
from benchmarks.subprocess_contender import SubprocessContender
from benchmarks.table import HEADER, Row, WrongAnswer, check, faster, markdown, skipped, write_results
from benchmarks.timing import Times, interleaved
from tools.marked_sections import replace_section
from unetlib.imaging.settings import InstanceSettings, SeedSettings
from unetlib.io.files import read_csv, write_csv

ROOT = Path(__file__).parents[2]


def test_contenders_take_turns_after_one_untimed_round() -> None:
    calls: list[str] = []
    work = {name: (lambda name=name: calls.append(name)) for name in "abc"}
    times = interleaved(work, repeats=3)
    assert "".join(calls) == "abc" + "abc" + "cba" + "abc"
    assert [len(times[name].seconds) for name in "abc"] == [3, 3, 3]


def test_a_ratio_states_its_pessimistic_quartiles() -> None:
    ours, theirs = Times((1.0, 2.0, 3.0)), Times((10.0, 20.0, 30.0))
    row = faster(("s", "c", "peer"), ours, theirs, aim="≥ 10", work=0.5)
    assert (row.value, row.n, row.holds) == (5.0, "3, 3", False)
    assert row.low == pytest.approx(0.5 * 15 / 2.5) and row.high == pytest.approx(0.5 * 25 / 1.5)


@pytest.mark.parametrize(
    ("aim", "holds"), [("≥ 2", True), ("≥ 2.1", False), ("≤ 2", True), ("≤ 1.9", False), ("", None)]
)
def test_an_aim_holds_or_not(aim: str, holds: bool | None) -> None:
    assert Row("s", "c", "a", 2.0, aim=aim).holds is holds
    assert skipped("s", "c", "a", "no such package").holds is None


def test_a_different_answer_stops_the_clock() -> None:
    assert check(1e-7, 1e-5, "error") == "error: ≤ 1.0e-07"
    for difference in (2e-5, float("nan")):
        with pytest.raises(WrongAnswer, match="error: differs by"):
            check(difference, 1e-5, "error")


def test_table_and_file_say_the_same(tmp_path: Path) -> None:
    rows = [Row("weights", "small", "naive", 312.4, low=300.0, high=320.5, n="7, 1", aim="≥ 300", ours_seconds=0.0581)]
    rows.append(skipped("training", "big", "MONAI", "No module named 'monai'"))
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown(rows).splitlines()]
    assert lines[0] == list(HEADER) and all(len(line) == len(HEADER) for line in lines)
    assert lines[2][:8] == ["weights: small", "naive", "312 ×", "7, 1", "300 to 320", "≥ 300", "yes", "0.0581"]
    assert lines[3][-1] == "not run: No module named 'monai'" and lines[3][2] == "–"
    write_results(tmp_path / "new/results.json", rows, {"threads": 2})
    written = json.loads((tmp_path / "new/results.json").read_text())
    assert written["machine"] == {"threads": 2}
    assert [row["holds"] for row in written["rows"]] == [True, None]
    assert written["rows"][0]["value"] == 312.4


def test_inputs_have_exactly_the_requested_number_of_cells() -> None:
    for case in (*weight_maps.FULL, *weight_maps.TINY):
        labels = inputs.cells(case.shape, case.count, case.radius_px)
        assert len(np.unique(labels)) == case.count + 1 and labels.shape == case.shape
        assert 0.03 < (labels > 0).mean() < 0.7
    np.testing.assert_array_equal(labels, inputs.cells(case.shape, case.count, case.radius_px))
    guess = inputs.guessed(labels)
    assert guess.any() and not np.array_equal(guess, labels)


def test_weights_are_checked_then_compared() -> None:
    naive, floor = weight_maps.rows(weight_maps.TINY, repeats=1)
    assert "largest error" in naive.checked and naive.value > 0 and floor.unit == "× the floor"


def test_a_wrong_weight_map_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = weight_maps.weight_map
    wrong = np.float32(1.001)
    monkeypatch.setattr(weight_maps, "weight_map", lambda labels, settings: honest(labels, settings) * wrong)
    with pytest.raises(WrongAnswer, match="largest error"):
        list(weight_maps.rows(weight_maps.TINY, repeats=1))


def test_all_scores_equal_the_peers() -> None:
    (row,) = metrics.rows(metrics.TINY, repeats=1)
    assert row.value > 0 and "largest difference" in row.checked


def test_our_resample_is_scipys_at_the_same_coordinates() -> None:
    _, triple = augmentation.scene(augmentation.TINY)
    assert "difference from SciPy" in augmentation.same_as_scipy(triple)
    bright = (triple[0] + 1, triple[1], triple[2])
    with pytest.raises(WrongAnswer, match="grey values"):
        augmentation.plausible(triple, bright, "bright")
    with pytest.raises(WrongAnswer, match="not moved"):
        augmentation.plausible(triple, triple, "lazy")
    with pytest.raises(WrongAnswer, match="mask holds"):
        augmentation.plausible(triple, (triple[0], triple[1] + 3, triple[2]), "painter")


def test_augmentation_compares_whoever_is_installed() -> None:
    rows = list(augmentation.rows(augmentation.TINY, repeats=1))
    assert {row.against for row in rows} == {"scipy", *augmentation.PEERS}
    assert next(row for row in rows if row.against == "scipy").value > 0


def test_our_updates_are_those_of_the_plain_loop() -> None:
    rows = list(training.rows(training.TINY, flops_per_s=1e12))
    assert rows[-1].against == "data loading"
    plain = next(row for row in rows if row.against == "plain fp32 loop")
    assert "loss of 3 fp32 updates" in plain.checked and plain.note.startswith("floor")
    flops = training.forward_flops(training.network(training.TINY[0]), training.batches(training.TINY[0])(0)[0])
    assert flops > 2e6


def test_inference_equals_tile_by_tile() -> None:
    rows = list(inference.rows(inference.TINY, repeats=1))
    assert rows and {row.case for row in rows} == {"72², 4 filters, unpadded"}
    found = next(row for row in rows if row.against.startswith("tile by tile"))
    assert "probability" in found.checked


def test_mapped_inference_writes_what_a_pass_in_memory_gives(tmp_path: Path) -> None:
    case = inference.TINY
    np.save(tmp_path / "image.npy", inference.image_of(case))
    inference.mapped(case, tmp_path)
    whole = inference.ours(case, inference.network(case), inference.normal(inference.image_of(case)), half=True)
    np.testing.assert_allclose(np.load(tmp_path / "ours.npy"), whole, atol=1e-6)


def test_peak_memory_sees_what_was_freed_again() -> None:
    def hold() -> None:  # pages straight from the system: an allocator may have some that earlier tests freed
        with mmap.mmap(-1, 128 * 2**20, flags=mmap.MAP_PRIVATE) as pages:
            for _ in range(128):
                pages.write(b"1" * 2**20)
            time.sleep(50 * EVERY_S)

    before = peak_mib(lambda: None)
    assert peak_mib(hold) > before + 100


def test_slopes_and_their_figure(tmp_path: Path) -> None:
    assert scaling.Growth("a", "pixels", (1, 10, 100), (3, 30, 300)).slope == pytest.approx(1)
    assert scaling.Growth("a", "pixels", (1, 10, 100), (3, 300, 30000)).slope == pytest.approx(2)
    rows = list(scaling.rows(tmp_path / "scaling.png", scaling.TINY))
    assert len(rows) == 7 and (tmp_path / "scaling.png").stat().st_size > 5000


def test_a_row_that_cannot_be_run_says_why(tmp_path: Path) -> None:
    (row,) = time_to_accuracy.rows(None)
    assert "where the EM archive is" in row.note and row.value is None
    (row,) = time_to_accuracy.rows(tmp_path / "absent.yaml")
    assert "absent.yaml is not there" in row.note
    if not gpu.torch.cuda.is_available():
        (row,) = gpu.rows()
        assert "no CUDA device" in row.note


def test_the_machine_is_described() -> None:
    found = machine.describe(2)
    assert found["versions"]["torch"] and found["cores"] >= 1
    assert all(value > 0 for value in machine.ceilings(side=64, megabytes=1, repeats=1).values())


def test_the_peers_lock_is_hashed_names_no_host_and_has_the_projects_versions() -> None:
    text = (ROOT / "benchmarks/peers.lock").read_text()
    assert "://" not in text
    lines = re.findall(r"^[A-Za-z0-9_.-]+==.*$", text, flags=re.M)
    assert lines and all(line.rstrip().endswith("\\") for line in lines), "a pin without a hash"
    pins, ours = (
        set(re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\]+)", source, flags=re.M))
        for source in (text, (ROOT / "requirements.lock").read_text())
    )
    shared = {name for name, _ in pins} & {name for name, _ in ours}
    assert {"torch", "snakemake", "scikit-image"} <= shared
    assert {pin for pin in pins if pin[0] in shared} <= ours
    wanted = [line for line in (ROOT / "benchmarks/peers.in").read_text().splitlines() if not line.startswith("#")]
    assert wanted and set(wanted) <= {name for name, _ in pins}


def test_the_table_has_measured_missed_and_absent_numbers() -> None:
    ratio = Row("weights", "dense", "naive", 312.4, n="7, 1", aim="≥ 300")
    floor = Row("weights", "dense", "floor: one EDT", 3.26, "× the floor", n="7, 7", aim="≤ 2")
    iou = Row("time to accuracy", "EM", "cabrera2026: 0.8952", 0.9021, "cell IoU", aim="≥ 0.895")
    given = (ratio, floor, iou, skipped("training", "big", "peer", "no peer"))
    rows = [asdict(row) | {"holds": row.holds} for row in given]
    hardware: dict[str, object] = {"processor": "a CPU", "cores": 2, "threads": 2, "python": "3.11"}
    hardware |= {"versions": {"torch": "2.15", "monai": None}, "bf16_flops_per_s": 3e11}
    hardware |= {"copy_bytes_per_s": 9e9, "seconds": 840}
    lines = summary.table({"machine": hardware, "rows": rows})
    assert "2 cores of a CPU (2 threads, Python 3.11, torch 2.15) took 14 minutes" in lines[0]
    assert "300 GFLOP/s" in lines[0] and "9.0 GB/s" in lines[0]
    measured = "312 times as fast as naive (n 7, 1); 3.26 times the time of one EDT (n 7, 7)"
    assert f"| weights: dense | {measured} | floor: one EDT: ≤ 2 × the floor |" in lines
    assert "| time to accuracy: EM | 0.902 cell IoU (cabrera2026: 0.8952) |  |" in lines
    assert lines[-1] == "Without a number: training, big (not run: no peer)."


def test_a_contender_in_its_own_process_works_fails_and_ends() -> None:
    with SubprocessContender(counting, 2, threads=1) as twice:
        assert twice.missing == ""
        twice()
        twice()
        with pytest.raises(RuntimeError, match="ValueError: called too often"):
            twice()
    with SubprocessContender(without_its_package, threads=1) as absent:
        assert "no_such_package" in absent.missing


def test_the_sentence_has_the_range_of_each_ratio() -> None:
    rows = [Row("metrics", "a", "py-ctcmetrics + scikit-image", value) for value in (2.0, 312.4)]
    rows += [Row("inference", "a", "MONAI, bf16", 2.5), Row("inference", "a", "MONAI, fp32", 9.0)]
    rows.append(skipped("training step", "a", "plain fp32 loop", "no time"))
    results = {"machine": {"cores": 2, "processor": "a CPU"}, "rows": [asdict(row) for row in rows]}
    said = summary.sentence(results)
    assert said.startswith("On 2 cores of a CPU, the scores of an image 2 to 312 times as fast as with py-ctcmetrics")
    assert said.endswith("prediction 2.5 times as fast as by MONAI's sliding windows in bfloat16.")
    assert "training" not in said and "9" not in said


def test_the_pages_have_the_numbers_of_the_committed_results() -> None:
    results = json.loads(summary.RESULTS.read_text())
    for path, lines in ((summary.PAGE, summary.table(results)), (summary.README, [summary.sentence(results)])):
        page = path.read_text()
        assert replace_section(page, summary.SECTION, summary.WRITER, lines) == page, path.name


def test_instance_settings_are_ranked_by_seg_and_map() -> None:
    truth = np.zeros((20, 20), np.uint16)
    truth[2:8, 2:8], truth[12:18, 12:18] = 1, 2
    unknown = np.zeros(truth.shape, bool)
    planes = np.where(truth > 0, 0.9, 0.45).astype(np.float32)
    planes[0, 0] = 0.9  # a speck
    grid = [InstanceSettings(threshold=t, min_area_px=area) for t in (0.4, 0.5) for area in (1, 10)]
    rows = ranked([(planes, truth, unknown)], grid)
    assert [(row["threshold"], row["min_area_px"]) for row in rows[:2]] == [(0.5, 10), (0.5, 1)]
    assert rows[0]["map"] == 1 and rows[-1]["map"] == 0 and rows[0]["frames"] == 1


def test_seeds_are_ranked_beside_watersheds(tmp_path) -> None:
    truth = np.zeros((10, 30), np.uint16)
    truth[1:9, 1:15], truth[1:9, 15:29] = 1, 2
    height = np.zeros(truth.shape, np.float32)
    height[4, 7] = height[4, 22] = 0.9  # the mask is a rectangle, the heights say that it is two cells
    planes = np.stack([(truth > 0).astype(np.float32), height])
    grid = grid_of([0.5], [0, 2], [1], [SeedSettings(depth=0.2, smoothing_px=0)])
    rows = ranked([(planes, truth, truth < 0)], grid)
    assert [(row["seed_depth"], row["watershed_depth_px"]) for row in rows] == [(0.2, 0), (None, 0), (None, 2)]
    assert rows[0]["map"] > rows[1]["map"]
    write_csv(tmp_path / "table.csv", rows, COLUMNS)


def test_prediction_seconds_of_other_experiments_stay_published(tmp_path) -> None:
    def row(experiment, seconds):
        return dict.fromkeys(prediction_seconds.COLUMNS, "0") | {"experiment": experiment, "wall_seconds": seconds}

    path = tmp_path / "prediction.csv"
    prediction_seconds.publish(path, [row("fast", "1"), row("tuned", "2")])
    prediction_seconds.publish(path, [row("tuned", "3"), row("unet-2015", "4")])
    found = [(row["experiment"], row["wall_seconds"]) for row in read_csv(path, prediction_seconds.COLUMNS)]
    assert found == [("fast", "1"), ("tuned", "3"), ("unet-2015", "4")]
