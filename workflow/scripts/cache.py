"""Write the augmented variants of a fold's training frames, with masks and weight maps: one cache per settings."""

import torch
from splice import JSON, PATH, PATHS, run

from unetlib.cache import write_cache
from unetlib.files import key_of, sha256_of
from unetlib.samples import Dataset
from unetlib.splits import frames_with_role


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
            fingerprint=key_of([settings, arguments.seed, arguments.code, frames]),
            progress=lambda done, total: print(f"{done} of {total} frames"),
        )


if __name__ == "__main__":
    run(main, __doc__, frames=PATH, split=PATH, settings=JSON, seed={"type": int}, code={}, indexes=PATHS)
