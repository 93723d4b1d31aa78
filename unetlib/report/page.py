"""The report of a study: one self-contained HTML page of tables, pictures and sentences."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from unetlib.report.captions import CHARTS, PICTURES, SECTIONS, TABLES

LINE = 40  # characters; a column with a longer cell is set as sentences
TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@dataclass(frozen=True)
class Table:
    """A table of the page; csv, when given, can be downloaded as `<name>.csv`."""

    section: str
    name: str
    title: str
    frame: pd.DataFrame
    caption: str = ""
    csv: str = ""
    folded: bool = False  # closed at first


@dataclass(frozen=True)
class Picture:
    """A figure's bytes (`form`: svg, png, jpg or webp), its caption, and in `alt` a description in words."""

    section: str
    name: str
    title: str
    data: bytes
    form: str
    caption: str = ""
    alt: str = ""
    chart: bool = False  # lines on white, inverted on a dark screen


@dataclass(frozen=True)
class Context:
    """The contents of a report. summary: heading → sentences; provenance: heading → name → value; config: text."""

    title: str
    study: str
    summary: Mapping[str, Sequence[str]]
    runs_expected: int
    runs_done: int
    warnings: Mapping[str, Sequence[str]] = field(default_factory=dict)  # warning → the results that it sums up
    lead: str = ""  # the study in two or three sentences
    facts: Mapping[str, str] = field(default_factory=dict)  # key numbers for the top of the page
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # section → a sentence below its lead
    provenance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    config: str = ""
    citation: str = ""  # CITATION.cff


def render(context: Context, template: Path) -> str:
    """Return the page as HTML from a Jinja2 template (workflow/report/report.html.j2) and its includes.

    Every value is escaped.
    """
    loader = FileSystemLoader(template.parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["data_uri"] = data_uri
    environment.filters["numeric"] = _numeric
    environment.filters["prose"] = _prose
    return environment.get_template(template.name).render(context=context, sections=_sections(context))


def picture(kind: str, data: bytes, form: str, *, of: str = "", alt: str = "") -> Picture:
    """Return a Picture of one of the PICTURES, `of` a dataset or experiment if there are several."""
    section, title, caption = PICTURES[kind]
    name, title = (f"{kind}-{of}", f"{title}: {of}") if of else (kind, title)
    return Picture(section, name, title, data, form, caption, alt or title, chart=kind in CHARTS)


def table(kind: str, frame: pd.DataFrame, csv: str = "", *, folded: bool | None = None) -> Table:
    """Return a Table of one of the TABLES; folded, when given, replaces the value there."""
    section, title, caption, usually = TABLES[kind]
    return Table(section, kind, title, frame, caption, csv, usually if folded is None else folded)


def compact(png: bytes, *, quality: int = 85) -> bytes:
    """Return the PNG as WebP, about a tenth of the bytes for noisy images."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def data_uri(data: bytes | str, form: str) -> str:
    """Return the bytes as a base64 data: address of the given file form or media type."""
    raw = data.encode() if isinstance(data, str) else data
    return f"data:{TYPES.get(form, form)};base64,{base64.b64encode(raw).decode()}"


def _sections(context: Context) -> list[dict[str, object]]:
    """Return the sections that are not empty, in order."""
    used = [*(block.section for block in context.tables), *(block.section for block in context.pictures)]
    names = dict.fromkeys([*SECTIONS, *used])
    sections: list[dict[str, object]] = []
    for name in names:
        title, lead = SECTIONS.get(name, (name.replace("-", " ").capitalize(), ""))
        tables = [block for block in context.tables if block.section == name]
        pictures = [block for block in context.pictures if block.section == name]
        alone = {"provenance": context.provenance or context.config, "cite": context.citation}
        if tables or pictures or alone.get(name):
            note = context.notes.get(name, "")
            blocks = {"tables": tables, "pictures": pictures}
            sections.append({"id": name, "title": title, "lead": lead, "note": note, **blocks})
    return sections


def _numeric(frame: pd.DataFrame) -> list[bool]:
    """Return which columns hold only numbers (or nothing) and are aligned right."""
    return [all(_sort_key(value) is not None or value == "–" for value in frame[column]) for column in frame.columns]


def _prose(frame: pd.DataFrame) -> list[bool]:
    """Return which columns hold sentences, to be wrapped."""
    return [frame[column].astype(str).str.len().max() > LINE for column in frame.columns]


def _sort_key(value: object) -> float | None:
    """Return the number that a cell begins with (0.912 ± 0.004 → 0.912), None without one."""
    words = str(value).replace("−", "-").replace(",", "").split()
    try:
        return float(words[0])
    except (ValueError, IndexError):
        return None
