"""Generated parts of a page, each between two marks that name what writes it."""

from pathlib import Path


def written(page: str, part: str, script: str, lines: list[str]) -> str:
    """The page with the lines between the marks of this part; ValueError where it has none."""
    begin, end = f"<!-- {part}: written by {script} -->", f"<!-- end of {part} -->"
    return page[: page.index(begin)] + "\n".join([begin, *lines]) + "\n" + page[page.index(end) :]


def merged(page: str, part: str, script: str, lines: list[str]) -> list[str]:
    """The lines, with the rows of their table that stand in the page already and whose first cell is no line's."""
    begin, end = f"<!-- {part}: written by {script} -->", f"<!-- end of {part} -->"
    old = page[page.index(begin) : page.index(end)].splitlines()
    ours = {first_cell(line) for line in lines}
    return [*lines, *(line for line in old if first_cell(line) and first_cell(line) not in ours)]


def first_cell(line: str) -> str:
    """Of a row of a table; nothing for any other line."""
    return line.split("|")[1].strip() if line.startswith("|") else ""


def write(path: Path, part: str, script: str, lines: list[str]) -> None:
    """The same in the file."""
    path.write_text(written(path.read_text(), part, script, lines))
