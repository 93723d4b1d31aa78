"""Generated parts of a page, each between two marks that name what writes it."""

from pathlib import Path


def written(page: str, part: str, script: str, lines: list[str]) -> str:
    """The page with the lines between the marks of this part; ValueError where it has none."""
    begin, end = f"<!-- {part}: written by {script} -->", f"<!-- end of {part} -->"
    return page[: page.index(begin)] + "\n".join([begin, *lines]) + "\n" + page[page.index(end) :]


def write(path: Path, part: str, script: str, lines: list[str]) -> None:
    """The same in the file."""
    path.write_text(written(path.read_text(), part, script, lines))
