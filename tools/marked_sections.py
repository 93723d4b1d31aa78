"""Replace the generated sections of a Markdown page, each between two comments that name its writer."""

from pathlib import Path

from unetlib.io.files import atomic_path


def replace_section(page: str, name: str, writer: str, lines: list[str]) -> str:
    """Return the page with the named section replaced by the lines; ValueError where the page has no such section."""
    begin, end = _markers(name, writer)
    if begin not in page or end not in page:
        raise ValueError(f"the page has no section {begin} … {end}; add both comments")
    return page[: page.index(begin)] + "\n".join([begin, *lines]) + "\n" + page[page.index(end) :]


def keep_other_rows(page: str, name: str, writer: str, lines: list[str]) -> list[str]:
    """Return the lines followed by those table rows of the page's section whose first cell is in none of the lines."""
    begin, end = _markers(name, writer)
    old = page[page.index(begin) : page.index(end)].splitlines()
    replaced = {first_cell(line) for line in lines}
    return [*lines, *(line for line in old if first_cell(line) and first_cell(line) not in replaced)]


def first_cell(line: str) -> str:
    """Return the first cell of a table row, and an empty string for any other line."""
    return line.split("|")[1].strip() if line.startswith("|") else ""


def write_section(path: Path, name: str, writer: str, lines: list[str]) -> None:
    """Replace the named section in a file; a page without it stays as it is, as in `replace_section`."""
    page = replace_section(path.read_text(encoding="utf-8"), name, writer, lines)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")


def _markers(name: str, writer: str) -> tuple[str, str]:
    return f"<!-- {name}: written by {writer} -->", f"<!-- end of {name} -->"
