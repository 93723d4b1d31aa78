"""Say which frame trains, validates and tests in one fold."""

from script import JSON, PATH, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.splits import split
from unetlib.io.files import write_csv


def main(arguments):
    roles = split(Dataset(arguments.frames.parent).frames, fold=arguments.fold, **arguments.settings)
    write_csv(arguments.output, ({"frame": a.frame, "role": a.role} for a in roles), ("frame", "role"))


if __name__ == "__main__":
    run(main, __doc__, frames=PATH, settings=JSON, fold={"type": int}, output=PATH)
