"""`unetlib finetune`: train a network further on a few labelled images, and say whether it helped."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from unetlib.cli_inputs import network_of
from unetlib.cli_terminal import say, show

TITLES = {"dice": "Dice", "seg": "SEG", "map": "mAP"}


def finetune(given: argparse.Namespace) -> int:
    """Train the given network on the labelled images of a folder, write it and show its scores."""
    from unetlib.datasets.settings import ReaderOptions
    from unetlib.io.outputs import check_file
    from unetlib.networks.device import keep_freed_memory, use_threads
    from unetlib.networks.settings import ComputeSettings
    from unetlib.networks.trained_network import ModelFileError, read_model
    from unetlib.training.fine_tuning import FineTuning, fine_tune

    start = network_of(given.model)

    def ours(path: Path) -> bool:
        try:
            read_model(path)
        except ModelFileError:
            return False
        return True

    inputs = [start.path, *(path for path in given.folder.rglob("*") if path.is_file())]
    check_file(given.output, inputs=inputs, overwrite=given.overwrite, ours=ours, noun="a network of unetlib")
    keep_freed_memory()
    if given.threads:
        use_threads(given.threads)
    how = FineTuning(
        updates=given.updates,
        learning_rate=given.learning_rate,
        held_out=given.held_out,
        seed=given.seed,
        compare=given.compare,
        reading=ReaderOptions(masks=given.masks or None, channel=given.channel, pixel_size_um=given.pixel_size),
        compute=ComputeSettings(device=given.device),
    )
    tell = (lambda _: None) if given.quiet else say
    done = fine_tune(given.model, start.path, given.folder, given.output, how, say=tell)
    for line in _table(done.scores):
        show(line)
    say(f"{given.output}: trained on {len(done.trained_on)} images in {done.seconds:.0f} s")
    if not done.held_out:
        say("not scored: no image was held out")
    return 0


def _table(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the scores of each network in lines of equal columns."""
    if not scores:
        return []
    width = max(map(len, scores))
    head = " ".join([" " * width, *(title.rjust(6) for title in TITLES.values())])
    rows = (" ".join([name.ljust(width), *(f"{found[key]:6.3f}" for key in TITLES)]) for name, found in scores.items())
    return [head, *rows]
