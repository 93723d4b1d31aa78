"""Copy a study's small tables and figures to docs/results and rewrite the pages that are made from them.

python -m tools.publish_results results/cpu "snakemake --cores 2 --configfile studies/cpu.yaml my-mirror.yaml"
"""

import argparse
import csv
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from tools.aims import aims_table
from tools.map_results import COLUMNS
from tools.marked_sections import replace_section, write_section
from unetlib.evaluation.baselines import TRIVIAL
from unetlib.evaluation.bootstrap import retrained
from unetlib.evaluation.tables import METRICS
from unetlib.io.files import atomic_folder
from unetlib.networks.run_record import read_facts
from unetlib.study.layout import RUN, Layout

ROOT = Path(__file__).parent.parent
WRITER = "tools/publish_results.py"
README_STUDY = "cpu"
README_FIGURE = "ablation"
FIGURE_WIDTH_PX = 1200
TABLES = ("comparison", "transfer", "costs", "tracking")  # each is copied where the study has it
COMPARISON_TABLES = ("ablation", "claims", "pitfalls")  # of studies with more than one experiment
FIGURES = ("learning-curves",)
COMPARISON_FIGURES = (README_FIGURE, "transfer")
DIFFERENCES = "differences"  # the table that has rows only where a study has more than one experiment
FILES = r"[a-z-]+\.(csv|md|png)|command\.txt"  # of a published study; a folder that holds anything else stays as it is

Rows = list[dict[str, str]]


class PublishError(ValueError):
    """A study that cannot be published."""


def publish(results: Path, command: str) -> None:
    """Replace docs/results/<study> with the tables and figures of a finished study and rewrite the generated sections.

    results: <project>/results/<study>. Figures that show images are not copied. Raises PublishError for an unfinished
    study, and OutputError where the folder holds other files; then nothing is replaced.
    """
    folder = ROOT / "docs/results" / results.name
    pages = {"results": ROOT / "README.md", "aims": folder.parent / "README.md"}
    for name, page in pages.items():
        replace_section(page.read_text(encoding="utf-8"), name, WRITER, [])  # a page without the section: an error now
    provenance = provenance_table(results, command)
    compares = has_content(results, DIFFERENCES)
    with atomic_folder(folder, FILES, "part of published results") as staging:
        for name in TABLES + compares * COMPARISON_TABLES:
            if has_content(results, name):
                for table in _table(results, name).parent.glob(f"{name}.*"):
                    shutil.copyfile(table, staging / table.name)
        for name in FIGURES + compares * COMPARISON_FIGURES:
            if _figure_has_content(results, name):
                _copy_figure(_place(results, _layout(results).figure(name, "png")), staging / f"{name}.png")
        (staging / "command.txt").write_text(f"{command}\n", encoding="utf-8", newline="\n")
        (staging / "provenance.md").write_text(provenance, encoding="utf-8", newline="\n")
    if results.name == README_STUDY:
        write_section(pages["results"], "results", WRITER, readme_section(folder))
    write_section(pages["aims"], "aims", WRITER, aims_table(folder.parent))


def provenance_table(results: Path, command: str) -> str:
    """Return a Markdown table of what the study was made by and from: command, day, versions, code and data."""
    facts = [read_facts(path) for path in _of_runs(results, _layout(results).run_facts(RUN))]
    scores = _place(results, _layout(results).all_scores)
    if not facts or not scores.exists():
        raise PublishError(f"{results}: no scores.csv or no finished run in runs/; publish a finished study")
    day = datetime.fromtimestamp(scores.stat().st_mtime, UTC).date()
    cells = {"": "", "---": "---", "command": f"`{command}`", "day": f"{day}", "networks": f"{len(facts)}"}
    cells |= {name: version for name, version in facts[0].versions.items() if name != "platform"}
    cells["code of the training"] = ", ".join(sorted({fact.code or "unknown" for fact in facts}))
    for entry in (entry for fact in facts for entry in fact.data):
        cells[str(entry.dataset)] = f"{entry.source}, sha256 {entry.sha256}"
    return "".join(f"| {name} | {value} |\n" for name, value in cells.items())


def has_content(results: Path, table: str) -> bool:
    """Return whether the study has rows in this table; of claims, at least one that the study has tested."""
    path = _table(results, table)
    return path.exists() and any("verdict" not in row or row.get("theirs") or row.get("ours") for row in _read(path))


def readme_section(folder: Path) -> list[str]:
    """Return the lines of README's results, made from a published folder alone."""
    rows = [row for row in _read(folder / "comparison.csv") if row["primary"] == "True"]
    place = folder.relative_to(ROOT).as_posix()
    return [
        _caption((folder / "command.txt").read_text().strip(), rows, _read(folder / "costs.csv")),
        "",
        *_score_table(rows),
        "",
        f"![Difference of each experiment to the reference, with 95 % intervals]({place}/{README_FIGURE}.png)",
        "",
        f"All metrics, transfer between datasets, published claims with verdicts and costs: [{place}]({place}).",
    ]


