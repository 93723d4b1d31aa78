"""Run an external tool on the test images of one dataset, or collect label images that it made earlier."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.split_files import frames_with_role
from unetlib.study.external_tools import collect_or_record


@dataclass(frozen=True)
class Arguments:
    command: str  # either a command
    folder: str  # or a folder
    pattern: str  # "": the default
    frames: Path
    split: Path
    failures: int  # so far
    output: Path


def main(arguments: Arguments) -> None:
    tested = frames_with_role(arguments.split, "test")
    source = {"command": arguments.command, "folder": arguments.folder, "pattern": arguments.pattern}
    dataset = arguments.frames.parent
    failed = collect_or_record(dataset, tested, arguments.output, source, failures=arguments.failures)
    print(f"failed: {failed}" if failed else f"{source}: {len(tested)} label images of {dataset.name}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
