"""Predict test images with a trained tool, of its dataset or of all; a failure is recorded and stops nothing else."""

import json
from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.trained_tools.measured_process import lines_of
from unetlib.trained_tools.tool_runs import dataset_of, predict_tool, tool_run


@dataclass(frozen=True)
class Arguments:
    tool: Path  # its folder
    python: str  # "": that of its environment
    settings: str  # JSON of `tool_runs.tool_run`
    training: Path
    staged: list[Path]  # the lists of staged test images
    failures: int  # so far
    output: Path


def main(arguments: Arguments) -> None:
    chosen = tool_run(arguments.output, arguments.tool, arguments.python, json.loads(arguments.settings))
    tests = {dataset_of(index): index.parent for index in arguments.staged}
    failed = predict_tool(chosen, arguments.training, tests, arguments.output, failures=arguments.failures)
    print(*lines_of(arguments.output.parent), sep="\n")
    print(f"failed: {failed}" if failed else f"{arguments.output.parent}: predicted {', '.join(tests)}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
