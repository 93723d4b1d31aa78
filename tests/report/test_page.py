"""The page is whole, well formed, escaped, the same each time, and asks nothing of the network."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unetlib.report import page
from unetlib.report.verdicts import VERDICTS

TEMPLATE = Path(__file__).parents[2] / "workflow/report/report.html.j2"
EVIL = "<script>x()</script> & \"a\" 'b'"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
VOID = {"meta", "link", "img", "input", "br"}


def context(text: str = "plain") -> page.Context:
    frame = pd.DataFrame({"tested on": [text, "b"], "experiment": ["reference", text], "IoU": ["0.9 ± 0.1", "–"]})
    costs = pd.DataFrame({"experiment": [text, "total"], "training (s)": ["12", "1,234"]})
    return page.Context(
        title=text,
        study=text,
        summary={"Questions": [text], "Findings": [f"{text}: better", "x"], "Uncertainty": [text]},
        runs_expected=4,
        runs_done=3,
        warnings={f"{text}: worse": [text]},
        lead=text,
        facts={text: text},
        tables=[page.table("comparison", frame, csv=text), page.table("costs", costs)],
        pictures=[page.picture("ablation", SVG, "svg", alt=text), page.picture("examples", SVG, "svg", of=text)],
        provenance={text: {text: text}},
        config=text,
        citation=text,
    )


class Tree(HTMLParser):
    """Checks that every tag closes in order; keeps ids, addresses, and visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.tags: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)


def test_the_page_is_well_formed_and_alone() -> None:
    made = page.render(context(), TEMPLATE)
    tree = Tree(made)
    assert tree.open == []
    assert len(tree.ids) == len(set(tree.ids))
    assert all(address.startswith(("#", "data:")) for address in tree.addresses)
    assert {address[1:] for address in tree.addresses if address.startswith("#")} <= set(tree.ids)
    assert "http" not in re.sub(r"data:[^\"]*", "", made)


def test_everything_is_escaped() -> None:
    plain, evil = (page.render(context(text), TEMPLATE) for text in ("plain", EVIL))
    assert EVIL not in evil
    assert Tree(evil).tags == Tree(plain).tags
    assert "".join(Tree(evil).text).count(EVIL) == "".join(Tree(plain).text).count("plain")


def test_the_page_is_the_same_each_time() -> None:
    assert page.render(context(), TEMPLATE) == page.render(context(), TEMPLATE)


def test_missing_runs_are_said_aloud() -> None:
    assert "This report is incomplete" in page.render(context(), TEMPLATE)
    whole = replace(context(), runs_done=4)
    assert "This report is incomplete" not in page.render(whole, TEMPLATE)


def test_sections_without_content_are_left_out() -> None:
    tree = Tree(page.render(context(), TEMPLATE))
    assert {"comparison", "ablation", "examples", "costs", "provenance"} <= set(tree.ids)
    assert not {"transfer", "learning"} & set(tree.ids)
    bare = page.Context(title="t", study="s", summary={}, runs_expected=0, runs_done=0)
    assert not set(page.SECTIONS) & set(Tree(page.render(bare, TEMPLATE)).ids)


def test_an_unknown_section_gets_its_own_heading() -> None:
    more = replace(context(), tables=[replace(context().tables[0], section="leakage-audit", name="leak")])
    made = page.render(more, TEMPLATE)
    assert "<h2>Leakage audit</h2>" in made


def test_numbers_stand_right_and_totals_below() -> None:
    made = page.render(context(), TEMPLATE)
    assert re.search(r'<td class="number">0.9 ± 0.1</td>', made)
    assert re.search(r'<tfoot>\s*<tr>\s*<th scope="row" class="naming">total</th>\s*<td class="number">1,234', made)
    assert re.search(r'<th scope="row" class="naming">reference</th>', made)  # the experiment names the row


def test_the_csv_comes_back_whole() -> None:
    csv = "a,µm\n1,2\n"
    made = page.render(replace(context(), tables=[replace(context().tables[0], csv=csv)]), TEMPLATE)
    found = re.search(r'download="comparison.csv" href="data:text/csv;charset=utf-8;base64,([^"]*)"', made)
    assert found
    assert base64.b64decode(found[1]).decode() == csv


def test_compact_keeps_the_picture() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(noise).resize((256, 256), Image.Resampling.BICUBIC))
    buffer = io.BytesIO()
    Image.fromarray(smooth).save(buffer, "PNG")
    small = page.compact(buffer.getvalue())
    assert len(small) < len(buffer.getvalue()) / 2
    back = np.asarray(Image.open(io.BytesIO(small)).convert("RGB")).astype(int)
    assert back.shape == smooth.shape
    assert np.abs(back - smooth).mean() < 12
    assert small == page.compact(buffer.getvalue())


def test_a_verdict_is_a_badge_of_words_and_a_sign_and_sentences_are_broken_into_lines() -> None:
    frame = pd.DataFrame({"claim": ["a", "b"], "verdict": ["undecided", "odd"], "why": ["x" * 41, ""]})
    more = replace(context(), tables=[page.table("claims", frame, folded=True)], notes={"claims": "Nothing yet."})
    made = page.render(more, TEMPLATE)
    assert re.search(r'<span class="badge undecided"><span aria-hidden="true">\?</span>undecided</span>', made)
    assert re.search(r'<span class="badge odd"><span aria-hidden="true">·</span>odd</span>', made)
    assert f'<td class="prose">{"x" * 41}</td>' in made and "<p>Nothing yet.</p>" in made
    assert re.search(r"<details><summary>Published numbers.*?<table.*?</details>", made, flags=re.S)


def test_every_verdict_has_its_own_sign_and_style() -> None:
    page, style = TEMPLATE.read_text(), TEMPLATE.with_name("report.css").read_text()
    for verdict in set(VERDICTS) - {"not run"}:
        assert f'"{verdict}": "' in page and f".badge.{verdict.replace(' ', '-')} {{" in style
    marks = re.search(r"set marks = \{(.*?)\}", page)
    assert marks
    signs = re.findall(r': "(.)"', marks[1])
    assert len(signs) == len(set(signs)) == len(VERDICTS) - 1


@pytest.mark.parametrize("kind", page.PICTURES)
def test_every_kind_of_picture_has_a_section_and_a_caption(kind: str) -> None:
    made = page.picture(kind, b"", "png", of="cells")
    assert made.section in page.SECTIONS
    assert made.caption.endswith(".")
    assert made.name == f"{kind}-cells"


@pytest.mark.parametrize("kind", page.TABLES)
def test_every_kind_of_table_has_a_section_and_a_caption(kind: str) -> None:
    made = page.table(kind, pd.DataFrame())
    assert made.section in page.SECTIONS
    assert made.caption.endswith(".")
