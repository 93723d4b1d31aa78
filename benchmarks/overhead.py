"""Print the time of a finished local study, split into training, inference and all other work by rule.

    python benchmarks/overhead.py demo --cores 2 --wall-seconds 412

The seconds of jobs come from Snakemake's benchmark files in results/<study>/benchmarks, those of training from
facts.json, and those of inference from the logs of predictions. The rest of cores × wall time is Snakemake's: start,
planning, scheduling and idle cores.
"""

import argparse
import csv
import json
import re
from collections import defaultdict
from pathlib import Path


def spent(study: str) -> dict[str, float]:
    """Return seconds by cause, summed over the jobs of a rule."""
    seconds: dict[str, float] = defaultdict(float)
    folder = Path("results") / study / "benchmarks"
    for path in sorted(folder.rglob("*.tsv")):
        with path.open(newline="") as handle:
            rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
            seconds[rule] += sum(float(row["s"]) for row in csv.DictReader(handle, delimiter="\t"))
    facts = Path("results", study, "runs").rglob("facts.json")
    seconds["training"] = sum(json.loads(path.read_text())["train_seconds"] for path in facts)
    logs = Path("logs", study, "predict").rglob("*.log")
    seconds["inference"] = sum(float(s) for path in logs for s in re.findall(r"in ([\d.]+) s$", path.read_text(), re.M))
    seconds["train: interpreter, imports, reading, writing"] = seconds.pop("train") - seconds["training"]
    seconds["predict: interpreter, imports, reading, writing"] = seconds.pop("predict") - seconds["inference"]
    return dict(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--wall-seconds", type=float, required=True)
    arguments = parser.parse_args()
    seconds = spent(arguments.study)
    total = arguments.cores * arguments.wall_seconds
    seconds["snakemake and idle cores"] = total - sum(seconds.values())
    work = {"training", "inference"}
    print("| core-seconds | share | cause |\n|---:|---:|---|")
    for cause, value in sorted(seconds.items(), key=lambda item: (item[0] not in work, -item[1])):
        print(f"| {value:.1f} | {100 * value / total:.1f} % | {cause} |")
    overhead = total - sum(seconds[name] for name in work)
    print(f"\noverhead: {overhead:.0f} of {total:.0f} core-seconds, {100 * overhead / total:.1f} %")


if __name__ == "__main__":
    main()
