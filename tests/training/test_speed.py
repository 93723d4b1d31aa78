"""The speed of a training: its own updates, whatever its kind, by the processor's clock."""

import time

import pytest

from unetlib.networks.settings import ComputeSettings
from unetlib.training import speed
from unetlib.training.settings import RunSettings

SMALL = {"model": {"depth": 3, "base_filters": 4, "padding": "same"}, "batch": {"size": 2, "tile_px": 32}}
CPU = ComputeSettings(device="cpu", threads=1)


def test_it_counts_the_updates_of_a_second(monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(time, "process_time", lambda: next(ticks) / 4)
    assert speed.updates_per_second(RunSettings.read(SMALL), CPU) == 4


@pytest.mark.parametrize(
    "change", [{"target": {"kind": "distances"}}, {"training": {"select_by": "loss", "patience": 1}}]
)
def test_every_kind_of_training_can_be_timed(change):
    settings = RunSettings.read(SMALL | change)
    assert speed.updates_per_second(settings, CPU) > 0


def test_an_unpadded_network_can_be_timed():
    settings = RunSettings.read({"model": {"depth": 3, "base_filters": 4}, "batch": {"size": 1, "tile_px": 36}})
    assert speed.updates_per_second(settings, CPU) > 0
