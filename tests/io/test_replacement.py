"""New files in the place of old ones: a failure at any step leaves what was there, hard links or none."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.io import files
from unetlib.io.replacement import replace_together, temporary_name


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def no_links(*arguments: object, **options: object) -> None:
    raise OSError(errno.EPERM, "not on this file system")


class Fault:
    """Raises an error at the n-th rename, replacement or removal of a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, error: BaseException) -> None:
        self.at, self.error, self.calls = at, error, 0
        for name in ("rename", "replace", "unlink"):
            monkeypatch.setattr(Path, name, self.wrapped(getattr(Path, name)))

    def wrapped(self, method):
        def called(path, *arguments, **options):
            self.calls += 1
            if self.calls == self.at:
                raise self.error
            return method(path, *arguments, **options)

        return called


@pytest.mark.parametrize("links", [True, False], ids=["hard-links", "none"])
@pytest.mark.parametrize("error", [OSError(errno.EIO, "disk fault"), KeyboardInterrupt(), SystemExit(143)], ids=repr)
def test_a_failure_at_any_step_leaves_the_folder_as_it_was(tmp_path, monkeypatch, links, error) -> None:
    if not links:
        monkeypatch.setattr("unetlib.io.replacement.os.link", no_links)
    old = {"a": "old a", "b": "old b", "sub/c": "old c"}
    new = {"a": "new a", "b": "new b", "other/d": "new d"}
    struck = 0
    for at in range(1, 20):
        path = tmp_path / f"folder{at}"
        for name, text in old.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(text)
        with monkeypatch.context() as patch:
            try:
                with files.atomic_folder(path, r"[ab]|sub/c|other/d") as temporary:
                    for name, text in new.items():
                        (temporary / name).parent.mkdir(exist_ok=True)
                        (temporary / name).write_text(text)
                    Fault(patch, at, error)
            except type(error):
                struck += 1
                if contents(path) != new:  # struck when all was done already: then it is done
                    assert contents(path) == old, f"step {at}"
                    assert not (path / "other").exists()
            else:
                assert contents(path) == new
    assert struck >= 4 + 3 * (not links)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.booleans(), min_size=1), st.sets(st.sampled_from("uvw")))
def test_files_are_replaced_together(tmp_path_factory, wanted, gone) -> None:
    folder = tmp_path_factory.mktemp("together")
    moves = []
    for name, exists in wanted.items():
        (folder / f"new-{name}").write_text(f"new {name}")
        if exists:
            (folder / name).write_text("old")
        moves.append((folder / f"new-{name}", folder / name))
    for name in gone:
        (folder / name).write_text("old")
    replace_together(moves, [folder / name for name in sorted(gone)])
    assert contents(folder) == {name: f"new {name}" for name in wanted}


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1).filter(lambda name: name.strip(".")))
def test_a_temporary_name_fits_where_the_name_itself_does(name) -> None:
    name = name.encode()[:251].decode(errors="ignore") + ".tif"
    found = temporary_name(Path("folder", name))
    assert found.parent == Path("folder") and found.name.startswith(".tmp-") and found.suffix == Path(name).suffix
    assert len(os.fsencode(found.name)) <= 255 and found != temporary_name(Path("folder", name))
