"""The short form of a run's results, a line per scene, and README's block of it: python -m benchmarks.brief.

README's numbers come from benchmarks/results.json alone; a test compares them.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.marked_sections import write_section

ROOT = Path(__file__).parent.parent
RESULTS, PAGE = ROOT / "benchmarks" / "results.json", ROOT / "README.md"
PART, SCRIPT = "speed", "benchmarks/brief.py"
SIGNS = {"×": "times as fast as", "× the floor": "times the time of"}
TOGETHER = ("DAG", "scale")  # subjects whose scenes are one line
NAMED = ("torch", "numpy", "scipy", "snakemake", "monai")


def block(results: Mapping[str, Any]) -> list[str]:
    """Return the lines of README's part, from the content of results.json."""
    lines = [machine_line(results["machine"]), "", "| what | measured | missed aims |", "|---|---|---|"]
    scenes: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in results["rows"]:
        if row["value"] is not None:
            scenes.setdefault((row["subject"], "" if row["subject"] in TOGETHER else row["case"]), []).append(row)
    for (subject, case), rows in scenes.items():
        missed = "; ".join(f"{row['against']}: {row['aim']} {row['unit']}" for row in rows if row["holds"] is False)
        what, said = (f"{subject}: {case}", map(measured, rows)) if case else (subject, map(_with_case, rows))
        lines.append(f"| {what} | {'; '.join(said)} | {missed} |")
    absent = [f"{row['subject']}, {row['case']} ({row['note']})" for row in results["rows"] if row["value"] is None]
    lines += ["", f"Without a number: {'; '.join(absent)}."] if absent else []
    return lines


def measured(row: Mapping[str, Any]) -> str:
    """Return one number in words: “36 × scipy (n 15, 15)”, “0.902 cell IoU (against …)”."""
    value = f"{row['value']:.0f}" if abs(row["value"]) >= 100 else f"{row['value']:.3g}"
    if row["unit"] in SIGNS:
        return f"{value} {SIGNS[row['unit']]} {row['against'].removeprefix('floor: ')} (n {row['n']})"
    named = "" if row["against"] == "–" else f", {row['against']}"
    return f"{value} {row['unit']}{named}"


def _with_case(row: Mapping[str, Any]) -> str:
    return f"{row['case']} {measured(row)}"


def machine_line(machine: Mapping[str, Any]) -> str:
    """Return what it was measured on."""
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in NAMED if machine["versions"].get(name))
    return (
        f"`make bench` on {machine['cores']} cores of {machine['processor']} ({machine['threads']} threads, Python "
        f"{machine['python']}, {versions}), {machine['seconds'] / 60:.0f} minutes; medians. Floors are "
        f"of a large bf16 product, {machine['bf16_flops_per_s'] / 1e9:.0f} GFLOP/s, and a large copy, "
        f"{machine['copy_bytes_per_s'] / 1e9:.1f} GB/s."
    )


def main(pages: Sequence[Path] = (PAGE,)) -> None:
    """Write README's block."""
    lines = block(json.loads(RESULTS.read_text()))
    for page in pages:
        write_section(page, PART, SCRIPT, lines)


if __name__ == "__main__":
    main()
