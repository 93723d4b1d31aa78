"""Deposit a finished study in docs/results/deposit: its scores, histories and facts, without images and networks.

python -m tools.deposit results/cpu "snakemake --cores 2 --configfile studies/cpu.yaml my-mirror.yaml" \\
    --configfile studies/cpu.yaml

With --add, the runs of further seeds, or of further arms with the same seeds, are added to the deposit that is there:
a study of three seeds can be made in three sittings, each with its own `study: {seeds: [...]}`, and a network or a tool
can be added later by a `study: {experiments: [...], tools: [...]}` of the reference and the new ones.
A tool can also be added dataset by dataset, by `tools: {NAME: {datasets: [...]}}`.

`python -m tools.results` makes everything that is published of it from there.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from tools.published_pages import DEPOSITS
from unetlib.report.deposit import DepositError, write_deposit
from unetlib.report.deposit_parts import add_part
from unetlib.study.config_errors import read_study
from unetlib.study.facts import StudyFacts, study_facts

ROOT = Path(__file__).parent.parent


def facts_of(files: list[Path]) -> StudyFacts:
    """Return the facts of the study of these configuration files, laid over each other as Snakemake does."""
    config: dict[str, object] = {}
    for path in files:
        update_config(config, load_configfile(path))
    return study_facts(read_study(config, files))


def deposit(results: Path, command: str, configfiles: list[Path], *, add: bool = False) -> Path:
    """Deposit the study whose results these are, <project>/results/<study>; return the folder of its deposit.

    add: add its seeds or arms to the deposit that is there.
    """
    root = results.resolve().parents[1]
    facts = facts_of([root / "config.yaml", *configfiles])
    if facts.name != results.name:
        raise DepositError(f"{results}: the configuration is of study {facts.name}; give the files of {results.name}")
    folder = ROOT / DEPOSITS / facts.name
    if not add:
        write_deposit(folder, root, facts, command)
        return folder
    if not folder.is_dir():
        raise DepositError(f"{folder}: there is no deposit to add to; leave out --add")
    with tempfile.TemporaryDirectory() as place:
        write_deposit(Path(place) / facts.name, root, facts, command)
        add_part(folder, Path(place) / facts.name)
    return folder


def main() -> int:
    """Deposit the study that the command line names; an error is one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a finished study, such as results/cpu")
    parser.add_argument("command", help="the command that made it, as it is to be shown")
    parser.add_argument("--configfile", type=Path, nargs="+", required=True, help="the files that it was made with")
    parser.add_argument("--add", action="store_true", help="add these seeds, or arms, to the study's deposit")
    given = parser.parse_args()
    try:
        folder = deposit(given.results, given.command, given.configfile, add=given.add)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.2f} MB; python -m tools.results makes what is published of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
