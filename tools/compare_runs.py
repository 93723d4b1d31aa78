"""Compare runs that were trained again with the same runs of a deposit: are their scores the same?

snakemake --cores 2 --configfile studies/cpu.yaml studies/decisive.yaml -- \\
    results/decisive/scores/reference/isbi-em/fold0-seed0.csv
python -m tools.compare_runs results/decisive

One line per run: how many scores, how many of them are the same to the last digit, and how far the means of Dice, IoU
and SEG over its images are from the deposited ones. On the machine of the deposit all scores are the same; on another
processor sums are taken in another order, and a training drifts away from its twin.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from tools.published_pages import DEPOSITS
from unetlib.evaluation.long_table import SCORE_COLUMNS
from unetlib.io.packed import check_checksums
from unetlib.report.deposit import SCORES, DepositError

ROOT = Path(__file__).parent.parent
KEY = [*SCORE_COLUMNS[:-1]]
MEANS = ("dice", "iou", "seg")


def read_runs(results: Path) -> pd.DataFrame:
    """Return the scores of all runs of a results folder, finished study or not, with the text of their files."""
    files = sorted((results / "scores").rglob("fold*-seed*.csv"))
    if not files:
        raise DepositError(f"{results}/scores: no scores of a run; train one, as this program's --help shows")
    return pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in files], ignore_index=True)


def compare(again: pd.DataFrame, deposited: pd.DataFrame) -> pd.DataFrame:
    """Return a row per run of both: scores, how many are the same, differences of the means (again − deposited).

    again, deposited: SCORE_COLUMNS as text. Raises DepositError where they share no run.
    """
    both = again.merge(deposited, on=KEY, suffixes=("", "_deposited"))
    if both.empty:
        raise DepositError("no run of these results is deposited; compare runs of the same study, fold and seed")
    both["same"] = both["value"] == both["value_deposited"]
    values = both[["value", "value_deposited"]].apply(pd.to_numeric)
    both["difference"] = values["value"] - values["value_deposited"]
    run = ["experiment", "train_dataset", "test_dataset", "fold", "seed"]
    table = both.groupby(run, sort=False).agg(scores=("same", "size"), same=("same", "sum"))
    means = both[both["metric"].isin(MEANS)].groupby([*run, "metric"], sort=False)["difference"].mean().unstack()
    return table.join(means.reindex(columns=[*MEANS])).reset_index()


def main() -> int:
    """Print the comparison; an error is one line, and exit status 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a study with runs that were trained again")
    results = parser.parse_args().results
    deposit = ROOT / DEPOSITS / results.name
    try:
        if not deposit.is_dir():
            raise DepositError(f"{deposit}: study {results.name} has no deposit")
        check_checksums(deposit)
        table = compare(read_runs(results), pd.read_csv(deposit / SCORES, dtype=str, keep_default_na=False))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table.to_markdown(index=False, floatfmt="+.4f"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
