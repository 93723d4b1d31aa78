"""Train a tool and predict with it; a tool that fails leaves its reason, so that the rest of the study continues.

Only the standard library is imported, because this runs in the environment of the tool.
"""

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unetlib.datasets.split_files import USED, dataset_and_key_of, frames_with_role
from unetlib.io.files import FileError, atomic_folder, read_json, short_hash, write_json
from unetlib.io.replacement import temporary_sibling
from unetlib.study.external_tools import ExternalError, find_labels
from unetlib.study.runs import run_of
from unetlib.trained_tools import contract
from unetlib.trained_tools.contract import TEST_FOLDER, TRAINING_FOLDERS, Options, Words, variables
from unetlib.trained_tools.measured_process import PROCESSOR, WALL, Limits, Measured, run_measured
from unetlib.trained_tools.tool_folders import SCRIPT, ToolError, file_checksums, interpreter

OVER = 1.2  # times the budget, at which a training is stopped
WAITING = 10  # times the limit of processor seconds: the wall seconds after which a tool that waits is stopped
LEAST_WAIT_S = 900.0
GPU = Path("/dev/nvidia0")  # of the driver; the device auto is cuda where there is one
LINE = 240  # characters of a tool's last line that a reason repeats
ASK = (
    "import importlib.metadata as m, json, platform; "
    "print(json.dumps({'python': platform.python_version()} | {d.name.lower(): d.version for d in m.distributions()}))"
)


@dataclass(frozen=True)
class ToolRun:
    """One training of a tool, and how it runs. place: the folder of its results; folder: of its script.

    python: "" means that of its environment, which lies in the current folder (`tool_folders.environment_of`).
    """

    place: Path
    folder: Path
    budget_s: float
    predict_s: float
    threads: int
    device: str
    options: Options = field(default_factory=dict)
    pretrained: bool = False
    python: str = ""

    @property
    def words(self) -> Words:
        """What both of its commands are told."""
        return Words(self.seed, self.threads, self.device, self.options)

    @property
    def seed(self) -> int:
        """The seed, from the name of its results."""
        return run_of(self.place).seed

    @property
    def program(self) -> tuple[str, str]:
        """The tool's Python and its script; ToolError if it has no environment."""
        return self.python or interpreter(self.folder, Path()), str((self.folder / SCRIPT).absolute())

    def known(self) -> dict[str, object]:
        """Return the facts of the training that are known beforehand, as `facts.ToolFacts` names them."""
        of = run_of(self.place)
        found = {"experiment": of.experiment, "train_dataset": of.train_dataset, "fold": of.fold, "seed": of.seed}
        how = {"device": self.device, "threads": self.threads, "pretrained": self.pretrained}
        return found | how | {"budget_seconds": self.budget_s, "settings": {"options": dict(self.options)}}

    def limits(self, seconds: float) -> Limits:
        """Return the limits of a process that may take so many seconds: of the processor, or of the wall on a GPU."""
        if self.device != "cpu":
            return Limits(wall_seconds=seconds)
        return Limits(processor_seconds=seconds, wall_seconds=max(WAITING * seconds, LEAST_WAIT_S))


def tool_run(output: Path, folder: Path, python: str, settings: Mapping[str, object]) -> ToolRun:
    """Return the training whose results stand beside `output`. settings: the other fields of `ToolRun` by name."""
    chosen = dict(settings)
    if chosen["device"] == "auto":
        chosen["device"] = "cuda" if GPU.exists() else "cpu"
    return ToolRun(place=output.parent, folder=folder, python=python, **chosen)  # type: ignore[arg-type]


def roles_of(split: Path) -> dict[str, object]:
    """Return the frames of each role in a split, and its key, as `facts.ToolFacts` names them."""
    dataset, key = dataset_and_key_of(split)
    return {"roles": {dataset: {role: frames_with_role(split, role) for role in USED}}, "splits": {dataset: key}}


def dataset_of(index: Path) -> str:
    """Return the dataset of staged images from the path of their list, …/<dataset>/<split>/fold0/<part>/index.csv."""
    return index.parts[-5]


def train_tool(run: ToolRun, staged: Path, output: Path, facts: Mapping[str, object], *, failures: int) -> str:
    """Train a tool; write `output` (the facts of the training) and the folder `model` beside it; return "" or a reason.

    staged: the folder with the images (`contract.TRAINING_FOLDERS`). facts: what is known beforehand. failures: how
    often this training has failed before.
    """
    model, found, reason = output.parent / "model", dict(facts), ""
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        _check_staged(staged)
        program = run.program
        found |= {"versions": _versions(program[0]), "files": file_checksums(run.folder)}
        found["code"] = short_hash(found["files"])
        with temporary_sibling(model) as made:
            made.mkdir()
            words = contract.train_command(
                program, staged.absolute(), made.absolute(), seconds=run.budget_s, how=run.words
            )
            measured, last = _run(run, words, run.limits(OVER * run.budget_s), output.parent / "train.txt")
            found |= _costs(measured) | {"train_seconds": round(measured.wall_seconds, 2)}
            reason = _fault(run, "training", measured, last, f"{OVER} times its budget of {run.budget_s:g} seconds")
            found["told"] = _told(made)
            if not reason:
                shutil.rmtree(model, ignore_errors=True)
                made.rename(model)
    except ToolError as error:
        reason = str(error)
    if reason:
        shutil.rmtree(model, ignore_errors=True)
    write_json(output, found | {"failures": failures + bool(reason), "reason": reason})
    return reason


