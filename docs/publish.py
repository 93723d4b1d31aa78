"""Copy a study's small tables and one figure into docs/results; write README's results and the table of aims from them.

python -m docs.publish results/cpu "snakemake --cores 2 --configfile studies/cpu.yaml my-mirror.yaml"
"""

import csv
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from docs import aims
from docs.marks import write
from unetlib.report.verdicts import NOT_RUN

ROOT = Path(__file__).parent.parent
SCRIPT = "docs/publish.py"
TABLES = ("comparison", "transfer", "costs", "tracking")  # those that the study has
COMPARING = ("ablation", "claims", "audits")  # of a study of several experiments
STORY = "cpu"  # the study that README tells
FIGURE = "ablation"
FIGURES = ("learning-curves",)
COMPARING_FIGURES = (FIGURE, "transfer")
COMPARED = "differences"  # a table without rows where the study has one experiment
WIDTH = 1200  # px
NAMES = {"seg": "SEG", "iou": "IoU", "dice": "Dice", "map": "mAP"}
TRIVIAL = ("all-foreground", "all-background", "otsu")


def publish(results: Path, command: str) -> None:
    """Copy the study's tables and figures of numbers, and rewrite the parts of pages that are made from them."""
    folder = ROOT / "docs" / "results" / results.name
    origin = provenance(results, command)  # an unfinished study ends here, before anything is replaced
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    several = has_rows(results, COMPARED)
    for name in TABLES + several * COMPARING:
        for table in sorted((results / "tables").glob(f"{name}.*")) if has_rows(results, name) else ():
            shutil.copy(table, folder)
    for name in [name for name in FIGURES + several * COMPARING_FIGURES if _shows(results, name)]:
        picture = Image.open(results / "figures" / f"{name}.png").convert("RGB")
        picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
        picture.quantize(64).save(folder / f"{name}.png", optimize=True)
    (folder / "command.txt").write_text(command + "\n")
    (folder / "provenance.md").write_text(origin)
    if results.name == STORY:
        write(ROOT / "README.md", "results", SCRIPT, block(folder))
    write(folder.parent / "README.md", "aims", SCRIPT, aims.lines(folder.parent))


def provenance(results: Path, command: str) -> str:
    """Return what the tables were made by and from: command, day, versions, code fingerprints, data checksums."""
    facts = [json.loads(path.read_text()) for path in sorted(results.glob("runs/*/*/*/facts.json"))]
    data = {
        entry["dataset"]: f"{entry['source']}, sha256 {entry['sha256']}" for fact in facts for entry in fact["data"]
    }
    day = datetime.fromtimestamp((results / "scores.csv").stat().st_mtime, UTC).date()
    made = {"command": f"`{command}`", "day": f"{day}", "networks": f"{len(facts)}"}
    made |= {name: found for name, found in facts[0]["versions"].items() if name != "platform"}
    made |= {"code of the training": ", ".join(sorted({fact["code"] for fact in facts}))}
    return "".join(f"| {name} | {value} |\n" for name, value in ({"": "", "---": "---"} | made | data).items())


def block(folder: Path) -> list[str]:
    """Return the lines of README's results, made from the committed files alone."""
    with (folder / "comparison.csv").open(newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["headline"] == "True"]
    with (folder / "costs.csv").open(newline="") as handle:
        costs = list(csv.DictReader(handle))
    datasets = list(dict.fromkeys(row["test_dataset"] for row in rows))
    experiments = [e for e in dict.fromkeys(row["experiment"] for row in rows) if e not in TRIVIAL]
    score = {(row["test_dataset"], row["experiment"]): row for row in rows}
    heads = [f"{name}, {NAMES.get(metric := _own(rows, name)[0]['metric'], metric)}" for name in datasets]
    lines = [f"| network | {' | '.join(heads)} |", f"|---|{'---:|' * len(datasets)}"]
    for name in experiments:
        cells = [_score(score[dataset, name]) if (dataset, name) in score else "–" for dataset in datasets]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    trivial = [max(float(row["mean"]) for row in _own(rows, name) if row["experiment"] in TRIVIAL) for name in datasets]
    lines.append(f"| best trivial baseline | {' | '.join(f'{value:.3f}' for value in trivial)} |")
    lines.append(f"| test images | {' | '.join(str(max(int(r['images']) for r in _own(rows, n))) for n in datasets)} |")
    place = folder.relative_to(ROOT).as_posix()
    networks, seconds = len(costs) - 1, float(costs[-1]["train_seconds"])
    folds, seeds = (sorted({row[name] for row in costs[:-1]}, key=int) for name in ("fold", "seed"))
    return [
        f"`{(folder / 'command.txt').read_text().strip()}`: {networks} networks, {seconds / 3600:.1f} hours of "
        f"training; fold {' and '.join(folds)}, seed {', '.join(seeds)}. {_sureness(rows)} Whole test images that "
        "neither trained nor selected the network.",
        "",
        *lines,
        "",
        f"![Difference to the reference]({place}/{FIGURE}.png)",
        "",
        f"All metrics, transfer, published claims with verdicts, audits and costs: [{place}]({place}).",
    ]


def has_rows(results: Path, table: str) -> bool:
    """Whether the study has such a table and it says something: of claims, one that was put to the test."""
    path = results / "tables" / f"{table}.csv"
    if not path.exists():
        return False
    with path.open(newline="") as handle:
        return any(row.get("verdict") != NOT_RUN for row in csv.DictReader(handle))


def _shows(results: Path, figure: str) -> bool:
    """Whether there is something to see: in a map of transfer from two datasets on, in a curve from two evaluations."""
    if figure == "transfer":
        with (results / "tables" / "transfer.csv").open(newline="") as handle:
            return len({row["test_dataset"] for row in csv.DictReader(handle)}) > 1
    if figure == "learning-curves":
        return any(len(path.read_text().splitlines()) > 2 for path in results.glob("runs/*/*/*/history.csv"))
    return True


def _own(rows: list[dict[str, str]], dataset: str) -> list[dict[str, str]]:
    return [row for row in rows if row["test_dataset"] == dataset]


def _score(row: dict[str, str]) -> str:
    """A mean, with its 95 % interval where the table has one."""
    mean = f"{float(row['mean']):.3f}"
    return f"{mean} ({float(row['low']):.3f}–{float(row['high']):.3f})" if row.get("low") else mean


def _sureness(rows: list[dict[str, str]]) -> str:
    """What the brackets cover, by dataset; without any, how little a difference means."""
    covered: dict[str, list[str]] = {}
    for row in rows:
        names = covered.setdefault(row.get("resampled", ""), [])
        if row["experiment"] not in TRIVIAL and row["test_dataset"] not in names:
            names.append(row["test_dataset"])
    covered = {kind: names for kind, names in covered.items() if kind and names}
    if not covered:
        return "No intervals, so small differences mean nothing."
    said = "; ".join(f"{kind} ({', '.join(names)})" for kind, names in covered.items())
    trained = "" if any("seeds" in kind for kind in covered) else ", not retraining"
    return f"In brackets the 95 % interval, from resampling {said}{trained}."


if __name__ == "__main__":
    publish(Path(sys.argv[1]), sys.argv[2])
