"""Put a dataset's archive in its place: mirrors first, then its own URL, checked by sha256."""

import sys

from script import JSON, PATH, run
from tqdm import tqdm

from unetlib.io.fetch import fetch


def main(arguments):
    entry, limits = arguments.entry, arguments.limits
    with tqdm(unit="B", unit_scale=True, desc=entry["archive"], mininterval=1, file=sys.stderr) as bar:

        def progress(done, total):
            bar.total = total
            bar.update(done - bar.n)

        found = fetch(
            entry["archive"],
            arguments.output,
            sha256=entry.get("sha256"),
            mirrors=arguments.mirrors,
            url=entry.get("url"),
            progress=progress,
            max_bytes=limits["archive_bytes"],
            timeout_s=limits["fetch_timeout_s"],
            attempts=limits["fetch_attempts"],
        )
    print(f"{arguments.output}: sha256 {found}")


if __name__ == "__main__":
    run(main, __doc__, entry=JSON, limits=JSON, mirrors=JSON, output=PATH)
