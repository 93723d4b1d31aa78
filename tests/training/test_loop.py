"""Training on a toy problem: it learns, it stops, and a killed run ends in the bits of one that was not."""

import itertools
import math
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from builders.toy_training import SETTINGS, bright_squares, dice, network, without_seconds

from unetlib.training.loop import TrainingError, train
from unetlib.training.losses import weighted_ce
from unetlib.training.objective import Objective, ValidationScores


@pytest.fixture(autouse=True)
def threads_restored():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def scores_of(found):
    """Scores, or a Dice alone."""
    return found if isinstance(found, ValidationScores) else ValidationScores(found)


def trained(
    model, *, batch_of=bright_squares, validate=dice, loss=weighted_ce, seed=0, checkpoint=None, report=None, **changes
):
    settings = SETTINGS.model_copy(update=changes)
    objective = Objective(batch_of, loss, lambda model: scores_of(validate(model)))
    return train(model, objective, settings, seed=seed, device="cpu", checkpoint=checkpoint, report=report)


def same_bits(first, second):
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_learns_the_toy_problem(precision):
    result = trained(network(), updates=80, evaluate_every=20, precision=precision)
    losses = [row["loss"] for row in result.history]
    assert losses[-1] < 0.5 * losses[0] and result.best_dice > 0.9
    assert [row["update"] for row in result.history] == [20, 40, 60, 80] and result.updates == 80
    seconds = [0.0, *(row["seconds"] for row in result.history)]
    assert all(earlier < later for earlier, later in itertools.pairwise(seconds))
    assert result.seconds >= seconds[-1] and not result.stopped_early