def predict_tool(run: ToolRun, training: Path, tests: Mapping[str, Path], output: Path, *, failures: int) -> str:
    """Predict the test images of `tests`; write `output` and a folder of label images per dataset beside it.

    training: the facts that `train_tool` wrote; tests: dataset → its staged images. `output` holds failures, and for
    each dataset its reason (or "") and its costs. Return the first reason, or "".
    """
    untrained = failure_of(training)
    found: dict[str, dict[str, object]] = {}
    for dataset, staged in tests.items():
        place = output.parent / "labels" / dataset
        reason = f"not trained: {untrained}" if untrained else ""
        found[dataset] = {}
        if not reason:
            reason, found[dataset] = _predict(run, training.parent / "model", staged, dataset, place)
        if reason:
            shutil.rmtree(place, ignore_errors=True)
        found[dataset]["reason"] = reason
    reasons = [str(each["reason"]) for each in found.values() if each["reason"]]
    write_json(output, {"failures": failures + bool(reasons and not untrained), "datasets": found})
    return reasons[0] if reasons else ""


def failure_of(training: Path) -> str:
    """Return why a tool could not be trained, given the facts of its training; "" if it was."""
    return str(read_json(training).get("reason", ""))


def failures_of(output: Path) -> int:
    """Return how often a training or a prediction has failed so far.

    The job takes this as a setting: a failure changes it, so that Snakemake runs the job again next time.
    """
    try:
        return int(read_json(output).get("failures", 0))
    except (OSError, FileError, TypeError, ValueError):
        return 0


def _predict(run: ToolRun, model: Path, staged: Path, dataset: str, place: Path) -> tuple[str, dict[str, object]]:
    images = staged / TEST_FOLDER
    frames = sorted(path.stem for path in images.glob("*.tif"))
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "labels")
        made.mkdir()
        try:
            words = contract.predict_command(run.program, model.absolute(), images.absolute(), made, how=run.words)
        except ToolError as error:
            return str(error), {}
        log = place.parent.parent / f"predict-{dataset}.txt"
        measured, last = _run(run, words, run.limits(run.predict_s), log)
        if reason := _fault(run, "prediction", measured, last, f"the {run.predict_s:g} that predict_s allows"):
            return reason, _costs(measured)
        try:
            labels = find_labels(made, "{frame}.tif", dataset=dataset, frames=frames, known=frames)
        except ExternalError as error:
            return str(error).replace(f"{made}/", ""), _costs(measured)
        with atomic_folder(place, r"[^/]+\.tif", "a label image of a tool") as staging:
            for frame, path in labels.items():
                shutil.copyfile(path, staging / f"{frame}.tif")
    return "", _costs(measured)


def _run(run: ToolRun, words: Sequence[str], limits: Limits, log: Path) -> tuple[Measured, str]:
    """Run one command of a tool in an empty folder; return what it used, and the last line of its output."""
    with tempfile.TemporaryDirectory() as folder:
        environment = variables(seed=run.seed, threads=run.threads, temporary=Path(folder))
        try:
            measured = run_measured(words, variables=environment, folder=Path(folder), log=log, limits=limits)
        except OSError as error:
            raise ToolError(f"{words[0]}: cannot be started ({error.strerror})") from error
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return measured, next((line.strip() for line in reversed(lines) if line.strip()), "")[:LINE]


def _fault(run: ToolRun, what: str, measured: Measured, last: str, limit: str) -> str:
    """Return why a command of a tool has failed, or "". limit: the seconds that it may take, in words."""
    processor, wall = (f"{seconds:.0f}" for seconds in (measured.processor_seconds, measured.wall_seconds))
    if measured.exceeded == WALL and run.device == "cpu":
        return f"{what} stopped after {wall} wall seconds, of which it computed for {processor}: it waits for something"
    if measured.exceeded:
        used = processor if measured.exceeded == PROCESSOR else wall
        return f"{what} stopped after {used} {measured.exceeded} seconds, more than {limit}"
    if measured.code:
        ended = f"by signal {-measured.code}" if measured.code < 0 else f"with code {measured.code}"
        return f"{what} ended {ended}" + (f": {last}" if last else "")
    return ""


def _costs(measured: Measured) -> dict[str, object]:
    return {
        "processor_seconds": round(measured.processor_seconds, 2),
        "wall_seconds": round(measured.wall_seconds, 2),
        "peak_memory_bytes": measured.peak_memory_bytes,
    }


def _check_staged(staged: Path) -> None:
    for name in TRAINING_FOLDERS:
        if not any((staged / name).glob("*.tif")):
            raise ToolError(f"{staged / name}: holds no image; prepare the split again")


def _versions(python: str) -> dict[str, str]:
    """Return the versions of Python and of all packages in a tool's environment."""
    done = subprocess.run([python, "-I", "-c", ASK], capture_output=True, text=True, check=False)
    with contextlib.suppress(ValueError):
        return dict(sorted(json.loads(done.stdout).items()))
    raise ToolError(f"{python}: cannot say which packages it has; make tools writes the environment anew")


def _told(model: Path) -> dict[str, object]:
    """Return what a tool says of its own training (facts.json in its model folder), or nothing."""
    with contextlib.suppress(OSError, FileError):
        return read_json(model / "facts.json")
    return {}
