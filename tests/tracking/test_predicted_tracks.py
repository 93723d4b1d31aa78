"""A predicted sequence is tracked as its label images would be, and every tracked cell is measured."""

import numpy as np
import pytest
from builders.images import moving_discs

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.imaging.settings import InstanceSettings
from unetlib.io.predictions import save_predictions
from unetlib.tracking.predicted_tracks import track_predictions
from unetlib.tracking.sequences import masks_in, sequence_frames
from unetlib.tracking.settings import SequenceSettings
from unetlib.tracking.tracked_cells import MEASURED_COLUMNS, measure_tracked

pytest.importorskip("laptrack", reason="laptrack is not installed")


def test_cells_are_tracked_within_the_field_of_interest_and_measured(tmp_path):
    labels, _ = moving_discs()
    random, samples = np.random.default_rng(0), []
    for time, plane in enumerate(labels):
        image = (40 + 100 * (plane > 0) + random.normal(0, 3, plane.shape)).astype(np.uint8)
        where = {"sequence": "01", "time": time, "group": "01", "modality": "m", "image": image, "pixel_size_um": 0.5}
        samples.append(Sample(f"t{time}", labels=plane.astype(np.uint16), **where))
    write_dataset(tmp_path / "d", samples)
    dataset = Dataset(tmp_path / "d")
    frames = sequence_frames(dataset.frames, ["t1"])
    assert len(frames) == len(labels)
    save_predictions(tmp_path / "p.npz", {f"t{t}": (plane > 0).astype(np.float32) for t, plane in enumerate(labels)})
    cells = {}
    for border in (0, 30):
        settings = InstanceSettings(), SequenceSettings(frame_interval_min=5, field_of_interest_px=border)
        found = track_predictions(dataset, frames, tmp_path / "p.npz", tmp_path / f"out{border}", settings)
        assert found["frames"] == len(labels) and found["max_distance_px"] > 0
        rows = list(measure_tracked(dataset, frames, tmp_path / f"out{border}"))
        assert set(rows[0]) == set(MEASURED_COLUMNS) and len(rows) == found["cells"]
        cells[border] = len(rows)
    assert cells[30] < cells[0] == sum(len(np.unique(plane)) - 1 for plane in labels)
    assert len(masks_in(tmp_path / "out0")) == len(labels)
