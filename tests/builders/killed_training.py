"""Trains in forked processes that SIGKILL themselves, resumes, and compares bits; run by test_checkpoints.py.

The parent never starts a parallel region of torch: a fork of its threads would hang.
"""

import os
import signal
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from builders.toy_training import SETTINGS, bright_squares, dice, network, without_seconds

from unetlib.training.loop import train
from unetlib.training.losses import weighted_ce
from unetlib.training.objective import Objective, ValidationScores
from unetlib.training.optimisers import optimiser_of

VARIANTS = [
    {"optimiser": "sgd", "schedule": "cosine", "warmup_updates": 3},
    {"optimiser": "adam", "schedule": "plateau", "accumulation_steps": 2, "precision": "bfloat16"},
    {
        "optimiser": "adamw",
        "schedule": "plateau",
        "plateau_patience": 0,
        "select_by": "loss",
        "clip_norm": 0.1,
        "norm": "group",
    },
    {"schedule": "one_cycle", "select_by": "last", "minimum_learning_rate": 1e-4, "norm": "instance"},
]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def scores(model: torch.nn.Module) -> ValidationScores:
    found = dice(model)
    return ValidationScores(found, iou=found / (2 - found), loss=abs(found - 0.4))


def forked(*arguments: object, **how: int) -> int:
    """Calls `run` in a child and returns its wait status."""
    child = os.fork()
    if child == 0:
        try:
            run(*arguments, **how)
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return os.waitpid(child, 0)[1]


def run(folder: Path, variant: dict, kill_at: int = -1, kill_in_save: int = -1) -> None:
    """One attempt: trains from the folder's checkpoint; at the end writes weights and history."""
    saves, real_save = iter(range(100)), torch.save

    def save(state: object, stream: object) -> None:
        real_save(state, stream)
        if next(saves) == kill_in_save:
            stream.truncate(stream.tell() // 2)
            stream.flush()
            die()

    def batch_of(index: int) -> tuple:
        if index == kill_at:
            die()
        return bright_squares(index)

    torch.save = save
    how = {"patience": 9, "evaluate_every": 3, **variant}
    model = network(dropout=0.5, norm=how.pop("norm", "batch"))
    settings = SETTINGS.model_copy(update=how)
    where = {"device": "cpu", "checkpoint": folder / "checkpoint.pt"}
    result = train(model, Objective(batch_of, weighted_ce, scores), settings, seed=0, **where)
    state = {"model": model.state_dict(), "history": without_seconds(result.history), "best": result.best_update}
    real_save(state, folder / "result.pt")


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    optimiser_of(network().parameters(), SETTINGS)  # imports torch's compiler, once and not in every child
    kills = 0
    for number, variant in enumerate(VARIANTS):
        straight, broken = folder / f"straight{number}", folder / f"broken{number}"
        straight.mkdir()
        broken.mkdir()
        assert forked(straight, variant) == 0
        # at the first update; between two evaluations; while the next checkpoint is half-written
        for how in ({"kill_at": 0}, {"kill_at": 8}, {"kill_in_save": 1}):
            assert forked(broken, variant, **how) == signal.SIGKILL
            kills += 1
        assert len(list(broken.iterdir())) == 2, "a checkpoint and a half-written one"
        assert forked(broken, variant) == 0
        expected, got = (torch.load(where / "result.pt") for where in (straight, broken))
        assert got["history"] == expected["history"] and got["best"] == expected["best"]
        assert len(got["history"]) == 4 and "validation_iou" in got["history"][0]
        assert all(torch.equal(part, got["model"][name]) for name, part in expected["model"].items())
        assert sorted(path.name for path in broken.iterdir()) == ["checkpoint.pt", "result.pt"]
    print(f"ok: {kills} kills")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
