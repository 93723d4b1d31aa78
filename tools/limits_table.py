"""Make the table of what limits the shipped networks, from the CSV that `benchmarks.limits` writes."""

from pathlib import Path

from unetlib.io.files import read_csv

FILE = "learning/limits.csv"
HEADER = "| network | SEG, mAP | its mask, divided as the truth | the true mask, divided as the network does | images |"
PARTS = (
    ("predicted", "by the network's settings"),
    ("predicted", "as the truth"),
    ("true", "by the network's settings"),
)


def limits_table(published: Path) -> list[str]:
    """Return the lines of the table: a row per network; a sentence where nothing was measured yet."""
    if not (published / FILE).is_file():
        return ["Not measured yet."]
    rows = read_csv(published / FILE, ("network", "mask", "divided", "seg", "map", "images"))
    found = {(row["network"], row["mask"], row["divided"]): row for row in rows}
    lines = [HEADER, "|---|---:|---:|---:|---:|"]
    for name in dict.fromkeys(row["network"] for row in rows):
        own = [found[name, *part] for part in PARTS]
        scores = [f"{float(row['seg']):.3f}, {float(row['map']):.3f}" for row in own]
        lines.append(f"| {' | '.join((name, *scores, own[0]['images']))} |")
    return lines
