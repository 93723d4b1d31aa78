"""Make everything that is published of the deposited studies, from docs/results/deposit alone: python -m tools.results

Tables and charts of each study in docs/results/<study>, the ledger of all of them in docs/results/claims.csv, and the
generated sections of README.md and docs/results/README.md. Nothing is trained, and no image is read.
"""

import shutil
import sys
from pathlib import Path

from tools.published_pages import DEPOSITS, PUBLISHED, provenance_table, write_pages
from unetlib.io.files import atomic_folder
from unetlib.io.packed import write_checksums
from unetlib.report.deposit import Deposit, read_deposit
from unetlib.report.ledger import Evidence, joint_ledger, ledger_shown
from unetlib.report.literature import read_errors, read_ledger
from unetlib.report.study_results import remove_empty, write_charts, write_tables
from unetlib.report.study_tables import write_table

ROOT = Path(__file__).parent.parent
FILES = r"[A-Za-z0-9._-]+\.(csv|md|png|svg|webp)|command\.txt|SHA256SUMS"  # of a published study
PANELS = ("examples", "weight-map", "augmentation", "tracks", "motion")  # pictures of images, which no deposit has


def make_results(root: Path) -> None:
    """Rewrite the published folder of every deposited study, the ledger and the pages of the project in root."""
    errors = read_errors(root / "workflow/known-errors.csv")
    claims = read_ledger(root / "workflow/literature.csv", errors)
    deposits = {name: read_deposit(root / DEPOSITS / name) for name in deposited(root)}
    evidence = {}
    for name, deposit in deposits.items():
        folder = root / PUBLISHED / name
        with atomic_folder(folder, FILES, "part of published results") as staging:
            study = write_tables(staging, deposit, claims, errors)
            write_charts(staging, deposit)
            remove_empty(staging)
            _write_origin(staging, deposit)
            for panel in (path for form in PANELS for path in folder.glob(f"{form}-*.*")):
                shutil.copyfile(panel, staging / panel.name)
            write_checksums(staging)
        evidence[name] = Evidence.of(study, deposit.facts, deposit.trained)
    ledger = joint_ledger(claims, errors, evidence) if evidence else None
    if ledger is not None:
        write_table(root / PUBLISHED / "claims.csv", ledger, ledger_shown(ledger))
    write_pages(root, deposits, ledger)


def deposited(root: Path) -> list[str]:
    """Return the names of the deposited studies."""
    return sorted(path.name for path in (root / DEPOSITS).glob("*") if path.is_dir())


def _write_origin(folder: Path, deposit: Deposit) -> None:
    """Write what the study was made by."""
    for name, text in {"command.txt": f"{deposit.command}\n", "provenance.md": provenance_table(deposit)}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def main() -> int:
    """Make all results of this repository; an error is one line."""
    try:
        make_results(ROOT)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
