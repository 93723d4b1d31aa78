"""The page as a reader meets it: a headless Chromium opens it, sorts, filters, enlarges, looks at it small and dark.

Without a Chromium (Debian: apt-get install chromium) these tests are skipped, and fail in CI. The accessibility check
fetches axe-core by npm into a temporary folder, or takes the file that UNETLIB_AXE names; else the same holds for it.
"""

import base64
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders.browser import Browser, chromium, unavailable
from builders.tables import SIZE_COMPARISON, study, tables_of_change

from unetlib.evaluation import pitfalls, tables
from unetlib.report import (
    claims,
    decided,
    display_tables,
    figures,
    image_panels,
    page,
    size_curves,
    summary,
    track_figures,
)
from unetlib.study import result_checks
from unetlib.tracking import sequences

ROOT = Path(__file__).parents[2]
AXE = "axe-core@4.10.3"
pytestmark = pytest.mark.xdist_group("browser")
LABELS = np.zeros((40, 48), np.int32)
LABELS[6:20, 9:24], LABELS[20:34, 9:24] = 1, 2
IMAGE = np.arange(40 * 48, dtype=np.uint8).reshape(40, 48)
TRACKING = pd.DataFrame(
    [["reference", "cells", 0, 0, "02", 12, 90, 9, 8, 2, 1, 0.91, 0.95, 0.5, 20.06]], columns=sequences.COLUMNS
)
CHECKS = [
    (
        *("baseline", f"{name}/cells/fold0-seed{seed} on cells", "flagged", "iou 0.1, otsu 0.3"),
        *(name, "cells"),
    )
    for seed in (0, 1)
    for name in ("reference", "changed")
]


def pictures():
    yield (
        "training-size",
        size_curves.curve(
            size_curves.curve_points(SIZE_COMPARISON, {"train-1": 1, "train-4": 4, "reference": 9}),
            datasets=["cells"],
            labels=tables.METRICS,
            name="training-size",
            full="reference",
        ),
    )
    cells = pd.DataFrame({"area_px": [90, 110], "area_um2": [9.0, 11.0], "touches_border": 0})
    tracks = pd.DataFrame({"frames": [3], "speed_um_per_min": [0.1], "speed_px_per_frame": [1.0]})
    yield "motion", track_figures.motion(cells, tracks)
    example = image_panels.Example("01_t001", IMAGE, LABELS, np.roll(LABELS, 3, 1), LABELS == 9, "IoU 0.5", 0.65)
    yield "examples", image_panels.qualitative([example])


def context():
    made = tables_of_change([-0.1, -0.12])
    empty = pd.DataFrame(columns=pitfalls.COLUMNS)
    answered = pd.DataFrame({"claim": ["a", "b"], "verdict": ["reproduced", "contradicted"], "why": ["x " * 40, "y"]})
    shown = {name: getattr(display_tables, f"{name}_shown")(table) for name, table in made.items()}
    shown["comparison"] = pd.concat([shown["comparison"]] * 4, ignore_index=True)  # enough rows for a filter
    return page.Context(
        title="U-Net cell segmentation, regenerated",
        study="small",
        lead=decided.lead(
            made["comparison"], made["ablation"], claims.compare_claims([], {}, study()), reference="reference"
        ),
        summary=summary.findings(**made, reference="reference"),
        runs_expected=5,
        runs_done=4,
        warnings=summary.warnings(pd.DataFrame(CHECKS, columns=[*result_checks.COLUMNS])),
        facts={"datasets": "2"},
        tables=[
            *(page.table(name, table, tables.to_csv(made[name])) for name, table in shown.items()),
            page.table("claims", answered),
            page.table("pitfalls", pitfalls.pitfalls_shown(empty)),
            page.table("tracking", display_tables.tracking_shown(TRACKING)),
        ],
        pictures=[page.picture(kind, figures.figure_bytes(figure, "svg"), "svg") for kind, figure in pictures()],
        notes={"tracking": display_tables.tracking_note(TRACKING)},
        provenance={"Data": {"cells": "cells.zip, sha256 " + 64 * "0"}, "Software": {"torch": "2"}},
        config='{"study": "small"}',
        citation=(ROOT / "CITATION.cff").read_text(),
    )


