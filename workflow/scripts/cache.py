"""Write the augmented variants of a fold's training frames, with masks and weight maps."""

import torch
from splice import JSON, PATH, run

from unetlib.cache import write_cache
from unetlib.files import key_of, sha256_of
from unetlib.samples import Dataset
from unetlib.splits import frames_with_role


def main(arguments):
    torch.set_num_threads(1)
    settings = arguments.settings
    fingerprint = key_of([settings, arguments.seed, arguments.code, sha256_of(arguments.frames)])
    write_cache(
        arguments.index.parent,
        Dataset(arguments.frames.parent),
        frames_with_role(arguments.split, "train"),
        **settings,
        seed=arguments.seed,
        fingerprint=fingerprint,
        progress=lambda done, total: print(f"{done} of {total} frames"),
    )


if __name__ == "__main__":
    run(main, __doc__, frames=PATH, split=PATH, settings=JSON, seed={"type": int}, code={}, index=PATH)
