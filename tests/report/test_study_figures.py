"""study_figures: which images, frames and tracks the figures of a study show."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders.config import changed, facts
from builders.figures import ABLATION, HISTORY, TRANSFER
from builders.tables import SIZE_COMPARISON, WATERFALL

from unetlib.evaluation.settings import ProtocolSteps
from unetlib.imaging.settings import InstanceSettings
from unetlib.networks.run_record import RunFacts
from unetlib.report import study_figures
from unetlib.report.track_figures import PATHS
from unetlib.training.cached_variants import Variants
from unetlib.training.settings import CacheSettings

CELL = np.pad(np.ones((6, 6), np.uint16), 3)
CHOSEN = changed(("study", "experiments"), ["reference", "train-1", "filters-8"])
CHOSEN["study"]["datasets"], CHOSEN["datasets"]["cells"] = ["cells"], CHOSEN["datasets"]["a"]
CHOSEN["experiments"] |= {"train-1": {"split": {"max_train": 1}}, "filters-8": {"model": {"base_filters": 8}}}
STUDY = facts(CHOSEN)  # filters-8 is the reference's network


def dataset(name: str = "cells", markers: bool = True) -> Any:
    return SimpleNamespace(
        folder=Path(name),
        image=lambda frame: np.arange(144.0).reshape(12, 12),
        truth=lambda frame: (CELL, CELL < 0),
        frame=lambda frame: SimpleNamespace(pixel_size_um=0.5),
        markers=lambda frame: CELL if markers or frame != "t1" else None,
    )


def run(values: list[float]) -> study_figures.ReferenceRun:
    frames = [f"{number}-{'x' * 20}" for number in range(len(values))]
    rows = [("cells", frame, "iou", value) for frame, value in zip(frames, values, strict=True)]
    rows += [("cells", frames[0], "dice", 0.99), ("elsewhere", frames[0], "iou", 0.99)]
    return study_figures.ReferenceRun(
        dataset=dataset(),
        predictions={f"cells/{frame}": CELL.astype(np.float32) for frame in frames},
        scores=pd.DataFrame(rows, columns=["test_dataset", "image", "metric", "value"]),
        settings=CacheSettings(),
        instances=InstanceSettings(),
        metric="iou",
    )


def test_the_best_the_median_and_the_worst_image_are_shown() -> None:
    shown = study_figures.examples(run([0.1, 0.9, np.nan, 0.5, 0.2, 0.7]))
    assert [example.note for example in shown] == ["best: IoU 0.900", "median: IoU 0.500", "worst: IoU 0.100"]
    assert [example.name[0] for example in shown] == ["1", "3", "0"] and len(shown[0].name) == 16
    assert (shown[0].prediction == CELL).all() and shown[0].pixel_size_um == 0.5


def test_experiments_with_the_networks_of_another_have_its_training_frames() -> None:
    trained = [
        RunFacts(experiment=name, train_dataset="cells", roles={"cells": {"train": ["a"] * count}})
        for name, count in (("reference", 9), ("train-1", 1), ("other", 5))
    ]
    counts = study_figures.frames_trained_on(STUDY, trained)
    assert counts == {("reference", "cells"): 9, ("train-1", "cells"): 1, ("filters-8", "cells"): 9}


def test_a_study_has_a_curve_for_what_it_varies() -> None:
    differences, always = ABLATION.iloc[:0].assign(value=0.0), ["learning-curves", "ablation", "transfer"]
    data = study_figures.ChartData(SIZE_COMPARISON, ABLATION, differences, TRANSFER, HISTORY, [])
    swept = STUDY.model_copy(update={"sweeps": {"network-size": {"reference": 16, "filters-8": 8}}})
    assert list(study_figures.charts(swept, data)) == [*always, "network-size"]
    assert list(study_figures.charts(STUDY.model_copy(update={"sweeps": {}}), data)) == always


def test_the_middle_frame_of_a_cache_is_shown_with_its_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(study_figures, "weight_map", lambda data, frame, settings: drawn.update(frame=frame))
    monkeypatch.setattr(study_figures.image_panels, "qualitative", lambda examples: None)
    monkeypatch.setattr(
        study_figures.image_panels, "augmentation_gallery", lambda first, more: drawn.update(first=first, more=more)
    )
    planes = np.arange(12)[:, None, None] * np.ones((1, 4, 4))
    cache = [Variants(name, planes + place, planes - place, planes) for place, name in enumerate("abcd")]
    made = study_figures.dataset_figures(run([0.1, 0.9]), cache)
    assert list(made) == ["examples-cells", "weight-map-cells", "augmentation-cells"]
    assert drawn["frame"] == "c" and len(drawn["more"]) == 7
    for place, (image, mask) in enumerate([drawn["first"], *drawn["more"]]):
        assert (image == place + 2).all() and (mask == place - 2).all()


def test_protocols_have_a_chart_with_the_published_value_of_their_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [{"flaw": "", "experiment": "theirs", "train_dataset": "cells", "reported": "test"}]
    known = {"document": "somebody2020", "test_dataset": "cells", "metric": "iou", "steps": steps}
    study = STUDY.model_copy(update={"sweeps": {}, "protocols": {"as-theirs": ProtocolSteps.read(known)}})
    columns = ["protocol", "our_metric", "value"]
    rows = [("as-theirs", "dice", 0.95), ("as-theirs", "iou", 0.9), ("as-theirs", "iou", 0.8), ("", "iou", 0.1)]
    claims = pd.DataFrame([*rows, ("as-theirs", "iou", np.nan)], columns=columns)
    assert study_figures.published_values(study, claims) == {"as-theirs": 0.9}
    assert study_figures.published_values(study, None) == {}
    differences = ABLATION.iloc[:0].assign(value=0.0)
    data = study_figures.ChartData(SIZE_COMPARISON, ABLATION, differences, TRANSFER, HISTORY, [], WATERFALL, claims)
    assert list(study_figures.charts(study, data))[-1] == "waterfall"


def test_learning_curves_leave_out_what_protocols_pass_through() -> None:
    steps = [
        {"flaw": flaw, "experiment": name, "train_dataset": "cells", "reported": "test"}
        for flaw, name in (("", "train-1"), ("x", "reference"))
    ]
    known = {"document": "somebody2020", "test_dataset": "cells", "metric": "iou", "steps": steps}
    update = {"protocols": {"p": ProtocolSteps.read(known)}, "set_apart": ["train-1"]}
    assert [*study_figures._in_curves(STUDY.model_copy(update=update))] == ["reference", "filters-8"]
    assert [*study_figures._in_curves(STUDY)] == [*STUDY.experiments]


@pytest.mark.parametrize("markers", [True, False])
def test_true_tracks_are_drawn_where_every_frame_has_markers(markers: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(study_figures, "tracks_over", lambda image, truth, found, **more: drawn.append(truth))
    monkeypatch.setattr(study_figures, "motion", lambda cells, tracks: None)
    monkeypatch.setattr(study_figures, "paths", lambda cells: cells)
    frames: Any = [SimpleNamespace(frame=f"t{time}", time=time, pixel_size_um=None) for time in (4, 5)]
    frames[0].frame, frames[1].frame = "t0", "t1"
    made = study_figures.sequence_figures(dataset(markers=markers), frames, pd.DataFrame(), pd.DataFrame())
    assert list(made) == ["tracks-cells", "motion-cells"]
    if not markers:
        assert drawn == [None]
    else:
        assert list(drawn[0].columns) == PATHS and drawn[0]["time"].tolist() == [4, 5]
