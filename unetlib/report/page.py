"""Render the report of a study as one self-contained HTML page of tables, pictures and sentences."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from unetlib.report.captions import CHARTS, PICTURES, SECTIONS, TABLES

LINE = 40  # characters; a column with a longer cell is wrapped like prose
TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@dataclass(frozen=True)
class Table:
    """A table of the page; readers can download csv, if given, as `<name>.csv`."""

    section: str
    name: str
    title: str
    frame: pd.DataFrame
    caption: str = ""
    csv: str = ""
    folded: bool = False  # initially collapsed


@dataclass(frozen=True)
class Picture:
    """A picture of the page. data: its bytes; form: svg, png, jpg or webp; alt: a description in words."""

    section: str
    name: str
    title: str
    data: bytes
    form: str
    caption: str = ""
    alt: str = ""
    chart: bool = False  # lines on white, which the page inverts in dark mode


@dataclass(frozen=True)
class Context:
    """The contents of a report. summary: heading → sentences; provenance: heading → name → value; config: text."""

    title: str
    study: str
    summary: Mapping[str, Sequence[str]]
    runs_expected: int
    runs_done: int
    warnings: Mapping[str, Sequence[str]] = field(default_factory=dict)  # warning → the flagged results behind it
    lead: str = ""  # the study in two or three sentences
    facts: Mapping[str, str] = field(default_factory=dict)  # key numbers for the top of the page
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # section → a sentence below the section's lead
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
    """Return a Picture with the title and caption of a kind in PICTURES. of: its dataset or experiment, if any."""
    section, title, caption = PICTURES[kind]
    name, title = (f"{kind}-{of}", f"{title}: {of}") if of else (kind, title)
    return Picture(section, name, title, data, form, caption, alt or title, chart=kind in CHARTS)


def table(kind: str, frame: pd.DataFrame, csv: str = "", *, folded: bool | None = None) -> Table:
    """Return a Table with the title and caption of a kind in TABLES; folded, if given, overrides the value there."""
    section, title, caption, usually = TABLES[kind]
    return Table(section, kind, title, frame, caption, csv, usually if folded is None else folded)


def compact(png: bytes, *, quality: int = 85) -> bytes:
    """Convert a PNG to WebP, which takes about a tenth of the bytes for noisy images."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def data_uri(data: bytes | str, form: str) -> str:
    """Return the data as a base64 data: URI. form: a key of TYPES or a media type."""
    raw = data.encode() if isinstance(data, str) else data
    return f"data:{TYPES.get(form, form)};base64,{base64.b64encode(raw).decode()}"


def _sections(context: Context) -> list[dict[str, object]]:
    """Return the non-empty sections in order, as the template needs them."""
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
    """Return for each column whether all its cells are numbers or en dashes, so that it is aligned right."""
    return [all(_sort_key(value) is not None or value == "–" for value in frame[column]) for column in frame.columns]


def _prose(frame: pd.DataFrame) -> list[bool]:
    """Return for each column whether it contains sentences, which the page wraps."""
    return [frame[column].astype(str).str.len().max() > LINE for column in frame.columns]


def _sort_key(value: object) -> float | None:
    """Return the number at the start of a cell (0.912 ± 0.004 → 0.912), None if there is none."""
    words = str(value).replace("−", "-").replace(",", "").split()
    try:
        return float(words[0])
    except (ValueError, IndexError):
        return None
