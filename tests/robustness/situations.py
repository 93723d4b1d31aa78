"""Run the tests of situations that users report, and print a table of them: by kind, how many cases, how many failed.

python tests/robustness/situations.py [--only "a mask given as labels" …] [--write docs/reliability.md]

A kind is a list of test files, each with the words of -k that choose among its tests ("": all). A case is a test of
theirs; one of random cases (hypothesis) counts once, and `random` says how many are so. What a test asserts is that
nothing is lost and that what is not right is refused or said; a row says so only where none of its tests has failed.
"""

import argparse
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from tools.marked_sections import keep_other_rows, write_section  # noqa: E402

SCRIPT = "tests/robustness/situations.py"
HEADER = ["| kind | cases | of them random | lost | silently wrong | known limit |", "|---|---:|---:|---|---|---|"]


@dataclass(frozen=True)
class Kind:
    """Situations of one kind: the tests that try them, and what is known to be missed.

    loses: whether a test that fails means that data is lost or left out; else it means a wrong number or message.
    """

    name: str
    tests: tuple[tuple[str, str], ...]
    loses: bool = False
    limit: str = "none"


KINDS = (
    Kind(
        "what stands where a result goes: files, links, folders, pipes, devices, inputs",
        (
            ("tests/io/test_outputs.py", ""),
            ("tests/io/test_files.py", ""),
            ("tests/test_cli_files.py", "replaces or way"),
            ("tests/robustness/test_foreign_files.py", "place"),
        ),
        loses=True,
    ),
    Kind(
        "a failure or a signal while files are replaced",
        (
            ("tests/io/test_replacement.py", ""),
            ("tests/io/test_interruption.py", ""),
            ("tests/test_cli_files.py", "signal"),
            ("tests/robustness/test_foreign_files.py", "told_to_end"),
        ),
        loses=True,
    ),
    Kind(
        "a batch with bad files, its rerun, labels and tracks that were corrected by hand, folders of others",
        (
            ("tests/test_cli_files.py", "batch or corrected or bad_label or all_that_users"),
            ("tests/tracking/test_result_folder.py", ""),
        ),
        loses=True,
    ),
    Kind(
        "standard output, pipes that are closed, terminals of another alphabet",
        (
            ("tests/test_cli_files.py", "dash or terminal or reader_that"),
            ("tests/test_cli_names.py", "closed or libraries"),
        ),
    ),
    Kind(
        "NaN in what is checked",
        (
            ("tests/networks/test_exporter.py", ""),
            ("tests/networks/test_bioimageio.py", ""),
            ("tests/workflow/test_comparisons.py", ""),
            ("tests/tracking/test_measured_files.py", "stored_id or not_numbers"),
        ),
    ),
    Kind(
        "a disk that is full, has a limit of file size, or is read-only",
        (("tests/io/test_mapped_files.py", ""), ("tests/io/test_files.py", "full or fills or too_large or takes_no")),
        loses=True,
        limit="file systems that cannot reserve space: a disk that fills up meanwhile ends `unetlib predict`",
    ),
    Kind(
        "names of files with line breaks, signs of the shell, accents in two forms",
        (("tests/test_cli_names.py", "any_name or accent"),),
        loses=True,
    ),
    Kind(
        "too few images or groups for a split, and the folds that an error proposes",
        (("tests/datasets/test_splits.py", "cannot_be or proposes"),),
    ),
    Kind(
        "pairing and order of files, whatever order the shell gives",
        (("tests/io/test_pairing.py", ""), ("tests/test_cli_properties.py", "cell or frames_are")),
    ),
    Kind(
        "axes, channels, colour, inverted scale",
        (
            ("tests/io/test_axes.py", ""),
            ("tests/io/test_samples.py", ""),
            ("tests/test_cli_properties.py", "every_plane"),
        ),
        limit="3 or 4 frames that a program tagged as colour are read as colour, which is said",
    ),
    Kind(
        "a header that counts more or fewer planes than there are, a file that was cut",
        (("tests/io/test_tiff.py", ""), ("tests/io/test_stacks.py", "cut")),
    ),
    Kind(
        "a mask given as labels",
        (("tests/imaging/test_instance_check.py", ""), ("tests/datasets/test_mask_files.py", "")),
        limit="cells whose mask is one piece, or two pieces close together, are not told from one cell",
    ),
    Kind(
        "another scale than the training's, pixels that are not square",
        (("tests/networks/test_image_scale.py", ""), ("tests/test_cli_scale.py", "not (read_of or damaged)")),
        limit="where one of the two sizes is not stated they cannot be compared",
    ),
    Kind(
        "units, intervals, pixel sizes, distances of z planes",
        (
            ("tests/io/test_calibration.py", ""),
            ("tests/io/test_ome_times.py", ""),
            ("tests/io/test_png.py", ""),
            ("tests/test_cli_scale.py", "read_of or damaged"),
        ),
    ),
    Kind(
        "remedies that errors of the command line name, typed",
        (("tests/test_cli_remedies.py", ""), ("tests/test_cli_repairs.py", ""), ("tests/test_remedies.py", "")),
    ),
    Kind("images without cells", (("tests/datasets/test_negatives.py", ""),), loses=True),
    Kind(
        "identical, turned and nearly identical images, within a dataset and between datasets",
        (("tests/datasets/test_duplicates.py", ""), ("tests/study/test_shared_across.py", "")),
        limit="a small crop; between datasets, what is not equal to the last bit",
    ),
    Kind(
        "hidden, deep, linked and unclear folders; plates; files that are not used",
        (
            ("tests/datasets/test_pair_layout.py", ""),
            ("tests/io/test_folders.py", ""),
            ("tests/workflow/test_prepare.py", ""),
        ),
        loses=True,
    ),
    Kind("several bad files at once", (("tests/datasets/test_faults.py", ""),)),
    Kind(
        "junk, touched files, a label changed with its old size and time; sources and folders that are not there",
        (("tests/datasets/test_source_digest.py", ""), ("tests/study/test_sources.py", "")),
    ),
    Kind(
        "an overlay that would write over another study's results", (("tests/study/test_overlays.py", ""),), loses=True
    ),
    Kind(
        "external tools that fail, give masks, or move their files",
        tuple((f"tests/study/test_external_{part}.py", "") for part in ("tools", "inputs", "scores")),
    ),
)


