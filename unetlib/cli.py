"""The command `unetlib`: a trained network on your own images, and what can be measured in the result."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from unetlib.cli_arguments import parser

BAR = "{desc}: {n:.2f} of {total} |{bar}| {elapsed}<{remaining}{postfix}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one line on stderr, 130 after an interruption."""
    given = parser().parse_args(arguments)
    commands = {"predict": _predict, "export": _export, "info": _info, "measure": _measure, "track": _track}
    try:
        commands[given.command](given)
    except (ValueError, OSError, ImportError) as error:
        return _failed(error)
    except (RuntimeError, MemoryError) as error:  # PyTorch's and NumPy's own: out of memory, a broken driver
        first = (str(error).splitlines() or [""])[0]
        return _failed(RuntimeError(f"{type(error).__name__}: {first}; a smaller image or --device cpu may work"))
    except KeyboardInterrupt:
        print("interrupted: nothing of the current file was written", file=sys.stderr)
        return 130
    return 0


def _failed(error: Exception) -> int:
    if os.environ.get("UNETLIB_DEBUG"):
        traceback.print_exc()
    print(f"error: {error}", file=sys.stderr)
    return 1


def _files(paths: Sequence[Path], *, labels: bool = False) -> list[Path]:
    """Return the image files that are meant, after saying on stderr what else stands in their folders."""
    from unetlib.io.image_files import find_images

    found = find_images(paths, labels=labels)
    for remark in found.remarks():
        print(remark, file=sys.stderr)
    return found.files


def _predict(given: argparse.Namespace) -> None:
    from tqdm import tqdm

    from unetlib.networks.device import keep_freed_memory, use_threads
    from unetlib.networks.predict_files import check_images, image_files, predict_files
    from unetlib.networks.trained_network import load_network

    keep_freed_memory()
    files = image_files(_files(given.images), given.output)
    planes = check_images(files)
    if given.threads:
        use_threads(given.threads)
    network = load_network(given.model, given.device)
    said = f"planes on {network.device}"
    with tqdm(total=planes, desc=said, disable=given.quiet or None, file=sys.stderr, bar_format=BAR) as bar:
        for image, targets in files.items():
            start = bar.n
            bar.set_postfix_str(image.name)

            def report(planes: float, start: float = start) -> None:
                bar.update(start + planes - bar.n)

            done = predict_files(
                network,
                image,
                targets,
                threshold=given.threshold,
                min_area_px=given.min_area,
                watershed_depth_px=given.watershed,
                rotations=None if given.tta is None else 8 if given.tta else 1,
                binning=given.binning,
                report=report,
            )
            bar.update(start + done.planes - bar.n)
            if not given.quiet:
                bar.write(
                    f"{image}: {done.planes} planes, {done.instances} cells, {done.seconds:.1f} s", file=sys.stderr
                )


def _export(given: argparse.Namespace) -> None:
    from unetlib.networks.export.exporter import export

    done = export(given.model, given.output, kind=given.to, image=given.image, tile_px=given.tile)
    print(
        f"{done.file}: differs from PyTorch by at most {done.difference:.1e} of a probability, on {done.tiles} tiles",
        file=sys.stderr,
    )


def _info(given: argparse.Namespace) -> None:
    from unetlib.networks.description import describe

    for name, text in describe(given.model):
        print(f"{name + ':':14}{text}")


def _measure(given: argparse.Namespace) -> None:
    from unetlib.io.files import write_csv
    from unetlib.tracking.measurements import COLUMNS, measure_files

    labels = _files(given.labels, labels=True)
    pictures = _files(given.intensity) if given.intensity else None
    write_csv(given.output, measure_files(labels, pictures, given.pixel_size), COLUMNS)


def _track(given: argparse.Namespace) -> None:
    from unetlib.tracking.ctc_folder import track_files

    found = track_files(
        _files(given.labels, labels=True),
        given.output,
        max_distance_px=given.max_distance,
        max_gap=given.max_gap,
        divisions=not given.no_divisions,
        interval_min=given.interval,
        pixel_size_um=given.pixel_size,
    )
    print(
        f"{found.tracks} tracks, {found.divisions} divisions in {found.frames} frames, moves up to "
        f"{found.max_distance_px:.1f} px",
        file=sys.stderr,
    )
