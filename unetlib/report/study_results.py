"""Write the tables and charts of a study into one folder from its deposit alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import pandas as pd
from PIL import Image

from unetlib.evaluation.pitfalls import pitfalls_shown
from unetlib.evaluation.silver_truth import silver_shown
from unetlib.evaluation.tables import read_long
from unetlib.io.files import read_csv
from unetlib.report import claims
from unetlib.report.deposit import RUN_COLUMNS, Deposit, silver_table
from unetlib.report.display_tables import to_markdown
from unetlib.report.literature import Claim, Error
from unetlib.report.study_figures import ChartData, charts, save_figures
from unetlib.report.study_scores import Study, study_of
from unetlib.report.study_tables import (
    contrasts_of,
    display_table,
    pitfall_table,
    study_tables,
    waterfall_table,
    write_table,
)
from unetlib.report.waterfalls import waterfall_shown
from unetlib.study.runs import Run

SHOWN_AS = {"pitfalls": pitfalls_shown, "waterfall": waterfall_shown}
FIGURE_WIDTH_PX = 1200
COLOURS = 64


def write_tables(folder: Path, deposit: Deposit, ledger: Sequence[Claim], errors: Mapping[int, Error]) -> Study:
    """Write all tables of a study into the folder, including empty ones; return the look-ups for its claims.

    The tables equal those of the workflow. Claims are therefore judged by the tables as written, with rounded numbers.
    """
    facts, found, trained = deposit.facts, deposit.scores, deposit.trained
    made = study_tables(facts, found, trained) | {"tracking": deposit.tracking}
    made["pitfalls"] = pitfall_table(facts, found, trained)
    if facts.protocols:
        made["waterfall"] = waterfall_table(facts, found, trained)
    for name, table in made.items():
        shown = SHOWN_AS[name](table) if name in SHOWN_AS else display_table(facts, name, table)
        write_table(folder / f"{name}.csv", table, shown)
    (folder / "silver.csv").write_bytes(deposit.silver)
    silver = silver_shown(silver_table(deposit.silver))
    (folder / "silver.md").write_text(to_markdown(silver), encoding="utf-8", newline="\n")
    read = {name: read_long(folder / f"{name}.csv") for name in made if name != "tracking"}
    study = study_of(facts, read, histories(deposit), contrasts_of(facts, found))
    table = claims.compare_claims(ledger, errors, study)
    write_table(folder / "claims.csv", table, claims.claims_shown(table))
    return study


def histories(deposit: Deposit) -> Iterator[tuple[Run, pd.DataFrame]]:
    """Yield each run of a study with the history of its network, which another experiment may have trained."""
    found = dict(iter(deposit.history.groupby([*RUN_COLUMNS], sort=False)))
    yield from ((run, found[astuple(deposit.facts.training_run(run))]) for run in deposit.facts.runs())


def write_charts(folder: Path, deposit: Deposit) -> None:
    """Draw the charts of a study from the tables in the folder, each as a small PNG and as SVG.

    Charts without content are omitted: learning curves with a single evaluation, transfer with a single dataset, an
    ablation without a second experiment.
    """
    facts = deposit.facts
    names = ["comparison", "ablation", "differences", "transfer", *["waterfall"] * bool(facts.protocols)]
    names += ["league"] * bool(facts.tools)
    read = {name: read_long(folder / f"{name}.csv") for name in names}
    claimed = claims.read_claims(folder / "claims.csv") if facts.protocols else None
    data = ChartData(**read, history=deposit.history, facts=deposit.trained, claims=claimed)
    empty = {
        "ablation": read["ablation"].empty,
        "transfer": read["transfer"]["test_dataset"].nunique() < 2,
        "learning-curves": deposit.history["update"].nunique() < 2,
    }
    drawn = {name: figure for name, figure in charts(facts, data).items() if not empty.get(name, False)}
    save_figures(drawn, folder)
    for name in drawn:
        _make_small(folder / f"{name}.png")


def _make_small(path: Path) -> None:
    """Shrink a chart to FIGURE_WIDTH_PX and a palette of COLOURS, in place."""
    picture = Image.open(path).convert("RGB")
    height = round(picture.height * FIGURE_WIDTH_PX / picture.width)
    small = picture.resize((FIGURE_WIDTH_PX, height), Image.Resampling.LANCZOS)
    small.quantize(COLOURS).save(path, optimize=True)


def remove_empty(folder: Path) -> None:
    """Remove the tables without rows, and the table of claims if the study has a score for none of them."""
    for path in sorted(folder.glob("*.csv")):
        rows = read_csv(path, ())
        if not any(row["ours"] or row["theirs"] for row in rows) if path.stem == "claims" else not rows:
            for table in (path, path.with_suffix(".md")):
                table.unlink(missing_ok=True)
