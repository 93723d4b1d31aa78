"""Write a synthetic dataset as an archive in a foreign layout, so that the real readers read it."""

from script import JSON, PATH, run

from unetlib.datasets.synthetic.archive_writer import write_archive
from unetlib.io.files import atomic_path


def main(arguments):
    with atomic_path(arguments.output) as path:
        write_archive(path, **arguments.spec)


if __name__ == "__main__":
    run(main, __doc__, spec=JSON, output=PATH)