def _layout(results: Path) -> Layout:
    return Layout(results.name)


def _place(results: Path, path: str) -> Path:
    """Return where a path of the layout stands in the project of these results."""
    return results / Path(path).relative_to(_layout(results).results)


def _table(results: Path, name: str) -> Path:
    return _place(results, _layout(results).table(name))


def _of_runs(results: Path, pattern: str) -> list[Path]:
    """Return the files of all runs that a path of the layout stands for."""
    return sorted(results.glob(re.sub(r"\{\w+\}", "*", str(Path(pattern).relative_to(_layout(results).results)))))


def _read(path: Path) -> Rows:
    """Return the rows of a table, also of one that was published before its columns were renamed."""
    with path.open(encoding="utf-8", newline="") as handle:
        return [{COLUMNS.get(name, name): value for name, value in row.items()} for row in csv.DictReader(handle)]


def _copy_figure(source: Path, target: Path) -> None:
    picture = Image.open(source).convert("RGB")
    height = round(picture.height * FIGURE_WIDTH_PX / picture.width)
    picture.resize((FIGURE_WIDTH_PX, height), Image.Resampling.LANCZOS).quantize(64).save(target, optimize=True)


def _figure_has_content(results: Path, figure: str) -> bool:
    """A map of transfer needs two datasets, a learning curve two evaluations."""
    if figure == "transfer":
        return len({row["test_dataset"] for row in _read(_table(results, "transfer"))}) > 1
    if figure == "learning-curves":
        return any(len(path.read_text().splitlines()) > 2 for path in _of_runs(results, _layout(results).history(RUN)))
    return True


def _caption(command: str, rows: Rows, costs: Rows) -> str:
    *networks, total = costs
    folds, seeds = (sorted({row[name] for row in networks}, key=int) for name in ("fold", "seed"))
    return (
        f"`{command}`: {len(networks)} networks, {float(total['train_seconds']) / 3600:.1f} hours of training; "
        f"fold {' and '.join(folds)}, seed {', '.join(seeds)}. {_interval_note(rows)} Scores are of whole test images, "
        "which had no part in training or in the choice of a network."
    )


def _score_table(rows: Rows) -> list[str]:
    datasets = list(dict.fromkeys(row["test_dataset"] for row in rows))
    experiments = [name for name in dict.fromkeys(row["experiment"] for row in rows) if name not in TRIVIAL]
    tested = {name: [row for row in rows if row["test_dataset"] == name] for name in datasets}
    metrics = [tested[name][0]["metric"] for name in datasets]
    header = [f"{name}, {METRICS.get(metric, metric)}" for name, metric in zip(datasets, metrics, strict=True)]
    scores = {(row["test_dataset"], row["experiment"]): _score(row) for row in rows}
    body = [[name, *(scores.get((dataset, name), "–") for dataset in datasets)] for name in experiments]
    trivial = [[float(row["mean"]) for row in own if row["experiment"] in TRIVIAL] for own in tested.values()]
    body.append(["best trivial baseline", *(f"{max(means):.3f}" for means in trivial)])
    body.append(["test images", *(str(max(int(row["images"]) for row in own)) for own in tested.values())])
    lines = [f"| {' | '.join(cells)} |" for cells in (["network", *header], *body)]
    return [lines[0], f"|---|{'---:|' * len(datasets)}", *lines[1:]]


def _score(row: dict[str, str]) -> str:
    mean = f"{float(row['mean']):.3f}"
    return f"{mean} ({float(row['low']):.3f}–{float(row['high']):.3f})" if row.get("low") else mean


def _interval_note(rows: Rows) -> str:
    """Say what the intervals cover, by dataset."""
    datasets: dict[str, list[str]] = {}
    for row in rows:
        if row["experiment"] not in TRIVIAL and row.get("resampled"):
            names = datasets.setdefault(row["resampled"], [])
            names.extend({row["test_dataset"]} - set(names))
    if not datasets:
        return "There are no intervals, so small differences mean nothing."
    units = " and ".join(f"{unit} ({', '.join(names)})" for unit, names in datasets.items())
    limit = "" if any(map(retrained, datasets)) else "; they do not cover the variation between trainings"
    return f"In brackets: 95 % intervals from resampling {units}{limit}."


def main() -> int:
    """Publish the study that the command line names; an error is one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a finished study, such as results/cpu")
    parser.add_argument("command", help="the command that made it, as it is to be shown")
    given = parser.parse_args()
    try:
        publish(given.results, given.command)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
