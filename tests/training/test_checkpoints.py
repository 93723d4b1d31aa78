"""A killed training goes on from its checkpoint and ends in the bits of one that was not killed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from builders.toy_training import bright_squares, network, same_bits, trained


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
