"""Download a dataset's archive: mirrors first, then its own URL, checked by sha256."""

import sys
from dataclasses import dataclass
from pathlib import Path

from script import run
from tqdm import tqdm

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
    limits = arguments.limits
    with tqdm(unit="B", unit_scale=True, desc=arguments.archive, mininterval=1, file=sys.stderr) as bar:

        def progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        found = fetch(
            arguments.archive,
            arguments.output,
            sha256=arguments.sha256 or None,
            mirrors=arguments.mirrors,
            url=arguments.url or None,
            progress=progress,
            limits=DownloadLimits(limits.archive_bytes, limits.fetch_timeout_s, limits.fetch_attempts),
        )
    print(f"{arguments.output}: sha256 {found}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
