"""The command `unetlib`: apply a trained network to your own images and measure the result."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from unetlib.cli_arguments import parser
from unetlib.cli_compare import compare
from unetlib.cli_finetune import finetune
from unetlib.cli_inputs import choice_of, image_files_of, network_of
from unetlib.cli_predict import predict
from unetlib.cli_terminal import FAILURES, NAMED, Batch, Notes, failed, plain_terminal, say, show, write_to_stdout
from unetlib.io.interruption import Stopped, signals_raise
from unetlib.io.wording import counted, named


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one line on stderr, 130 or 143 after an interruption."""
    with plain_terminal():
        given = parser().parse_args(arguments)
        commands = {"predict": predict, "models": _models, "measure": _measure, "track": _track}
        commands |= {"export": _export, "info": _info, "finetune": finetune, "compare": compare}
        try:
            with signals_raise():
                return commands[given.command](given)
        except BrokenPipeError:  # the reader of standard output closed it, for example `head`
            return 0
        except FAILURES as error:
            return failed(error)
        except KeyboardInterrupt:
            say("interrupted: nothing of the current file was written")
            return 130
        except Stopped as stopped:
            say(f"stopped by {stopped.signal}: nothing of the current file was written")
            return int(stopped.code or 1)


def _export(given: argparse.Namespace) -> int:
    from unetlib.networks.export.exporter import export

    how = {"kind": given.to, "image": given.image, "tile_px": given.tile, "overwrite": given.overwrite}
    done = export(network_of(given.model).path, given.output, **how)
    say(f"{done.file}: differs from PyTorch by at most {done.difference:.1e} of a probability, on {done.tiles} tiles")
    return 0


def _info(given: argparse.Namespace) -> int:
    from unetlib.networks.description import describe

    for name, text in describe(network_of(given.model).path):
        show(f"{name + ':':14}{text}")
    return 0


def _models(given: argparse.Namespace) -> int:
    from unetlib.models.registry import named_model, shipped_models

    if given.name is not None:
        show((named_model(given.name).folder / "card.md").read_text(encoding="utf-8").rstrip())
        return 0
    rows = [("name", "images", "pixel size", "score on unseen images")]
    for model in shipped_models():
        size = f"{model.pixel_size_um:g} µm" if model.pixel_size_um else "various"
        rows.append((model.name, model.shows, size, model.score))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        show("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _measure(given: argparse.Namespace) -> int:
    import tempfile

    from unetlib.io.files import Row, write_csv
    from unetlib.io.outputs import check_table
    from unetlib.io.pairing import in_natural_order
    from unetlib.tracking.label_files import LabelOptions
    from unetlib.tracking.measured_files import COLUMNS, measure_file, pair

    labels = image_files_of(given.labels, labels=True)
    pictures: list[Path] = image_files_of(given.intensity) if given.intensity else []
    if given.output is not None:
        check_table(given.output, COLUMNS, inputs=[*labels, *pictures], overwrite=given.overwrite)
    paired = pair(labels, pictures)
    if left := in_natural_order(set(pictures) - set(paired.values())):
        what = f"{counted(len(left), 'intensity image')} without a label file of the same name"
        say(f"not used: {what}: {named(left, NAMED)}")
    options = LabelOptions(choice_of(given), given.masks)
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
    """No row of the table could be made."""


def _track(given: argparse.Namespace) -> int:
    from unetlib.tracking.ctc_folder import track_files
    from unetlib.tracking.label_files import LabelOptions
    from unetlib.tracking.linking import Scale
    from unetlib.tracking.settings import LinkSettings

    found = track_files(
        image_files_of(given.labels, labels=True),
        given.output,
        LinkSettings(max_distance_px=given.max_distance, max_gap=given.max_gap, divisions=not given.no_divisions),
        Scale(given.pixel_size, given.interval),
        overwrite=given.overwrite,
        options=LabelOptions(choice_of(given), given.masks),
    )
    notes = Notes()
    notes.say(found.notes)
    notes.close()
    what = f"{counted(found.tracks, 'track')}, {counted(found.divisions, 'division')}"
    say(f"{what} in {found.frames} frames, moves up to {found.max_distance_px:.1f} px")
    return 0
