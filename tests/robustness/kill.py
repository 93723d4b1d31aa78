"""Disturb a study in every way that is known to happen, go on with the same command, and compare every byte.

python tests/robustness/kill.py [--study STUDY.yaml] [--experiments NAME ...] [--seed 0] [--kills 20] [--only NAME ...]
    [--write PAGE]

The study runs in few, fat jobs (compute.pack_jobs). An undisturbed run is the measure: afterwards every table and every
network must be the same to the byte. A fault strikes at a random moment of the DAG (seeded by its name and --seed),
counted in finished jobs, so that a slow machine is struck in the same places. Nothing but what a user is told is done
then: the same command, `--unlock` where Snakemake asks for it, and the file removed that an error says to remove.
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

from disturbances import AFTERWARDS, FROM_NOTHING, Fault, kills  # noqa: E402
from driver import Driven, Stuck, chosen  # noqa: E402

from docs.marks import merged, write  # noqa: E402

SCRIPT = "tests/robustness/kill.py"


@dataclass
class Row:
    """What came of one fault; lost: tables and networks that are absent or other than undisturbed, or the reason."""

    fault: str
    struck: int
    unlocked: int = 0
    said: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    compared: int = 0
    touched: int = 0


def undisturbed(folder: Path, overlay: Path) -> tuple[Driven, int]:
    """A finished study and how many jobs it took."""
    study = Driven(folder, overlay)
    if study.end(study.start()) != 0:
        raise SystemExit(f"the undisturbed study failed:\n{study.text()[-4000:]}")
    return study, study.progress()[1]


def tried(name: str, fault: Fault, reference: Driven, jobs: int, folder: Path, seed: int, finished: bool) -> Row:
    """The row of one fault, tried in a folder of its own."""
    study = Driven(folder, Path(reference.project.study))
    if finished:
        for part in ("results", "resources", "logs", ".snakemake"):
            shutil.copytree(reference.folder / part, folder / part)
    try:
        struck = fault(study, jobs, random.Random(f"{seed} {name}"))
    except Stuck as error:
        return Row(name, 1, study.unlocked, study.said, [f"stuck: {error}"])
    expected, found = reference.state(), study.state()
    lost = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
    return Row(name, struck, study.unlocked, study.said, lost, len(expected), study.touched)


def table(rows: list[Row]) -> list[str]:
    """The lines of the Markdown table: one row per fault."""
    lines = ["| fault | struck | then | compared | lost |", "|---|---:|---|---:|---|"]
    for row in rows:
        then = "same command" + f", `--unlock` {row.unlocked} ×" * (row.unlocked > 0)
        then += f", files of the future touched {row.touched} ×" * (row.touched > 0)
        told = next((line.strip() for line in row.said if "Snakemake" not in line), "")
        then += f"; said: {short(told)}" * bool(told)
        lost = f"{len(row.lost)}: {short(row.lost[0])}" if row.lost else "nothing" if row.struck else "not tried"
        lines.append(f"| {row.fault} | {row.struck} | {then} | {row.compared} | {lost} |")
    return lines


def short(line: str) -> str:
    """A line for a cell: without what would break the table, paths by their last part."""
    words = [word.rsplit("/", 1)[-1] if "/" in word else word for word in line.split()]
    return " ".join(words).replace("|", "/")[:140]


def said(given: argparse.Namespace, jobs: int) -> str:
    """By which command a table was made."""
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
    faults |= {name: (fault, False) for name, fault in FROM_NOTHING.items()}
    faults |= {name: (fault, True) for name, fault in AFTERWARDS.items()}
    rows, started = [], time.monotonic()
    with tempfile.TemporaryDirectory() as root:
        only = {"experiments": given.experiments} if given.experiments else {}
        overlay = chosen(given.study, Path(root, "study.yaml"), only, pack_jobs=True)
        reference, jobs = undisturbed(Path(root, "undisturbed"), overlay)
        print(f"undisturbed: {jobs} jobs, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        for number, (name, (fault, finished)) in enumerate(faults.items()):
            if given.only and not any(word in name for word in given.only):
                continue
            folder = Path(root, str(number))
            rows.append(tried(name, fault, reference, jobs, folder, given.seed, finished))
            print(table(rows)[-1], file=sys.stderr, flush=True)
            for line in rows[-1].lost:
                print(f"  lost: {line}", file=sys.stderr, flush=True)
            shutil.rmtree(folder)
            if given.write:  # after each, as it takes long; rows of other faults stay
                lines = merged(given.write.read_text(), "kill", SCRIPT, [said(given, jobs), *table(rows)])
                write(given.write, "kill", SCRIPT, lines)
    print("\n".join(table(rows)))
    sys.exit(any(row.lost for row in rows))


if __name__ == "__main__":
    main()
