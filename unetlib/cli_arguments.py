"""Arguments of the command `unetlib`: its commands and their options."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from unetlib.cli_help import COMPARE, DESCRIPTION, EXAMPLES, EXPORT, FINETUNE, INFO, MEASURE, MODELS, PREDICT, TRACK
from unetlib.cli_values import at_least_one, count, file, folder, not_negative, positive, share, table


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
    predict.add_argument("-o", "--output", type=folder, required=True, metavar="DIR", help="where the results go")
    _overwrite(predict, "results of an earlier run")
    predict.add_argument("--overlay", action="store_true", help="also NAME_overlay.png: the image with outlined cells")
    predict.add_argument(
        "--tta",
        action=argparse.BooleanOptionalAction,
        help="test-time augmentation over 8 flips and rotations, 8 times slower (default: as in the study)",
    )
    predict.add_argument(
        "--threshold", type=share, metavar="P", help="smallest probability of a cell's pixels (default: the model's)"
    )
    predict.add_argument(
        "--min-area", type=count, metavar="PX", help="remove cells of fewer pixels (default: as in the model's study)"
    )
    predict.add_argument(
        "--watershed",
        type=not_negative,
        metavar="PX",
        help="split touching cells at necks this much narrower on each side than the cells; 0: never (default: as in"
        " the model's study)",
    )
    predict.add_argument(
        "--binning",
        type=at_least_one,
        metavar="K",
        help="average K × K pixels before predicting (default: the model's)",
    )
    predict.add_argument(
        "--rescale", action="store_true", help="predict at the pixel size of the training images (see above)"
    )
    predict.add_argument(
        "--diameter",
        type=positive,
        metavar="PX",
        help="diameter of the cells in px, for a network that sees cells at one size (default: it finds out)",
    )
    _pixel_size(predict)
    _choice(predict)
    _machine(predict)
    predict.set_defaults(command="predict")

    models = commands.add_parser(
        "models", help="the shipped networks, or the card of one", description=MODELS, formatter_class=form
    )
    models.add_argument("name", nargs="?", metavar="NAME", help="show the card of this network")
    models.set_defaults(command="models")

    finetune = commands.add_parser(
        "finetune", help="a network trained further on your labels", description=FINETUNE, formatter_class=form
    )
    finetune.add_argument("model", metavar="MODEL", help="a shipped network, or model.pt of a run")
    finetune.add_argument("folder", type=Path, metavar="FOLDER", help="holds images/ and labels/")
    finetune.add_argument("-o", "--output", type=file, required=True, metavar="FILE.pt", help="the new network")
    _overwrite(finetune, "an earlier network")
    finetune.add_argument("--updates", type=at_least_one, default=300, metavar="N", help="training steps (default 300)")
    finetune.add_argument(
        "--learning-rate", type=positive, default=0.0005, metavar="R", help="largest step size (default 0.0005)"
    )
    finetune.add_argument(
        "--held-out", type=count, metavar="N", help="labelled images that only judge (default: a quarter)"
    )
    finetune.add_argument(
        "--compare", action="store_true", help="also train a network of random weights as long, and score it"
    )
    finetune.add_argument(
        "--seed", type=count, default=0, metavar="N", help="seed of tiles and augmentation (default 0)"
    )
    finetune.add_argument(
        "--channel", type=at_least_one, metavar="N", help="channel of images that have several, from 1"
    )
    _pixel_size(finetune)
    _masks(finetune)
    _machine(finetune)
    finetune.set_defaults(command="finetune")

    export = commands.add_parser(
        "export", help="a network for other programs", description=EXPORT, formatter_class=form
    )
    export.add_argument("model", metavar="MODEL", help="a shipped network, or model.pt of a run")
    export.add_argument("--to", required=True, choices=("onnx", "bioimageio"), help="a graph alone, or a package")
    export.add_argument("-o", "--output", type=file, required=True, metavar="FILE", help="the .onnx or .zip file")
    _overwrite(export, "an earlier export")
    export.add_argument(
        "--image", type=Path, metavar="IMAGE", help="source of the test tiles (default: a synthetic micrograph)"
    )
    export.add_argument(
        "--tile",
        type=at_least_one,
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
        "-o", "--output", type=table, required=True, metavar="FILE.csv", help="the table; - is standard output"
    )
    _overwrite(measure, "an earlier table")
    _pixel_size(measure)
    _choice(measure)
    _masks(measure)
    measure.set_defaults(command="measure")

    track = commands.add_parser("track", help="cells through time", description=TRACK, formatter_class=form)
    track.add_argument("labels", type=Path, nargs="+", metavar="LABELS", help="a label stack, or its frames in order")
    track.add_argument("-o", "--output", type=folder, required=True, metavar="DIR", help="where the results go")
    _overwrite(track, "an earlier result that was changed since")
    track.add_argument(
        "--max-distance", type=positive, metavar="PX", help="farthest move between frames (default: a cell's diameter)"
    )
    track.add_argument(
        "--max-gap", type=count, default=1, metavar="N", help="frames that a cell may be missing (default 1)"
    )
    track.add_argument("--no-divisions", action="store_true", help="cells do not divide")
    track.add_argument("--interval", type=positive, metavar="MIN", help="minutes between frames (default: the file's)")
    _pixel_size(track)
    _choice(track)
    _masks(track)
    track.set_defaults(command="track")

    compare = commands.add_parser(
        "compare", help="our networks beside other tools on your images", description=COMPARE, formatter_class=form
    )
    compare.add_argument("study", type=Path, metavar="FILE.yaml", help="names your folder of images and labels")
    compare.add_argument("--tools", metavar="NAME,NAME", help="which tools (default: those of studies/league.yaml)")
    compare.add_argument(
        "--seconds", type=positive, metavar="S", help="processor seconds of each training (default 780)"
    )
    compare.add_argument("--seeds", type=at_least_one, metavar="N", help="trainings of each (default 3)")
    compare.add_argument("-n", "--dry-run", action="store_true", help="say what would run")
    compare.set_defaults(command="compare")
    return top


def _pixel_size(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pixel-size", type=positive, metavar="UM", help="side of a pixel in micrometres (default: the file's)"
    )


def _choice(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--channel", type=at_least_one, metavar="N", help="channel of an image that has several, from 1"
    )
    command.add_argument("--z", type=at_least_one, metavar="N", help="z plane of a stack that has several, from 1")
    command.add_argument(
        "--frames-axis",
        choices=("T", "Z", "C"),
        default="T",
        help="axis that counts frames, if a program named them z planes or channels (default T)",
    )


def _machine(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda, cuda:1")
    command.add_argument("--threads", type=at_least_one, metavar="N", help="CPU threads (default: PyTorch's choice)")
    command.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")


def _masks(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--masks", action="store_true", help="the files are masks, whose connected components are the cells"
    )


def _overwrite(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--overwrite", action="store_true", help=f"replace {what}")


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
