"""Arguments of the command `unetlib`: its commands, their options, and the values that options accept."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from unetlib.cli_help import DESCRIPTION, EXAMPLES, EXPORT, INFO, MEASURE, MODELS, PREDICT, TRACK


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `command` of its result is the name of the command."""
    form = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(prog="unetlib", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=form)
    top.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    predict = commands.add_parser(
        "predict", help="masks and labels of images", description=PREDICT, formatter_class=form
    )
    predict.add_argument("model", metavar="MODEL", help="a shipped network, or model.pt of a run")
    predict.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="image files, or folders of them")
    predict.add_argument("-o", "--output", type=_folder, required=True, metavar="DIR", help="where the results go")
    _overwrite(predict, "results of an earlier run")
    predict.add_argument("--overlay", action="store_true", help="also NAME_overlay.png: the image with outlined cells")
    predict.add_argument(
        "--tta",
        action=argparse.BooleanOptionalAction,
        help="test-time augmentation over 8 flips and rotations, 8 times slower (default: as in the study)",
    )
    predict.add_argument(
        "--threshold", type=_share, metavar="P", help="smallest probability of a cell's pixels (default: the model's)"
    )
    predict.add_argument(
        "--min-area", type=_count, metavar="PX", help="remove cells of fewer pixels (default: as in the model's study)"
    )
    predict.add_argument(
        "--watershed",
        type=_not_negative,
        metavar="PX",
        help="split touching cells at necks this much narrower on each side than the cells; 0: never (default: as in"
        " the model's study)",
    )
    predict.add_argument(
        "--binning",
        type=_at_least_one,
        metavar="K",
        help="average K × K pixels before predicting (default: the model's)",
    )
    predict.add_argument(
        "--rescale", action="store_true", help="predict at the pixel size of the training images (see above)"
    )
    predict.add_argument(
        "--diameter",
        type=_positive,
        metavar="PX",
        help="diameter of the cells in px, for a network that sees cells at one size (default: it finds out)",
    )
    _pixel_size(predict)
    _choice(predict)
    predict.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda, cuda:1")
    predict.add_argument("--threads", type=_at_least_one, metavar="N", help="CPU threads (default: PyTorch's choice)")
    predict.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")
    predict.set_defaults(command="predict")

    models = commands.add_parser(
        "models", help="the shipped networks, or the card of one", description=MODELS, formatter_class=form
    )
    models.add_argument("name", nargs="?", metavar="NAME", help="show the card of this network")
    models.set_defaults(command="models")

    export = commands.add_parser(
        "export", help="a network for other programs", description=EXPORT, formatter_class=form
    )
    export.add_argument("model", metavar="MODEL", help="a shipped network, or model.pt of a run")
    export.add_argument("--to", required=True, choices=("onnx", "bioimageio"), help="a graph alone, or a package")
    export.add_argument("-o", "--output", type=_file, required=True, metavar="FILE", help="the .onnx or .zip file")
    _overwrite(export, "an earlier export")
    export.add_argument(
        "--image", type=Path, metavar="IMAGE", help="source of the test tiles (default: a synthetic micrograph)"
    )
    export.add_argument(
        "--tile",
        type=_at_least_one,
        metavar="PX",
        help="side of a test tile's output (default: 388, or the next below)",
    )
    export.set_defaults(command="export")

    info = commands.add_parser(
        "info", help="training data, settings and score of a model", description=INFO, formatter_class=form
    )
    info.add_argument("model", metavar="MODEL", help="a shipped network, or model.pt of a run")
    info.set_defaults(command="info")

    measure = commands.add_parser("measure", help="a table of cells", description=MEASURE, formatter_class=form)
    measure.add_argument("labels", type=Path, nargs="+", metavar="LABELS", help="label images, or folders of them")
    measure.add_argument(
        "--intensity", type=Path, nargs="+", metavar="IMAGE", help="one image per label image, found by its name"
    )
    measure.add_argument(
        "-o", "--output", type=_table, required=True, metavar="FILE.csv", help="the table; - is standard output"
    )
    _overwrite(measure, "an earlier table")
    _pixel_size(measure)
    _choice(measure)
    _masks(measure)
    measure.set_defaults(command="measure")

    track = commands.add_parser("track", help="cells through time", description=TRACK, formatter_class=form)
    track.add_argument("labels", type=Path, nargs="+", metavar="LABELS", help="a label stack, or its frames in order")
    track.add_argument("-o", "--output", type=_folder, required=True, metavar="DIR", help="where the results go")
    _overwrite(track, "an earlier result that was changed since")
    track.add_argument(
        "--max-distance", type=_positive, metavar="PX", help="farthest move between frames (default: a cell's diameter)"
    )
    track.add_argument(
        "--max-gap", type=_count, default=1, metavar="N", help="frames that a cell may be missing (default 1)"
    )
    track.add_argument("--no-divisions", action="store_true", help="cells do not divide")
    track.add_argument("--interval", type=_positive, metavar="MIN", help="minutes between frames (default: the file's)")
    _pixel_size(track)
    _choice(track)
    _masks(track)
    track.set_defaults(command="track")
    return top


def _pixel_size(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pixel-size", type=_positive, metavar="UM", help="side of a pixel in micrometres (default: the file's)"
    )


def _choice(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--channel", type=_at_least_one, metavar="N", help="channel of an image that has several, from 1"
    )
    command.add_argument("--z", type=_at_least_one, metavar="N", help="z plane of a stack that has several, from 1")
    command.add_argument(
        "--frames-axis",
        choices=("T", "Z", "C"),
        default="T",
        help="axis that counts frames, if a program named them z planes or channels (default T)",
    )


def _masks(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--masks", action="store_true", help="the files are masks, whose connected components are the cells"
    )


def _overwrite(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--overwrite", action="store_true", help=f"replace {what}")


def _folder(text: str) -> Path:
    return _named(text, "a folder")


def _file(text: str) -> Path:
    return _named(text, "a file")


def _table(text: str) -> Path | None:
    """Return the file of a table, or None for standard output (-); a file named - is written ./-"""
    return None if text == "-" else _named(text, "a file")


def _named(text: str, what: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of {what}")
    if text == "-":
        raise argparse.ArgumentTypeError(f"only tables can go to standard output; give {what} (./- is one)")
    return Path(text)


class _Version(argparse.Action):
    """Show the version; the slow import of package metadata happens only here."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            text = f"unetlib {version('unetlib')}"
        except PackageNotFoundError:
            text = "unetlib, not installed"
        parser.exit(message=f"{text}\n")


def _positive(text: str) -> float:
    return _number(text, 0.0, float("inf"), "a positive number")


def _not_negative(text: str) -> float:
    return 0.0 if text.strip() == "0" else _number(text, 0.0, float("inf"), "0 or a positive number")


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