@pytest.mark.parametrize("optimiser", ["sgd", "nesterov", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau", "one_cycle"])
def test_every_optimiser_and_schedule_lowers_the_loss(optimiser, schedule):
    rate = 0.01 if optimiser.startswith("adam") else 0.05
    how = {"optimiser": optimiser, "schedule": schedule, "learning_rate": rate, "weight_decay": 1e-4, "clip_norm": 1.0}
    result = trained(network(), **how, updates=24, warmup_updates=4)
    assert result.history[-1]["loss"] < result.history[0]["loss"]
    rates = [row["learning_rate"] for row in result.history]
    assert (rates[-1] < 0.1 * rate) if schedule in ("cosine", "one_cycle") else (rates[0] == rate)


def test_plateau_halves_what_the_updates_use():
    still = trained(network(), schedule="plateau", updates=10, evaluate_every=1, validate=lambda _: 0.5)
    assert [row["learning_rate"] / 0.05 for row in still.history] == [1] * 5 + [0.5] * 4 + [0.25]


def test_accumulated_gradients_equal_the_larger_batch():
    """In float64, where rounding cannot hide a wrong factor."""

    def one(index):
        images, target, weight = bright_squares(index)
        return images.double(), target, weight

    def both(index):
        return tuple(torch.cat(parts) for parts in zip(one(2 * index), one(2 * index + 1), strict=True))

    how = {"loss": lambda logits, target, _: torch.nn.functional.cross_entropy(logits, target)}
    how |= {"validate": lambda _: 0.5, "optimiser": "adam", "learning_rate": 0.01}
    apart, together, single = (network().double() for _ in range(3))
    first = trained(apart, accumulation_steps=2, batch_of=one, **how)
    second = trained(together, batch_of=both, **how)
    trained(single, batch_of=one, **how)
    for ours, theirs, other in zip(*(model.parameters() for model in (apart, together, single)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
        assert (ours - other).abs().max() > 1e-6
    assert [row["loss"] for row in first.history] == pytest.approx([row["loss"] for row in second.history])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("norm", ["batch", "group", "instance"])
def test_same_seed_same_bits_other_seed_other_dropout(threads, norm):
    torch.set_num_threads(threads)
    models = [network(dropout=0.5, norm=norm) for _ in range(3)]
    how = {"precision": "bfloat16", "updates": 3, "evaluate_every": 3}
    results = [trained(model, seed=seed, **how) for model, seed in zip(models, (1, 1, 2), strict=True)]
    assert same_bits(models[0], models[1]) and not same_bits(models[0], models[2])
    histories = [without_seconds(result.history) for result in results]
    assert histories[0] == histories[1] != histories[2]


def test_the_callers_random_numbers_are_left_alone():
    model = network(dropout=0.5)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trained(model)
    assert torch.equal(torch.rand(3), expected)


def scripted(*dices):
    """A validation that returns these values in turn and remembers the weights it saw."""
    seen = []

    def validate(model):
        assert not model.training and not torch.is_grad_enabled()
        seen.append({name: part.clone() for name, part in model.state_dict().items()})
        return dices[len(seen) - 1]

    return validate, seen


@pytest.mark.parametrize(
    ("patience", "stops_at"),
    [(0, 6), (1, 3), (2, 4), (3, 6)],  # 0.6 at the fifth evaluation comes too late for a patience of 2
)
def test_early_stopping_restores_the_best_weights(patience, stops_at):
    dices = (0.2, 0.5, 0.5, 0.4, 0.6, 0.1)
    validate, seen = scripted(*dices)
    model = network(norm="batch")
    result = trained(model, validate=validate, patience=patience, updates=6, evaluate_every=1)
    assert len(seen) == result.updates == stops_at and result.stopped_early == (stops_at < 6)
    best = dices[:stops_at].index(max(dices[:stops_at]))
    assert (result.best_update, result.best_dice) == (best + 1, dices[best])
    assert all(torch.equal(part, seen[best][name]) for name, part in model.state_dict().items())


def losses_of(*losses):
    """A validation whose Dice falls whatever the loss does."""
    rows = iter([ValidationScores(1 - number / 10, loss=loss) for number, loss in enumerate(losses)])
    return lambda _: next(rows)


@pytest.mark.parametrize(("patience", "stops_at"), [(0, 6), (1, 3), (2, 4), (3, 6)])
def test_selection_by_the_loss(patience, stops_at):
    losses = (0.9, 0.5, 0.5, 0.6, 0.3, 0.7)
    how = {"patience": patience, "updates": 6, "evaluate_every": 1, "select_by": "loss"}
    result = trained(network(), validate=losses_of(*losses), **how)
    best = losses[:stops_at].index(min(losses[:stops_at]))
    assert (result.updates, result.best_update, result.best_dice) == (stops_at, best + 1, 1 - best / 10)
    assert [row["validation_loss"] for row in result.history] == list(losses[:stops_at])


def test_the_plateau_follows_what_selects():
    how = {"schedule": "plateau", "plateau_patience": 0, "plateau_factor": 0.1, "updates": 4, "evaluate_every": 1}
    for select_by, shares in (("loss", [1, 1, 1, 1]), ("dice", [1, 1, 0.1, 0.01])):
        result = trained(network(), validate=losses_of(4, 3, 2, 1), select_by=select_by, **how)
        assert [row["learning_rate"] / 0.05 for row in result.history] == pytest.approx(shares)


def test_the_last_network_can_be_kept():
    validate, seen = scripted(0.9, 0.5, 0.4)
    model = network(norm="batch")
    result = trained(model, validate=validate, select_by="last", patience=1, updates=3, evaluate_every=1)
    assert (result.updates, result.best_update, result.best_dice, result.stopped_early) == (3, 3, 0.4, False)
    assert all(torch.equal(part, seen[2][name]) for name, part in model.state_dict().items())


def test_scores_beside_the_dice_are_recorded_where_there_are_any():
    both = trained(network(), validate=lambda _: ValidationScores(0.5, iou=0.4), updates=4)
    assert both.history[0]["validation_iou"] == both.best_iou == 0.4 and "validation_loss" not in both.history[0]
    assert trained(network(), updates=4).best_iou is None


@pytest.mark.parametrize("name", ["iou", "loss"])
def test_a_score_that_is_not_finite_is_named(name):
    scores = ValidationScores(0.5, **{name: math.inf})
    with pytest.raises(TrainingError, match=f"validation {'IoU' if name == 'iou' else name} is inf at update 4"):
        trained(network(), validate=lambda _: scores)


def test_the_last_update_is_always_evaluated():
    result = trained(network(), updates=10, evaluate_every=4)
    assert [row["update"] for row in result.history] == [4, 8, 10]
    mean = [trained(network(), updates=10, evaluate_every=1).history[i]["loss"] for i in (8, 9)]
    assert result.history[-1]["loss"] == pytest.approx(sum(mean) / 2)


@pytest.mark.parametrize("poison", [math.nan, math.inf])
@pytest.mark.parametrize("at", [1, 6])
def test_a_loss_that_is_not_finite_names_its_update(poison, at, tmp_path):
    def batch_of(index):
        images, target, weight = bright_squares(index)
        return images, target, weight * poison if index + 1 == at else weight

    with pytest.raises(TrainingError, match=f"the loss is {poison} at update {at}; lower learning_rate"):
        trained(network(), batch_of=batch_of, checkpoint=tmp_path / "checkpoint.pt")
    left = tmp_path / "checkpoint.pt"
    assert not left.exists() or torch.load(left)["training"]["updates"] < at


def test_other_errors_are_one_clear_line():
    with pytest.raises(TrainingError, match="validation Dice is nan at update 4"):
        trained(network(), validate=lambda _: math.nan)
    with pytest.raises(TrainingError, match=r"the network gives 4×4 px but the target has 16×16"):
        trained(
            network(padding="valid", depth=3, base_filters=1),
            batch_of=lambda i: (torch.zeros(1, 1, 44, 44), *bright_squares(i)[1:]),
        )


def resumable(path, model, stop_at=None, **changes):
    """Trains with a checkpoint; `stop_at`: an exception at that batch."""

    def batch_of(index):
        if index == stop_at:
            raise InterruptedError
        return bright_squares(index)

    heard = []
    result = trained(model, batch_of=batch_of, checkpoint=path, report=heard.append, **changes)
    return result, heard


def test_a_finished_training_is_returned_from_its_checkpoint(tmp_path):
    model, again = network(), network()
    first, _ = resumable(tmp_path / "c.pt", model)
    second, heard = resumable(tmp_path / "c.pt", again, stop_at=0)  # not one batch is asked for
    assert same_bits(model, again) and second == first and heard == [{"resumed": 12}]


def test_seconds_add_up_over_an_interruption(tmp_path, monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr("unetlib.training.loop.time.perf_counter", lambda: float(next(clock)))
    with pytest.raises(InterruptedError):
        resumable(tmp_path / "c.pt", network(), stop_at=7)
    saved = torch.load(tmp_path / "c.pt")["training"]["seconds"]
    for _ in range(1000):
        next(clock)  # the job waits in the queue
    result, _ = resumable(tmp_path / "c.pt", network())
    assert saved > 0 and saved < result.history[1]["seconds"] < result.seconds < 500


def flip_a_weight(path):
    """Another exponent in the middle of the largest tensor, where torch itself does not look at checksums."""
    with zipfile.ZipFile(path) as file:
        largest = max(file.infolist(), key=lambda member: member.file_size * ("/data/" in member.filename))
        contents = file.read(largest)
    data = bytearray(path.read_bytes())
    data[data.index(contents) + 4 * (len(contents) // 8) + 3] ^= 0x40
    path.write_bytes(data)
    torch.load(path, weights_only=True)


DAMAGES = {
    "a flipped bit": flip_a_weight,
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "not a checkpoint": lambda path: path.write_text("hello"),
    "another file of torch": lambda path: torch.save({"model": {}}, path),
    "another network": lambda path: resumable(path, network(base_filters=8)),
    "another seed": lambda path: resumable(path, network(), seed=7),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unusable_checkpoint_is_reported_and_training_starts_from_zero(damage, tmp_path):
    path, expected, model = tmp_path / "c.pt", network(dropout=0.5), network(dropout=0.5)
    trained(expected)
    with pytest.raises(InterruptedError):
        resumable(path, network(dropout=0.5), stop_at=7)
    if damage.startswith("another n") or damage.startswith("another s"):
        path.unlink()
    DAMAGES[damage](path)
    result, heard = resumable(path, model)
    assert same_bits(model, expected) and result.history[0]["update"] == 4
    (warning,) = (line["warning"] for line in heard if "warning" in line)
    assert warning.startswith(f"{path}: checkpoint not usable (") and "\n" not in warning
    assert warning.endswith("training starts from zero")
    assert damage != "another seed" or "made with seed 7, now 0" in warning


def test_leftovers_of_a_killed_writer_are_removed(tmp_path):
    (tmp_path / ".tmp-0123abcd-c.pt").write_bytes(b"half")
    (tmp_path / ".tmp-0123abcd-other.pt").write_bytes(b"of somebody else")
    resumable(tmp_path / "c.pt", network())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-0123abcd-other.pt", "c.pt"]


KILLED = Path(__file__).parents[1] / "builders/killed_training.py"


def test_a_run_killed_anywhere_ends_in_the_same_bits(tmp_path):
    """One process forks the runs, so that torch is imported once; see killed_training.py."""
    done = subprocess.run([sys.executable, KILLED, tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["ok: 12 kills"]
