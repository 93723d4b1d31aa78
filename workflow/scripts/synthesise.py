"""Write synthetic microscopy as an archive in the layout of a public dataset, so that its reader reads it."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.settings import SyntheticSettings
from unetlib.datasets.synthetic.archive_writer import write_archive
from unetlib.io.files import atomic_path


@dataclass(frozen=True)
class Arguments:
    settings: SyntheticSettings
    output: Path


def main(arguments: Arguments) -> None:
    with atomic_path(arguments.output) as path:
        write_archive(path, **arguments.settings.model_dump(exclude_none=True))


if __name__ == "__main__":
    run(main, Arguments, __doc__)
