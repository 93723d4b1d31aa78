"""How long does a command take before it does anything? Ours beside those of Cellpose and StarDist.

    make tools
    python -m benchmarks.start

Each command is a new process, as a person types it; the commands take turns, and the first round is not counted.
Without `.tools`, only ours are timed.
"""

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.timing import Times, interleaved

OURS = {
    "unetlib --help": ("unetlib", "--help"),
    "unetlib models": ("unetlib", "models"),
    "unetlib models nuclei": ("unetlib", "models", "nuclei"),
    "unetlib predict --help": ("unetlib", "predict", "--help"),
}
THEIRS = {
    "cellpose --help": ("cellpose", "--help"),
    "stardist-predict2d --help": ("stardist-predict2d", "--help"),
}


def commands(tools: Path) -> dict[str, list[str]]:
    """Return the commands that are installed here, by what a person types: ours, then the tools' own."""
    found = {said: [str(Path(sys.executable).parent / command[0]), *command[1:]] for said, command in OURS.items()}
    for said, command in THEIRS.items():
        path = tools / command[0].split("-")[0] / "bin" / command[0]
        if path.exists():
            found[said] = [str(path), *command[1:]]
    return found


def started(command: list[str]) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True, capture_output=True)


def rows(times: dict[str, Times]) -> list[str]:
    """Return a Markdown table of medians and quartiles."""
    lines = ["| command | s | quartiles | n |", "|---|---:|---:|---:|"]
    for said, each in times.items():
        low, high = each.quartiles
        lines.append(f"| `{said}` | {each.median:.2f} | {low:.2f} to {high:.2f} | {len(each.seconds)} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, default=Path(".tools"), help="where make tools installed them (.tools)")
    parser.add_argument("--repeats", type=int, default=15, help="runs of each command (15)")
    given = parser.parse_args()
    found = commands(given.tools)
    times = interleaved({said: partial(started, command) for said, command in found.items()}, repeats=given.repeats)
    print("\n".join(rows(times)))


if __name__ == "__main__":
    main()
