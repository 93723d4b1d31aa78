"""The command `unetlib`: a trained network on your own images, and what can be measured in the result."""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unetlib.cli_arguments import parser
from unetlib.cli_terminal import FAILURES, Batch, Notes, failed, plain_terminal, say, show, write_to_stdout
from unetlib.io.interruption import Stopped, signals_raise
from unetlib.io.wording import counted

if TYPE_CHECKING:
    from unetlib.io.axes import Choice

BAR = "{desc}: {n:.2f} of {total} |{bar}| {elapsed}<{remaining}{postfix}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one line on stderr, 130 or 143 after an interruption."""
    with plain_terminal():
        given = parser().parse_args(arguments)
        commands = {"predict": _predict, "export": _export, "info": _info, "measure": _measure, "track": _track}
        try:
            with signals_raise():
                return commands[given.command](given)
        except BrokenPipeError:  # of standard output: the reader has what it wanted
            return 0
        except FAILURES as error:
            return failed(error)
        except KeyboardInterrupt:
            say("interrupted: nothing of the current file was written")
            return 130
        except Stopped as stopped:
            say(f"stopped by {stopped.signal}: nothing of the current file was written")
            return int(stopped.code or 1)


def _files(paths: Sequence[Path], *, labels: bool = False) -> list[Path]:
    """Return the image files that are meant, after saying on stderr what else stands in their folders."""
    from unetlib.io.image_files import find_images

    found = find_images(paths, labels=labels)
    for remark in found.remarks():
        say(remark)
    return found.files


def _choice(given: argparse.Namespace) -> "Choice":
    from unetlib.io.axes import Choice

    return Choice(given.channel, given.z, given.frames_axis)


def _predict(given: argparse.Namespace) -> int:
    from unetlib.networks.predict_files import count_planes, image_files, missing

    files = image_files(_files(given.images), given.output)
    wanted = {image: targets if given.overwrite else missing(targets) for image, targets in files.items()}
    kept = [image for image, targets in wanted.items() if not targets]
    if kept:
        of = f"{len(kept)} of {counted(len(files), 'image')}"
        say(f"kept: the results of {of}, as they are; --overwrite makes them again")
    batch, planes = Batch(len(files), "images"), {}
    for image, targets in wanted.items():
        with batch.member(image):
            planes[image] = count_planes(image, _choice(given)) if targets else 0
    work = {image: wanted[image] for image, count in planes.items() if count}
    if work:
        _predict_each(given, work, batch, sum(planes.values()))
    return batch.close("the others are done, and the same command does what is missing")


def _predict_each(given: argparse.Namespace, work: dict[Path, dict[str, Path]], batch: Batch, planes: int) -> None:
    """Predict the images of a batch; one that fails leaves the others alone."""
    import sys

    from tqdm import tqdm

    from unetlib.networks.device import keep_freed_memory, use_threads
    from unetlib.networks.image_scale import ImageOptions, no_trained_scale
    from unetlib.networks.predict_files import predict_files
    from unetlib.networks.prediction_options import prediction_settings
    from unetlib.networks.trained_network import NetworkError, load_network

    keep_freed_memory()
    if given.threads:
        use_threads(given.threads)
    network = load_network(given.model, given.device)
    settings, origin = prediction_settings(
        given.model,
        network,
        threshold=given.threshold,
        min_area_px=given.min_area,
        watershed_depth_px=given.watershed,
        test_time_augmentation=None if given.tta is None else 8 if given.tta else 1,
        binning=given.binning,
    )
    if given.rescale and settings.pixel_size_um is None:
        raise NetworkError(f"{given.model}: {no_trained_scale('this network')}")
    options = ImageOptions(_choice(given), given.pixel_size, given.rescale)
    if not given.quiet:
        say(origin)
    said, notes = f"planes on {network.device}", Notes()
    with tqdm(total=planes, desc=said, disable=given.quiet or None, file=sys.stderr, bar_format=BAR) as bar:
        for image, targets in work.items():
            start = bar.n
            bar.set_postfix_str(image.name)

            def report(planes: float, start: float = start) -> None:
                bar.update(start + planes - bar.n)

            with batch.member(image):
                done = predict_files(network, image, targets, settings, options=options, report=report)
                bar.update(start + done.planes - bar.n)
                notes.say(done.notes)
                if not given.quiet:
                    alone = "" if len(targets) == 3 else f"; only {' and '.join(targets)} written, the rest kept"
                    found = f"{counted(done.planes, 'plane')}, {counted(done.instances, 'cell')}"
                    say(f"{image}: {found}, {done.seconds:.1f} s{alone}")
    notes.close()


def _export(given: argparse.Namespace) -> int:
    from unetlib.networks.export.exporter import export

    how = {"kind": given.to, "image": given.image, "tile_px": given.tile, "overwrite": given.overwrite}
    done = export(given.model, given.output, **how)
    say(f"{done.file}: differs from PyTorch by at most {done.difference:.1e} of a probability, on {done.tiles} tiles")
    return 0


def _info(given: argparse.Namespace) -> int:
    from unetlib.networks.description import describe

    for name, text in describe(given.model):
        show(f"{name + ':':14}{text}")
    return 0


def _measure(given: argparse.Namespace) -> int:
    from unetlib.io.files import Row, write_csv
    from unetlib.io.outputs import check_table
    from unetlib.io.pairing import in_natural_order
    from unetlib.tracking.label_files import LabelOptions
    from unetlib.tracking.measured_files import COLUMNS, measure_file, pair

    labels = _files(given.labels, labels=True)
    pictures: list[Path] = _files(given.intensity) if given.intensity else []
    if given.output is not None:
        check_table(given.output, COLUMNS, inputs=[*labels, *pictures], overwrite=given.overwrite)
    paired = pair(labels, pictures)
    if left := len(set(pictures) - set(paired.values())):
        say(f"not used: {counted(left, 'intensity image')} without a label file of the same name")
    options = LabelOptions(_choice(given), given.masks)
    batch, notes = Batch(len(labels), "label files"), Notes()

    def rows() -> Iterator[Row]:
        for path in in_natural_order(labels):
            found: list[Row] = []
            with batch.member(path):
                done = measure_file(path, paired.get(path), given.pixel_size, options)
                found = done.rows
                notes.say(done.notes)
            yield from found
        if len(batch.errors) == len(labels):
            raise Empty

    try:
        with tempfile.TemporaryDirectory() as folder:
            table = given.output or Path(folder, "table.csv")
            write_csv(table, rows(), COLUMNS)
            if given.output is None:
                write_to_stdout(table)
    except Empty:
        return batch.close("there is nothing to write")
    notes.close()
    return batch.close(f"the table lacks them: {given.output or 'standard output'}")


class Empty(Exception):
    """A table of which no row could be made."""


def _track(given: argparse.Namespace) -> int:
    from unetlib.tracking.ctc_folder import track_files
    from unetlib.tracking.label_files import LabelOptions
    from unetlib.tracking.linking import Scale
    from unetlib.tracking.settings import LinkSettings

    found = track_files(
        _files(given.labels, labels=True),
        given.output,
        LinkSettings(max_distance_px=given.max_distance, max_gap=given.max_gap, divisions=not given.no_divisions),
        Scale(given.pixel_size, given.interval),
        overwrite=given.overwrite,
        options=LabelOptions(_choice(given), given.masks),
    )
    notes = Notes()
    notes.say(found.notes)
    notes.close()
    what = f"{counted(found.tracks, 'track')}, {counted(found.divisions, 'division')}"
    say(f"{what} in {found.frames} frames, moves up to {found.max_distance_px:.1f} px")
    return 0
