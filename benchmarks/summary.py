"""Write docs/benchmarks.md's table and README's sentence from benchmarks/results.json: python -m benchmarks.summary."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.marked_sections import write_section

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE, README = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"
SECTION, WRITER = "speed", "benchmarks/summary.py"
UNITS = {"×": "times as fast as", "× the floor": "times the time of"}
ONE_LINE = ("planning", "scaling")  # subjects whose cases are printed on one line
PACKAGES = ("torch", "numpy", "scipy", "snakemake", "monai")
COMPARISONS = (  # subject, contenders, sentence about the range of their ratios
    (
        "weight map",
        ("naive EDT per instance",),
        "a weight map is {} times as fast as with a distance transform per instance",
    ),
    (
        "augmented triple",
        ("scipy", "albumentations", "MONAI", "torchio"),
        "an augmented image {} times as fast as with SciPy, albumentations, MONAI or torchio",
    ),
    (
        "metrics",
        ("py-ctcmetrics + scikit-image",),
        "the scores of an image {} times as fast as with py-ctcmetrics and scikit-image",
    ),
    ("training step", ("plain fp32 loop",), "a training step {} times as fast as a plain loop in float32"),
    ("inference", ("MONAI, bf16",), "prediction {} times as fast as by MONAI's sliding windows in bfloat16"),
)

Rows = Sequence[Mapping[str, Any]]


def table(results: Mapping[str, Any]) -> list[str]:
    """Return the lines of the table, one per case, from the content of results.json."""
    lines = [machine_line(results["machine"]), "", "| what | measured | missed aims |", "|---|---|---|"]
    cases: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in results["rows"]:
        if row["value"] is not None:
            cases.setdefault((row["subject"], "" if row["subject"] in ONE_LINE else row["case"]), []).append(row)
    for (subject, case), rows in cases.items():
        missed = "; ".join(f"{row['against']}: {row['aim']} {row['unit']}" for row in rows if row["holds"] is False)
        numbers = [in_words(row) if case else f"{row['case']} {in_words(row)}" for row in rows]
        lines.append(f"| {subject}{': ' * bool(case)}{case} | {'; '.join(numbers)} | {missed} |")
    absent = [f"{row['subject']}, {row['case']} ({row['note']})" for row in results["rows"] if row["value"] is None]
    return lines + (["", f"Without a number: {'; '.join(absent)}."] if absent else [])


def sentence(results: Mapping[str, Any]) -> str:
    """Return the ranges of the ratios in one sentence."""
    parts = []
    for subject, contenders, words in COMPARISONS:
        ratios = [r["value"] for r in results["rows"] if r["subject"] == subject and r["against"] in contenders]
        ratios = sorted(ratio for ratio in ratios if ratio is not None)
        if ratios:
            ends = dict.fromkeys(_number(ratio) for ratio in (ratios[0], ratios[-1]))
            parts.append(words.format(" to ".join(ends)))
    machine = results["machine"]
    return f"On {machine['cores']} cores of {machine['processor']}, {', '.join(parts)}."


def in_words(row: Mapping[str, Any]) -> str:
    """Return one number in words: “36 times as fast as scipy (n 15, 15)”, “117 s (training)”."""
    value = _number(row["value"])
    if row["unit"] in UNITS:
        return f"{value} {UNITS[row['unit']]} {row['against'].removeprefix('floor: ')} (n {row['n']})"
    against = "" if row["against"] == "–" else f" ({row['against']})"
    return f"{value} {row['unit']}{against}"


def machine_line(machine: Mapping[str, Any]) -> str:
    """Return the machine and the versions of the measurements in one sentence."""
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in PACKAGES if machine["versions"].get(name))
    return (
        f"`make bench` on {machine['cores']} cores of {machine['processor']} ({machine['threads']} threads, Python "
        f"{machine['python']}, {versions}) took {machine['seconds'] / 60:.0f} minutes. Numbers are medians; n: repeats "
        f"of ours and theirs. A large product in bfloat16 ran at {machine['bf16_flops_per_s'] / 1e9:.0f} GFLOP/s, a "
        f"large copy at {machine['copy_bytes_per_s'] / 1e9:.1f} GB/s."
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> None:
    results = json.loads(RESULTS.read_text())
    write_section(PAGE, SECTION, WRITER, table(results))
    write_section(README, SECTION, WRITER, [sentence(results)])


if __name__ == "__main__":
    main()
