"""Write the augmented variants of a fold's training frames, with masks and weight maps: one cache per settings."""

import torch
from script import JSON, PATH, PATHS, run

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.split_files import frames_with_role
from unetlib.io.files import sha256_of, short_hash
from unetlib.training.cache import write_cache


def main(arguments):
    torch.set_num_threads(1)
    frames = sha256_of(arguments.frames)
    for settings, index in zip(arguments.settings, arguments.indexes, strict=True):
        write_cache(
            index.parent,
            Dataset(arguments.frames.parent),
            frames_with_role(arguments.split, "train"),
            **settings,
            seed=arguments.seed,
            fingerprint=short_hash([settings, arguments.seed, arguments.code, frames]),
            progress=lambda done, total: print(f"{done} of {total} frames"),
        )


if __name__ == "__main__":
    run(main, __doc__, frames=PATH, split=PATH, settings=JSON, seed={"type": int}, code={}, indexes=PATHS)
