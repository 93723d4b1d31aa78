"""The table of limits is made of the rows that benchmarks.limits publishes."""

from pathlib import Path

from benchmarks.limits import COLUMNS, PUBLISHED
from tools.limits_table import FILE, limits_table
from unetlib.io.files import read_csv, write_csv

RESULTS = Path(__file__).parents[2] / "docs/results"


def test_a_network_has_its_three_scores_in_a_row(tmp_path: Path) -> None:
    assert limits_table(tmp_path) == ["Not measured yet."]
    kinds = (("true", "by the network's settings", 1), ("predicted", "as the truth", 0.8))
    rows = [
        dict(zip(COLUMNS, ("a", mask, divided, seg, 0.25, 0.9, 7), strict=True))
        for mask, divided, seg in (*kinds, ("predicted", "by the network's settings", 0.75))
    ]
    (tmp_path / FILE).parent.mkdir()
    write_csv(tmp_path / FILE, rows, COLUMNS)
    assert limits_table(tmp_path)[2:] == ["| a | 0.750, 0.250 | 0.800, 0.250 | 1.000, 0.250 | 7 |"]


def test_what_the_page_says_in_words_is_in_the_published_rows() -> None:
    assert PUBLISHED.name == Path(FILE).name
    found = {(row["network"], row["mask"], row["divided"]): row for row in read_csv(RESULTS / FILE, COLUMNS)}
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    hela, u373 = (found[name, "predicted", "as the truth"]["seg"] for name in ("dic-cells", "phase-contrast-cells"))
    assert f"about SEG {float(hela):.3f} and U373 about {float(u373):.3f}" in page
    ours, divided = (found["nuclei", "predicted", how]["map"] for how in ("by the network's settings", "as the truth"))
    assert f"{float(divided) - float(ours):.2f} of mAP is lost" in page and f"it would be {float(divided):.3f}" in page
