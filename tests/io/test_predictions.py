import numpy as np
import pytest

from unetlib.io.predictions import LEVELS, PredictionError, Predictions, save_predictions


def test_round_trip_within_half_a_level_and_exact_at_the_threshold(tmp_path):
    random = np.random.default_rng(0)
    images = {"d/a": random.random((31, 17), np.float32), "d/b": np.float32([[0, 0.4999, 0.5, 0.5001, 1]])}
    save_predictions(tmp_path / "p.npz", images)
    found = Predictions(tmp_path / "p.npz")
    assert sorted(found) == ["d/a", "d/b"] and len(found) == 2
    assert np.abs(found["d/a"] - images["d/a"]).max() <= 0.5 / LEVELS + 1e-6
    sure = np.abs(images["d/a"] - 0.5) > 0.5 / LEVELS
    assert np.array_equal((found["d/a"] >= 0.5)[sure], (images["d/a"] >= 0.5)[sure])
    assert (found["d/b"] >= 0.5).tolist() == [[False, False, True, True, True]]


def test_equal_input_equal_bytes(tmp_path):
    images = {"b": np.zeros((3, 3), np.float32), "a": np.ones((3, 3), np.float32)}
    save_predictions(tmp_path / "1.npz", images)
    save_predictions(tmp_path / "2.npz", dict(reversed(images.items())))
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


def test_a_missing_image_and_a_damaged_file_are_named(tmp_path):
    save_predictions(tmp_path / "p.npz", {"a": np.zeros((3, 3), np.float32)})
    with pytest.raises(PredictionError, match=r"p\.npz: no prediction of b"):
        Predictions(tmp_path / "p.npz")["b"]
    (tmp_path / "p.npz").write_bytes((tmp_path / "p.npz").read_bytes()[:40])
    with pytest.raises(PredictionError, match=r"p\.npz: not a file of predictions"):
        Predictions(tmp_path / "p.npz")
