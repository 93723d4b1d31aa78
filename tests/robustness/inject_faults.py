"""Inject every known kind of fault into a study, go on with the same command, and compare every byte.

python tests/robustness/inject_faults.py [--study STUDY.yaml] [--experiments NAME ...] [--seed 0] [--kills 20]
    [--only NAME ...] [--write PAGE]

The study runs in few, large jobs (compute.pack_jobs). A run without faults is the reference: every table and every
network must be the same to the byte. A fault strikes at a random moment of the DAG (seeded by its name and --seed),
counted in finished jobs, so that it strikes in the same places on a slow machine. Recovery does only what messages tell
a user to do: the same command, `--unlock` where Snakemake asks for it, and the file removed that an error names.
"""

import argparse
import platform
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1]), str(HERE.parents[2])]

from driver import Stuck, StudyDriver, write_overlay  # noqa: E402
from faults import AFTERWARDS, WHILE_RUNNING, Fault, kills  # noqa: E402

from tools.marked_sections import keep_other_rows, write_section  # noqa: E402

SCRIPT = "tests/robustness/inject_faults.py"


@dataclass
class FaultResult:
    """The outcome of one fault. lost: tables and networks that are absent or differ from the reference, or why."""

    fault: str
    strikes: int
    unlocks: int = 0
    messages: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    compared: int = 0
    touches: int = 0


def reference_run(folder: Path, overlay: Path) -> tuple[StudyDriver, int]:
    """Run the study without faults; return its driver and its number of jobs."""
    study = StudyDriver(folder, overlay)
    if study.end(study.start()) != 0:
        raise SystemExit(f"the study failed without any fault:\n{study.text()[-4000:]}")
    return study, study.progress()[1]


def try_fault(
    name: str, fault: Fault, reference: StudyDriver, jobs: int, folder: Path, seed: int, finished: bool
) -> FaultResult:
    """Inject one fault into a study in a folder of its own and compare with the reference."""
    study = StudyDriver(folder, Path(reference.project.study))
    if finished:
        for part in ("results", "resources", "logs", ".snakemake"):
            shutil.copytree(reference.folder / part, folder / part)
    try:
        strikes = fault(study, jobs, random.Random(f"{seed} {name}"))
    except Stuck as error:
        return FaultResult(name, 1, study.unlocks, study.messages, [f"stuck: {error}"])
    expected, found = reference.state(), study.state()
    lost = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
    return FaultResult(name, strikes, study.unlocks, study.messages, lost, len(expected), study.touches)


def table(rows: list[FaultResult]) -> list[str]:
    """Return the lines of the Markdown table: one row per fault."""
    lines = ["| fault | strikes | recovery | compared | lost |", "|---|---:|---|---:|---|"]
    for row in rows:
        recovery = "same command" + f", `--unlock` {row.unlocks} ×" * (row.unlocks > 0)
        recovery += f", files dated in the future touched {row.touches} ×" * (row.touches > 0)
        message = next((line.strip() for line in row.messages if "Snakemake" not in line), "")
        recovery += f"; message: {short(message)}" * bool(message)
        lost = f"{len(row.lost)}: {short(row.lost[0])}" if row.lost else "nothing" if row.strikes else "not tried"
        lines.append(f"| {row.fault} | {row.strikes} | {recovery} | {row.compared} | {lost} |")
    return lines


def short(line: str) -> str:
    """Shorten a line to a table's cell: no bars, paths by their last part."""
    words = [word.rsplit("/", 1)[-1] if "/" in word else word for word in line.split()]
    return " ".join(words).replace("|", "/")[:140]


def provenance(given: argparse.Namespace, jobs: int) -> str:
    """Return the line above the table that names the command which made it."""
    command = f"python {SCRIPT} --seed {given.seed} --kills {given.kills}"
    command += f" --experiments {' '.join(given.experiments)}" * bool(given.experiments)
    return f"`{command}` (Python {platform.python_version()}): {jobs} jobs.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, default=HERE.parents[1] / "builders/tiny.yaml")
    parser.add_argument(
        "--experiments", nargs="+", default=[], metavar="NAME", help="of the study; all if none is named"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="faults whose name has one of these words"
    )
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table between the marks of this page")
    given = parser.parse_args()
    faults = {f"SIGKILL to all, {given.kills} times": (kills(given.kills), False)}
    faults |= {name: (fault, False) for name, fault in WHILE_RUNNING.items()}
    faults |= {name: (fault, True) for name, fault in AFTERWARDS.items()}
    rows, started = [], time.monotonic()
    with tempfile.TemporaryDirectory() as root:
        only = {"experiments": given.experiments} if given.experiments else {}
        overlay = write_overlay(given.study, Path(root, "study.yaml"), only, pack_jobs=True)
        reference, jobs = reference_run(Path(root, "reference"), overlay)
        print(f"without faults: {jobs} jobs, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        for number, (name, (fault, finished)) in enumerate(faults.items()):
            if given.only and not any(word in name for word in given.only):
                continue
            folder = Path(root, str(number))
            rows.append(try_fault(name, fault, reference, jobs, folder, given.seed, finished))
            print(table(rows)[-1], file=sys.stderr, flush=True)
            for line in rows[-1].lost:
                print(f"  lost: {line}", file=sys.stderr, flush=True)
            shutil.rmtree(folder)
            if given.write:  # after each, as it takes long; rows of other faults stay
                lines = keep_other_rows(
                    given.write.read_text(), "faults", SCRIPT, [provenance(given, jobs), *table(rows)]
                )
                write_section(given.write, "faults", SCRIPT, lines)
    print("\n".join(table(rows)))
    sys.exit(any(row.lost for row in rows))


if __name__ == "__main__":
    main()
