"""Train a tool on staged images, within its limits; a failure is recorded with its reason and stops nothing else."""

import json
from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.trained_tools.measured_process import lines_of
from unetlib.trained_tools.tool_runs import roles_of, tool_run, train_tool


@dataclass(frozen=True)
class Arguments:
    tool: Path  # its folder
    python: str  # "": that of its environment
    settings: str  # JSON of `tool_runs.tool_run`
    staged: Path  # the list of staged images
    split: Path
    failures: int  # so far
    output: Path


def main(arguments: Arguments) -> None:
    chosen = tool_run(arguments.output, arguments.tool, arguments.python, json.loads(arguments.settings))
    facts = chosen.known() | roles_of(arguments.split)
    failed = train_tool(chosen, arguments.staged.parent, arguments.output, facts, failures=arguments.failures)
    print(*lines_of(arguments.output.parent), sep="\n")
    print(f"failed: {failed}" if failed else f"{arguments.output.parent}: trained")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