class Outcomes:
    """Counts what pytest ran: cases, those of hypothesis, and the names of what failed."""

    def __init__(self) -> None:
        self.cases, self.random, self.failed = 0, 0, list[str]()

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self.cases += 1
        self.random += hasattr(getattr(item, "obj", None), "hypothesis")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def tried(kind: Kind) -> Outcomes:
    """Return what came of the tests of a kind; SystemExit where a file of it is missing or has no such test."""
    found = Outcomes()
    for path, words in kind.tests:
        before = found.cases
        pytest.main(["-q", "-m", "not realdata", str(ROOT / path), *(["-k", words] if words else [])], [found])
        if found.cases == before:
            raise SystemExit(f"{path}: no test was run (-k {words!r}); correct the kind {kind.name!r} in {SCRIPT}")
    return found


def row(kind: Kind, found: Outcomes) -> str:
    """Return the table's row of a kind: "nothing" is lost and "none" is wrong where no test of it has failed."""
    failed = f"{len(found.failed)} failed" if found.failed else ""
    lost, wrong = (failed or "nothing" if kind.loses else "–"), failed or "none"
    return f"| {kind.name} | {found.cases} | {found.random} | {lost} | {wrong} | {kind.limit} |"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[kind.name for kind in KINDS], metavar="KIND")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also write the table into this page")
    given = parser.parse_args(arguments)
    kinds = [kind for kind in KINDS if not given.only or kind.name in given.only]
    lines, failed = [f"`python {SCRIPT}` (Python {platform.python_version()}).", "", *HEADER], list[str]()
    for kind in kinds:
        found = tried(kind)
        lines.append(row(kind, found))
        failed += found.failed
        if given.write:  # what is done stays, also of a run that is stopped
            whole = len(lines) == len(KINDS) + len(HEADER) + 2
            kept = lines if whole else keep_other_rows(given.write.read_text(), "situations", SCRIPT, lines)
            write_section(given.write, "situations", SCRIPT, kept)
    print(*lines, *(f"failed: {name}" for name in failed), sep="\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
