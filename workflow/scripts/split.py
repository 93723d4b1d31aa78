"""Say which frame trains, validates and tests in one fold."""

from collections import Counter

from splice import JSON, PATH, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.shared_images import left_out
from unetlib.datasets.splits import split
from unetlib.io.files import write_csv


def main(arguments):
    frames = Dataset(arguments.frames.parent).frames
    roles = split(frames, fold=arguments.fold, **arguments.settings)
    write_csv(arguments.output, ({"frame": a.frame, "role": a.role} for a in roles), ("frame", "role"))
    print(", ".join(f"{count} {role}" for role, count in Counter(a.role for a in roles).items()))
    for frame in left_out(frames, [a.frame for a in roles if a.role == "unused"]):
        print(f"not used: {frame} shows the same image as a frame that is used")


if __name__ == "__main__":
    run(main, __doc__, frames=PATH, settings=JSON, fold={"type": int}, output=PATH)
