"""Download a dataset's archive: mirrors first, then its own URL, checked by sha256."""

from dataclasses import dataclass
from pathlib import Path

from progress_bar import bytes_bar
from script import run

from unetlib.io.download import DownloadLimits
from unetlib.io.fetch import fetch
from unetlib.io.settings import LimitSettings


@dataclass(frozen=True)
class Arguments:
    archive: str
    url: str  # "": none
    sha256: str  # "": not known yet
    limits: LimitSettings
    mirrors: list[str]
    output: Path


def main(arguments: Arguments) -> None:
    with bytes_bar(arguments.archive) as progress:
        found = fetch(
            arguments.archive,
            arguments.output,
            sha256=arguments.sha256 or None,
            mirrors=arguments.mirrors,
            url=arguments.url or None,
            progress=progress,
            limits=DownloadLimits.of(arguments.limits),
        )
    print(f"{arguments.output}: sha256 {found}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
