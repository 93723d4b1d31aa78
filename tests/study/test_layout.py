"""Where files stand: every path of a run leads back to it, no two are the same, wildcards stay wildcards."""

from pathlib import PurePath

from unetlib.study import layout
from unetlib.study.layout import RUN, Layout
from unetlib.study.runs import Run, run_of

LAYOUT = Layout("s")
OF_A_RUN = ("model", "history", "run_facts", "prediction_settings", "predictions", "scores", "sequence_predictions")
OF_A_RUN += ("track_scores", "track_lines", "tracks", "measurements")


def test_no_two_files_of_a_run_share_a_path_and_all_lead_back_to_it():
    run = Run("no-skip", "a", 1, 2)
    found = {name: getattr(LAYOUT, name)(run.path) for name in OF_A_RUN}
    assert len(set(found.values())) == len(found)
    for path in map(PurePath, found.values()):
        assert run_of(path.parent if path.parent.name.startswith("fold") else path) == run


def test_names_that_others_rely_on():
    assert LAYOUT.model("reference/a/fold0-seed1") == "results/s/runs/reference/a/fold0-seed1/model.pt"
    assert (LAYOUT.all_scores, LAYOUT.report) == ("results/s/scores.csv", "results/s/report.html")
    assert LAYOUT.table("costs", "md") == "results/s/tables/costs.md"
    assert LAYOUT.figure("ablation", "png") == "results/s/figures/ablation.png"
    assert LAYOUT.split("a", "0a1b2c3d", 3) == "resources/s/splits/a/0a1b2c3d/fold3.csv"
    assert layout.archive("unpinned", "a.zip") == "resources/archives/unpinned/a.zip"


def test_wildcards_stay_wildcards():
    assert LAYOUT.scores(RUN) == "results/s/scores/{experiment}/{train_dataset}/fold{fold}-seed{seed}.csv"
    assert LAYOUT.log("train", RUN) == "logs/s/train/{experiment}/{train_dataset}/fold{fold}-seed{seed}.log"
    assert (LAYOUT.log("report"), LAYOUT.benchmark("report")) == (
        "logs/s/report.log",
        "results/s/benchmarks/report.tsv",
    )
