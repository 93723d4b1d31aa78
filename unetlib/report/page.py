"""The report of a study: one HTML page that needs nothing but itself, made from tables, pictures and sentences."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from unetlib.report.captions import CHARTS, PICTURES, SECTIONS, TABLES

LINE = 40  # a column with a longer cell holds sentences
TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@dataclass(frozen=True)
class Table:
    """A table as it shall be shown; csv, when given, can be downloaded from the page under `<name>.csv`."""

    section: str
    name: str
    title: str
    frame: pd.DataFrame
    caption: str = ""
    csv: str = ""
    folded: bool = False  # shown on request only


@dataclass(frozen=True)
class Picture:
    """A figure's bytes (`form`: svg, png, jpg or webp), its caption, and in `alt` what it shows, in words."""

    section: str
    name: str
    title: str
    data: bytes
    form: str
    caption: str = ""
    alt: str = ""
    chart: bool = False  # lines on white: colours are turned over on a dark screen


@dataclass(frozen=True)
class Context:
    """All a report says. summary: heading → sentences; provenance: heading → name → value; config: text as is."""

    title: str
    study: str
    summary: Mapping[str, Sequence[str]]
    runs_expected: int
    runs_done: int
    warnings: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what must not be missed → each result
    lead: str = ""  # the study in a sentence or two
    facts: Mapping[str, str] = field(default_factory=dict)  # a few key numbers for the top of the page
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # section → a sentence below its lead
    provenance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    config: str = ""
    citation: str = ""  # CITATION.cff


def render(context: Context, template: Path) -> str:
    """The page as HTML from a Jinja2 template (workflow/report/report.html.j2) and what it includes from its folder.

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
    """A Picture of one of the PICTURES, `of` a dataset or experiment if there are several."""
    section, title, caption = PICTURES[kind]
    name, title = (f"{kind}-{of}", f"{title}: {of}") if of else (kind, title)
    return Picture(section, name, title, data, form, caption, alt or title, chart=kind in CHARTS)


def table(kind: str, frame: pd.DataFrame, csv: str = "", *, folded: bool | None = None) -> Table:
    """A Table of one of the TABLES; folded, when given, instead of what stands there."""
    section, title, caption, usually = TABLES[kind]
    return Table(section, kind, title, frame, caption, csv, usually if folded is None else folded)


def compact(png: bytes, *, quality: int = 85) -> bytes:
    """The PNG as WebP, about a tenth of the bytes where it shows noisy images; for pictures with form "webp"."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def data_uri(data: bytes | str, form: str) -> str:
    """The bytes as a base64 data: address of the given file form or media type."""
    raw = data.encode() if isinstance(data, str) else data
    return f"data:{TYPES.get(form, form)};base64,{base64.b64encode(raw).decode()}"


def _sections(context: Context) -> list[dict[str, object]]:
    """The sections that have something in them, in order."""
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
    """Which columns hold numbers only (or nothing), to be set to the right."""
    return [all(_sort_key(value) is not None or value == "–" for value in frame[column]) for column in frame.columns]


def _prose(frame: pd.DataFrame) -> list[bool]:
    """Which columns hold sentences, to be broken into lines."""
    return [frame[column].astype(str).str.len().max() > LINE for column in frame.columns]


def _sort_key(value: object) -> float | None:
    """The number a cell begins with (0.912 ± 0.004 → 0.912), None when it does not begin with one."""
    words = str(value).replace("−", "-").replace(",", "").split()
    try:
        return float(words[0])
    except (ValueError, IndexError):
        return None
