"""Read a foreign archive or folder into our dataset format."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.prepare_dataset import prepare_dataset
from unetlib.datasets.settings import ReaderOptions, ViewSettings
from unetlib.io.settings import LimitSettings
from unetlib.io.wording import one_line


@dataclass(frozen=True)
class Arguments:
    source: Path
    format: str
    options: ReaderOptions
    view: ViewSettings
    limits: LimitSettings
    frames: Path


def main(arguments: Arguments) -> None:
    folder = arguments.frames.parent
    lines = prepare_dataset(
        arguments.source,
        folder,
        format=arguments.format,
        options=arguments.options,
        view=arguments.view,
        limits=arguments.limits,
    )
    for line in lines:
        print(one_line(f"{folder.name}: {line}"))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
