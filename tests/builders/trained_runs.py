"""Networks of two seeds, trained as the script trains them."""

from unetlib.networks.settings import ComputeSettings
from unetlib.study.runs import Run
from unetlib.training.run import train_networks

COMPUTE = ComputeSettings(device="cpu", threads=1, predict_tile_px=32)


def models(folder):
    """The model files of two seeds, and their runs."""
    runs = [Run("reference", "cells", 0, seed) for seed in (0, 1)]
    return {folder / run.path / "model.pt": run for run in runs}


def trained(folder, data, settings, said=None):
    """Train both networks; return their model files. said: the list that takes what is told."""
    train_networks(models(folder), data, settings, COMPUTE, code="c0de", say=(said if said is not None else []).append)
    return list(models(folder))
