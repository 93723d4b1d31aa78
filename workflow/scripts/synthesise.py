"""Write a synthetic dataset as an archive in a foreign layout, so that the real readers read it."""

from splice import JSON, PATH, run

from unetlib.files import atomic_path
from unetlib.synthetic import write_archive


def main(arguments):
    with atomic_path(arguments.output) as path:
        write_archive(path, **arguments.spec)


if __name__ == "__main__":
    run(main, __doc__, spec=JSON, output=PATH)
