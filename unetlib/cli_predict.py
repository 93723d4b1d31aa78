"""`unetlib predict`: write masks, labels and pictures of images, one file after the other."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from unetlib.cli_inputs import choice_of, image_files_of, network_of
from unetlib.cli_terminal import Batch, Notes, say
from unetlib.io.wording import counted

if TYPE_CHECKING:
    from unetlib.models.registry import Network, ShippedModel
    from unetlib.models.resemblance import Resemblance
    from unetlib.networks.predict_files import PredictionResult
    from unetlib.networks.settings import PredictionSettings
    from unetlib.networks.trained_network import TrainedNetwork

BAR = "{desc}: {n:.2f} of {total} |{bar}| {elapsed}<{remaining}{postfix}"


def predict(given: argparse.Namespace) -> int:
    """Predict the given images, except those whose results exist and are not to be overwritten."""
    from unetlib.networks.predict_files import count_planes, image_files, missing

    network = network_of(given.model)
    files = image_files(image_files_of(given.images), given.output, overlay=given.overlay)
    wanted = {image: targets if given.overwrite else missing(targets) for image, targets in files.items()}
    kept = [image for image, targets in wanted.items() if not targets]
    if kept:
        of = f"{len(kept)} of {counted(len(files), 'image')}"
        say(f"kept: the results of {of}, as they are; --overwrite makes them again")
    batch, planes = Batch(len(files), "images"), {}
    for image, targets in wanted.items():
        with batch.member(image):
            planes[image] = count_planes(image, choice_of(given)) if targets else 0
    work = {image: wanted[image] for image, count in planes.items() if count}
    if work:
        _predict_each(given, network, work, batch, sum(planes.values()))
    return batch.close("the others are done, and the same command does what is missing")


def _predict_each(
    given: argparse.Namespace, network: "Network", work: dict[Path, dict[str, Path]], batch: Batch, planes: int
) -> None:
    """Predict the images of a batch; one that fails does not stop the others."""
    import sys

    from tqdm import tqdm

    from unetlib.networks.image_scale import ImageOptions
    from unetlib.networks.predict_files import predict_files

    trained, settings = _load(given, network)
    options = ImageOptions(choice_of(given), given.pixel_size, given.rescale, given.diameter)
    look_at = _looks(network.shipped)
    said, notes = f"planes on {trained.device}", Notes()
    with tqdm(total=planes, desc=said, disable=given.quiet or None, file=sys.stderr, bar_format=BAR) as bar:
        for image, targets in work.items():
            start = bar.n
            bar.set_postfix_str(image.name)

            def report(planes: float, start: float = start) -> None:
                bar.update(start + planes - bar.n)

            with batch.member(image):
                looks = look_at()
                watch = {} if looks is None else {"watch": looks.see}
                done = predict_files(trained, image, targets, settings, options=options, report=report, **watch)
                bar.update(start + done.planes - bar.n)
                notes.say([*done.notes, *(looks.notes(image) if looks else [])])
                if not given.quiet:
                    say(_line(done, targets, overlay=given.overlay))
    notes.close()


def _load(given: argparse.Namespace, network: "Network") -> tuple["TrainedNetwork", "PredictionSettings"]:
    """Return the network on its device and its prediction settings, and print them."""
    from unetlib.networks.device import keep_freed_memory, use_threads
    from unetlib.networks.image_scale import no_trained_scale
    from unetlib.networks.prediction_options import prediction_settings
    from unetlib.networks.trained_network import NetworkError, load_network

    keep_freed_memory()
    if given.threads:
        use_threads(given.threads)
    trained = load_network(network.path, given.device)
    settings, origin = prediction_settings(
        network.path,
        trained,
        threshold=given.threshold,
        min_area_px=given.min_area,
        watershed_depth_px=given.watershed,
        test_time_augmentation=None if given.tta is None else 8 if given.tta else 1,
        binning=given.binning,
    )
    if given.rescale and settings.pixel_size_um is None:
        raise NetworkError(f"{given.model}: {no_trained_scale('this network')}")
    if not given.quiet:
        if model := network.shipped:
            at = f", trained at {model.pixel_size_um:g} µm per pixel" if model.pixel_size_um else ""
            say(f"{model.name} ships with unetlib: {model.shows}{at}; `unetlib models {model.name}` says more")
        say(origin)
    return trained, settings


def _looks(shipped: "ShippedModel | None") -> "Callable[[], Resemblance | None]":
    """Return a maker of comparisons with a shipped network's training images; it makes None for other networks."""
    if shipped is None:
        return lambda: None
    from unetlib.models.card import read_card
    from unetlib.models.resemblance import Resemblance

    card = read_card(shipped.folder)
    return lambda: Resemblance(card)


def _line(done: "PredictionResult", targets: dict[str, Path], *, overlay: bool) -> str:
    alone = "" if len(targets) == (4 if overlay else 3) else f"; only {' and '.join(targets)} written, the rest kept"
    found = f"{counted(done.planes, 'plane')}, {counted(done.instances, 'cell')}"
    return f"{done.image}: {found}, {done.seconds:.1f} s{alone}"