@pytest.fixture(scope="module")
def report_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page.render(context(), ROOT / "workflow/report/report.html.j2"))
    return path


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    program = chromium() or unavailable("no Chromium found; run `apt-get install chromium` as root")
    browser = Browser(program, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def browser(shared, report_page):
    """The browser with the page freshly loaded on a desk's screen; whatever a test does, the console stays empty."""
    shared.screen(1440)
    shared.open(report_page)
    yield shared
    assert shared.complaints() == []
    assert [url for url in shared.requests() if not url.startswith("file:///")] == []
    assert len(shared.requests()) == 1, "the page asked for more than itself"


def column(browser, table, place):
    cells = f"[...document.querySelectorAll('#table-{table} tbody tr:not([hidden])')].map(row => row.cells[{place}]"
    return browser.run(f"{cells}.textContent.trim())")


def place_of(browser, table, title):
    heads = f"[...document.querySelectorAll('#table-{table} thead th')]"
    return browser.run(f"{heads}.findIndex(head => head.textContent.trim() === '{title}')")


def test_a_click_sorts_by_number_and_another_turns_it_round(browser):
    place = place_of(browser, "comparison", "IoU")
    button = f"#table-comparison thead th:nth-child({place + 1}) button"
    before = column(browser, "comparison", place)
    browser.click(button)
    numbers = [float(text.split()[0]) for text in column(browser, "comparison", place) if text != "–"]
    assert numbers == sorted(numbers) and len(set(numbers)) > 2 and column(browser, "comparison", place) != before
    browser.run(f"document.querySelector('{button}').focus()")
    browser.press("Enter", 13)  # by keyboard
    turned = [float(text.split()[0]) for text in column(browser, "comparison", place) if text != "–"]
    assert turned == numbers[::-1]
    assert browser.run(f"document.querySelector('{button}').closest('th').ariaSort") == "descending"


def test_a_filter_keeps_the_rows_with_every_word_and_says_how_many(browser):
    rows = len(column(browser, "comparison", 0))
    browser.run(
        "(field => { field.value = 'otsu CELLS'; field.dispatchEvent(new Event('input')); })"
        "(document.querySelector('[data-filter=table-comparison]'))"
    )
    left = column(browser, "comparison", 1)
    assert left == ["otsu"] * 4 and rows > 8
    count = browser.run("document.querySelector('[data-count=table-comparison]').textContent")
    assert count == f"4 of {rows} rows"


def test_a_figure_opens_large_and_closes_by_key_and_by_button(browser):
    for close in (lambda: browser.press("Escape", 27), lambda: browser.click("dialog button")):
        browser.click("#figure-examples button")
        assert browser.run("document.querySelector('dialog').open")
        large, small = browser.run(
            "[document.querySelector('dialog img'), document.querySelector('#figure-examples img')]"
            ".map(image => image.getBoundingClientRect().width)"
        )
        assert large > small
        close()
        assert not browser.run("document.querySelector('dialog').open")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_never_scrolls_sideways(browser, width, dark):
    browser.screen(width, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("document.querySelector('h1').getBoundingClientRect().right") <= width


def test_dark_is_dark_and_text_stands_out_from_it(browser):
    found = []
    for dark in (False, True):
        browser.screen(1440, dark=dark)
        colours = browser.run("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
        found.append([sum(map(int, colour[4:-1].split(","))) / 3 for colour in colours])
    (paper, ink), (night, chalk) = found
    assert paper > 240 and ink < 60 and night < 40 and chalk > 200


def test_every_csv_is_the_tables_own(browser):
    links = browser.run("[...document.querySelectorAll('a[download$=\".csv\"]')].map(a => [a.download, a.href])")
    assert [name for name, _ in links] == ["comparison.csv", "ablation.csv", "transfer.csv", "costs.csv"]
    made = tables_of_change([-0.1, -0.12])
    for name, address in links:
        assert base64.b64decode(address.split("base64,")[1]).decode() == tables.to_csv(made[name[:-4]])


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The source of axe-core."""
    if given := os.environ.get("UNETLIB_AXE"):
        return Path(given).read_text()
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("axe")
    if npm is None:
        unavailable("no npm to fetch axe-core; run `apt-get install npm` as root or let UNETLIB_AXE name an axe.min.js")
    try:
        done = subprocess.run([npm, "pack", AXE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        unavailable(f"npm did not fetch {AXE} within 60 s; let UNETLIB_AXE name an axe.min.js")
    if done.returncode:
        reason = " ".join(done.stderr.split())[-200:]
        unavailable(f"npm cannot fetch {AXE} ({reason}); let UNETLIB_AXE name an axe.min.js")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_serious(browser, axe, width, dark):
    browser.screen(width, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    browser.run(axe + "; true")
    found = browser.run(
        "axe.run().then(result => result.violations.map("
        "each => [each.impact, each.id, each.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]))"
    )
    assert [each for each in found if each[0] in ("serious", "critical")] == []
