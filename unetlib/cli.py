"""The command `unetlib`: a trained network on your own images, and what can be measured in the result."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

EXAMPLES = """\
examples:
  unetlib info results/cpu/runs/reference/phc-u373/fold0-seed0/model.pt
  unetlib predict model.pt movie.tif -o out                 one stack, or many files, or a folder
  unetlib predict model.pt images/ -o out --tta --min-area 50
  unetlib measure out/movie_labels.tif --intensity movie.tif -o cells.csv
  unetlib track out/movie_labels.tif -o tracks --interval 10

Every command says what it refuses in one line and exits with 1; UNETLIB_DEBUG=1 shows where.
"""
BAR = "{desc}: {n:.2f} of {total} |{bar}| {elapsed}<{remaining}{postfix}"
PREDICT = """\
Write three TIFF files per image into DIR, which Fiji and napari open with the pixel size of the image:
  NAME_probability.tif   foreground probability, 32-bit float, 0 to 1
  NAME_mask.tif          8 bit, 255 where a cell is
  NAME_labels.tif        16 bit (32 beyond 65535 cells), 0 = background, one number per cell
All three appear when the image is done, or none. Images: TIFF (stacks, 8 and 16 bit, float, tiled, BigTIFF) and
PNG. RGB is converted to grey as 0.299 R + 0.587 G + 0.114 B; several channels are refused: export one.
Each plane of a stack is normalised and predicted on its own. An image of any size takes the same memory.
"""
MEASURE = """\
Write a table with one row per cell: file, page (from 1), label; area, centroid, axes of the ellipse with the same
moments, perimeter, eccentricity, solidity, whether it touches the border; the same in micrometres where the pixel
size is known; mean, standard deviation, minimum, maximum and sum of the intensity image where one is given.
"""
TRACK = """\
Link the cells of a label stack (or of files that are its frames, in order) through time, divisions included, and
write into DIR, which must not exist or be an earlier result:
  res_track.txt          label, first and last frame (from 0), parent (0 = none): the Cell Tracking Challenge's format
  mask000.tif, …         the labels of each frame, the same number for the same cell
  tracks.csv             per cell: frames, distance moved, displacement, speed
Needs laptrack: pip install 'unetlib[track]'.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `run` of the result is the function to call with it."""
    form = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(prog="unetlib", description=__doc__, epilog=EXAMPLES, formatter_class=form)
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    predict = commands.add_parser(
        "predict", help="masks and labels of images", description=PREDICT, formatter_class=form
    )
    predict.add_argument("model", type=Path, metavar="MODEL", help="model.pt of a run")
    predict.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="image files, or folders of them")
    predict.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where the results go")
    predict.add_argument("--tta", action="store_true", help="average over 8 flips and turns: 8 times slower")
    predict.add_argument(
        "--threshold", type=_share, metavar="P", help="a pixel is a cell from this probability (default: the model's)"
    )
    predict.add_argument("--min-area", type=_count, default=0, metavar="PX", help="drop cells under so many pixels")
    predict.add_argument(
        "--binning",
        type=_at_least_one,
        metavar="K",
        help="average K × K pixels before predicting (default: the model's)",
    )
    predict.add_argument("--device", default="auto", help="auto (a GPU where there is one), cpu, cuda, cuda:1")
    predict.add_argument("--threads", type=_at_least_one, metavar="N", help="CPU threads (default: PyTorch's choice)")
    predict.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")
    predict.set_defaults(run=_predict)

    info = commands.add_parser("info", help="what a model was trained on, how, with what score")
    info.add_argument("model", type=Path, metavar="MODEL", help="model.pt of a run")
    info.set_defaults(run=_info)

    measure = commands.add_parser("measure", help="a table of cells", description=MEASURE, formatter_class=form)
    measure.add_argument("labels", type=Path, nargs="+", metavar="LABELS", help="label images, or folders of them")
    measure.add_argument(
        "--intensity", type=Path, nargs="+", metavar="IMAGE", help="one image per label image, in the same order"
    )
    measure.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.csv", help="the table")
    _pixel_size(measure)
    measure.set_defaults(run=_measure)

    track = commands.add_parser("track", help="cells through time", description=TRACK, formatter_class=form)
    track.add_argument("labels", type=Path, nargs="+", metavar="LABELS", help="a label stack, or its frames in order")
    track.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where the results go")
    track.add_argument(
        "--max-distance", type=_positive, metavar="PX", help="farthest move between frames (default: a cell's diameter)"
    )
    track.add_argument(
        "--max-gap", type=_count, default=1, metavar="N", help="frames a cell may be missing (default 1)"
    )
    track.add_argument("--no-divisions", action="store_true", help="cells do not divide")
    track.add_argument("--interval", type=_positive, metavar="MIN", help="minutes between frames (default: the file's)")
    _pixel_size(track)
    track.set_defaults(run=_track)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one line on stderr, 130 after an interruption."""
    given = parser().parse_args(arguments)
    try:
        given.run(given)
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


def _predict(given: argparse.Namespace) -> None:
    from tqdm import tqdm

    from unetlib.apply import apply, check_images, image_files, load_network

    files = image_files(given.images, given.output)
    planes = check_images(files)
    if given.threads:
        import torch

        torch.set_num_threads(given.threads)
    network = load_network(given.model, given.device)
    said = f"planes on {network.device}"
    with tqdm(total=planes, desc=said, disable=given.quiet or None, file=sys.stderr, bar_format=BAR) as bar:
        for image, targets in files.items():
            start = bar.n
            bar.set_postfix_str(image.name)

            def report(planes: float, start: float = start) -> None:
                bar.update(start + planes - bar.n)

            done = apply(
                network,
                image,
                targets,
                threshold=given.threshold,
                min_area_px=given.min_area,
                average=given.tta,
                binning=given.binning,
                report=report,
            )
            bar.update(start + done.planes - bar.n)
            if not given.quiet:
                bar.write(
                    f"{image}: {done.planes} planes, {done.instances} cells, {done.seconds:.1f} s", file=sys.stderr
                )


def _info(given: argparse.Namespace) -> None:
    from unetlib.describe import describe

    for name, text in describe(given.model):
        print(f"{name + ':':14}{text}")


def _measure(given: argparse.Namespace) -> None:
    from unetlib.files import write_csv
    from unetlib.measure import COLUMNS, measure_files
    from unetlib.pages import images_in

    pictures = images_in(given.intensity) if given.intensity else None
    write_csv(given.output, measure_files(images_in(given.labels), pictures, given.pixel_size), COLUMNS)


def _track(given: argparse.Namespace) -> None:
    from unetlib.pages import images_in
    from unetlib.track import track_files

    found = track_files(
        images_in(given.labels),
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


def _pixel_size(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pixel-size", type=_positive, metavar="UM", help="side of a pixel in micrometres (default: the file's)"
    )


def _version() -> str:
    try:
        return f"unetlib {version('unetlib')}"
    except PackageNotFoundError:
        return "unetlib, not installed"


def _positive(text: str) -> float:
    return _number(text, 0.0, float("inf"), "a positive number")


def _share(text: str) -> float:
    return _number(text, 0.0, 1.0, "a number above 0, below 1")


def _number(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low < value < high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)
