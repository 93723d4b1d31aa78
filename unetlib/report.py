"""The report of a study: one HTML page that needs nothing but itself, made from tables, pictures and sentences."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from jinja2 import Environment, StrictUndefined
from PIL import Image

SECTIONS = {  # id → title, what the section answers; blocks of other sections follow under their own name
    "comparison": ("Scores", "How well does each network segment images of the dataset it was trained on?"),
    "examples": ("What it looks like", "Test images with the truth, the prediction and where they differ."),
    "ablation": ("What each ingredient is worth", "The reference recipe with one thing changed, on the same images."),
    "audits": ("What mistakes pretend", "How much better does a score look when an experiment is done wrongly?"),
    "sizes": ("How much it takes", "What do more training images buy, and what does a larger network?"),
    "transfer": ("Transfer", "What is left of a score on a dataset the network has never seen?"),
    "claims": ("Claims", "What became of every number and statement that the literature reports?"),
    "learning": ("Learning curves", "Did training converge, and where was the best network taken?"),
    "training-data": ("What the networks were trained on", "Loss weights and augmented images, as training saw them."),
    "costs": ("Costs", "What it took in time and memory on the machine named below."),
    "cite": ("How to cite", "The software, the paper it follows, and the makers of the data."),
    "provenance": ("Provenance", "The data, software and settings behind every number on this page."),
}
PICTURES = {  # kind (how the file's name begins) → section, title, caption
    "examples": (
        "examples",
        "Best, median and worst test image of the reference",
        "Outlines of the true instances in blue and of the predicted ones in orange. Errors by pixel: light correct, "
        "vermilion predicted but false, blue missed, lilac not annotated and not scored.",
    ),
    "ablation": (
        "ablation",
        "What each change is worth",
        "Difference to the reference in the dataset's headline score, on the same images. Blue: mean and 95 % interval "
        "(an arrow: it goes on), filled where the difference is clear; vermilion: the runs. p: Holm's, over all rows.",
    ),
    "transfer": (
        "transfer",
        "Trained on one dataset, tested on another",
        "Mean IoU [95 % interval] (n: in the table); under it the predicted and the true fraction of foreground "
        "pixels. A score near the true fraction with almost everything predicted is no recognition.",
    ),
    "training-size": (
        "sizes",
        "Score against the number of training images",
        "Headline score on the test images, mean and 95 % interval, by how many images trained the network. Vermilion: "
        "the reference, which has all of them. n = images × runs.",
    ),
    "network-size": (
        "sizes",
        "Score against the size of the network",
        "Headline score on the test images, mean and 95 % interval, by the number of base filters; twice as many "
        "are four times the parameters. Vermilion: the reference. n = images × runs.",
    ),
    "learning-curves": (
        "learning",
        "Learning curves",
        "Thin: runs. Thick: mean over the runs of an experiment while all of them train. Losses of experiments with "
        "different loss functions cannot be compared; validation Dice (whole images, overlap-tile) can.",
    ),
    "weight-map": (
        "training-data",
        "The loss weight of every pixel",
        "The narrow gaps between touching instances weigh most (border weight), so that merging two of them costs.",
    ),
    "augmentation": (
        "training-data",
        "One training image and its augmented variants",
        "Elastic, affine and grey-value variation; the outlines are warped with the image.",
    ),
}
TABLES = {  # kind → section, title, caption, shown on request only
    "comparison": (
        "comparison",
        "Every network on the test images of its own dataset",
        "Mean [95 % interval]; “resampled” says what the interval covers. SEG is pooled over reference objects, every "
        "other score is a mean over images, then over runs. n = images × runs. Baselines trained on “none” know "
        "nothing: a score near theirs is no achievement. “external” marks label images that another tool made.",
        False,
    ),
    "ablation": (
        "ablation",
        "Difference to the reference, by dataset",
        "Paired on test image, fold and seed; mean difference [95 % interval by a hierarchical bootstrap of what "
        "“resampled” says]. p: the larger of a sign-flip test over the “flipped” units (each its mean over seeds) and "
        "of the interval's own draws; p (Holm): corrected for all trained networks in this table. r: matched-pairs "
        "rank-biserial correlation, 1 where every unit rose. All other metrics are in the CSV.",
        False,
    ),
    "transfer": ("transfer", "Every network on every test set", "Mean over runs [95 % interval].", True),
    "claims": (
        "claims",
        "Published numbers and statements, and ours",
        "Brackets hold 95 % intervals. Two scores agree within 0.02, or when our interval of at most ± 0.05 holds the "
        "published one; a direction is clear when its interval leaves out zero (not corrected for the number of "
        "claims). A doubt about a published number takes away the verdict that it could explain: a leaky split "
        "explains why ours is lower, never why it is higher. Difference: ours − published, or the first network − the "
        "second. Not reached says either lower or not decided; the last column says which.",
        False,
    ),
    "audits": (
        "audits",
        "The same images, honestly and not",
        "Networks that are done properly and the same with one mistake, on the images that both were tested on. "
        "n = images × seeds. All other metrics are in the CSV.",
        False,
    ),
    "costs": ("costs", "Every run", "Seconds and memory are measured, so they differ from run to run.", True),
}
LINE = 40  # a column with a longer cell holds sentences
CHARTS = {
    "ablation",
    "learning-curves",
    "training-size",
    "network-size",
}  # black on white, turned over on a dark screen
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
    failures: Sequence[str] = ()  # runs that are missing, and why
    warnings: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what must not be missed → each result
    lead: str = ""  # the study in a sentence or two
    facts: Mapping[str, str] = field(default_factory=dict)  # a few key numbers for the top of the page
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # section → a sentence below its lead
    provenance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    config: str = ""
    citation: str = ""  # CITATION.cff


def render(context: Context, template: str) -> str:
    """The page as HTML from a Jinja2 template (workflow/report/report.html.j2); every value is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["data_uri"] = data_uri
    environment.filters["numeric"] = _numeric
    environment.filters["prose"] = _prose
    return environment.from_string(template).render(context=context, sections=_sections(context))


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
