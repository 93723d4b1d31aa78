"""What may be written where: links, devices, pipes, inputs, results of others; nothing that is not ours is lost."""

import os
import random
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.io import outputs
from unetlib.io.files import atomic_folder, atomic_path, atomic_paths, write_csv
from unetlib.io.outputs import OutputError, check_table, destination, earlier_files

ROOT = Path(__file__).parents[2]
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=30).filter(
    lambda name: name.strip(".") and len(name.encode()) < 200
)


def write(path, text="new"):
    with atomic_path(path) as temporary:
        temporary.write_text(text)


def state(folder):
    """Everything in a folder: kind, target of a link, bytes of a file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        kind = stat.S_IFMT(path.lstat().st_mode)
        inside = str(path.readlink()) if path.is_symlink() else path.read_bytes() if stat.S_ISREG(kind) else b""
        found[path.relative_to(folder).as_posix()] = (kind, inside)
    return found


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "far").mkdir()
    for name, target in (("link.csv", "real.csv"), ("twice.csv", "link.csv"), ("dangling.csv", "far/new.csv")):
        (tmp_path / name).symlink_to(target)
    for name, target in (("link.csv", "real.csv"), ("twice.csv", "real.csv"), ("dangling.csv", "far/new.csv")):
        write(tmp_path / name, name)
        assert (tmp_path / name).is_symlink() and (tmp_path / target).read_text() == name
    assert sorted(os.listdir(tmp_path)) == ["dangling.csv", "far", "link.csv", "real.csv", "twice.csv"]  # noqa: PTH208


def test_a_link_to_itself_a_folder_and_a_socket_are_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    Path("round.csv").symlink_to("round.csv")
    Path("folder.csv").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.csv")
        before = state(tmp_path)
        for name, message in (("round", "leads to itself"), ("folder", "is a folder; name a"), ("socket", "a socket")):
            with pytest.raises(OutputError, match=rf"{name}\.csv: .*{message}"):
                write(Path(f"{name}.csv"))
        with pytest.raises(OutputError, match=r"round\.csv: .*leads to itself"), atomic_folder("round.csv"):
            pass
        assert state(tmp_path) == before
    write(Path("folder.csv/result.csv"))  # the remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_write_protected_file_is_not_replaced(tmp_path):
    (tmp_path / "x.csv").write_text("old")
    (tmp_path / "x.csv").chmod(0o444)
    with pytest.raises(OutputError, match="is write-protected"):
        write(tmp_path / "x.csv")


def test_a_write_protected_file_is_asked_for(tmp_path, monkeypatch):
    """The same as above, for root."""
    (tmp_path / "x.csv").write_text("old")
    monkeypatch.setattr(outputs.os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match=r"x\.csv: is write-protected; .*chmod u\+w"):
        write(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "old"


def test_permissions_of_what_is_replaced_are_kept(tmp_path):
    (tmp_path / "x.csv").write_text("old")
    (tmp_path / "x.csv").chmod(0o640)
    write(tmp_path / "x.csv")
    assert stat.S_IMODE((tmp_path / "x.csv").stat().st_mode) == 0o640


def test_a_pipe_is_written_into(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(tmp_path / "pipe", "0123456789" * 50_000)
    reader.join(timeout=20)
    assert read == [b"0123456789" * 50_000] and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "_READER_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="nobody reads this pipe; start its reader first"):
        write(tmp_path / "pipe")
    assert state(tmp_path) == {"pipe": (stat.S_IFIFO, b"")}


def test_a_device_is_written_into_and_takes_no_image(tmp_path):
    (tmp_path / "null").symlink_to("/dev/null")
    for path in (Path("/dev/null"), tmp_path / "null"):
        write(path)
        assert stat.S_ISCHR(path.stat().st_mode)
        with pytest.raises(OutputError, match="is a device or a pipe, which takes no image"), atomic_paths([path]):
            pass
    if Path("/dev/full").exists():
        with pytest.raises(OSError, match=r"no space left on the device.*/dev/full"):
            write(Path("/dev/full"))


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("to", ["file", "pipe"])
def test_what_the_shell_has_opened_is_added_to(tmp_path, name, to):
    """`unetlib measure … -o /dev/stdout >> all.csv` must not lose what stands in all.csv."""
    code = f"from unetlib.io.files import write_csv; write_csv({name!r}, [{{'a': 1}}], ['a'])"
    command, environment = [sys.executable, "-c", code], os.environ | {"PYTHONPATH": str(ROOT)}
    if to == "pipe":
        assert subprocess.run(command, env=environment, capture_output=True, check=True).stdout == b"a\n1\n"
        return
    (tmp_path / "all.csv").write_text("before\n")
    with (tmp_path / "all.csv").open("a") as stream:
        subprocess.run(command, env=environment, stdout=stream, check=True)
    assert state(tmp_path) == {"all.csv": (stat.S_IFREG, b"before\na\n1\n")}


@pytest.mark.parametrize("overwrite", [False, True])
def test_no_output_is_an_input_under_any_name(tmp_path, overwrite):
    (tmp_path / "cells.csv").write_text("file,1\n")
    (tmp_path / "link.csv").symlink_to("cells.csv")
    os.link(tmp_path / "cells.csv", tmp_path / "hard.csv")
    for name in ("cells.csv", "link.csv", "hard.csv", "../" + tmp_path.name + "/cells.csv"):
        with pytest.raises(OutputError, match=r"is an input \(.*cells\.csv\) and would be replaced"):
            check_table(tmp_path / name, ["file"], inputs=[tmp_path / "cells.csv"], overwrite=overwrite)


def test_a_table_replaces_a_table_of_ours_when_told_and_nothing_else_ever(tmp_path):
    rows = [{"file": "a.tif", "label": 1}]
    write_csv(tmp_path / "ours.csv", rows, ["file", "label"])
    (tmp_path / "thesis.txt").write_text("precious")
    (tmp_path / "other.csv").write_text("name,label\n")
    (tmp_path / "empty.csv").touch()

    def check(name, overwrite=False):
        check_table(tmp_path / name, ["file", "label"], inputs=[], overwrite=overwrite)

    with pytest.raises(OutputError, match=r"ours\.csv: exists; choose another name, or --overwrite replaces it"):
        check("ours.csv")
    check("ours.csv", overwrite=True)
    for name in ("empty.csv", "new.csv", "new/deep/cells.csv"):
        check(name)  # nothing is lost
    for name in ("thesis.txt", "other.csv"):
        for overwrite in (False, True):
            with pytest.raises(OutputError, match=f"{name}: exists and is not a table of unetlib; it stays as it is"):
                check(name, overwrite)
    for name in ("cells.tif", "cells.PNG"):  # a slip of the shell: -o out/*_labels.tif
        with pytest.raises(OutputError, match=r"a table of unetlib is not a \.\w+ file; choose another name"):
            check(name)


THINGS = ["nothing", "file", "link", "dangling", "folder", "full folder", "pipe"]


def put(path, thing):
    """Something of the user's at a path, and beside it what links point to."""
    beside = path.with_name("beside")
    if thing == "file":
        path.write_text("precious")
    elif thing in ("link", "dangling"):
        path.symlink_to("beside")
        if thing == "link":
            beside.write_text("precious")
    elif thing in ("folder", "full folder"):
        path.mkdir()
        if thing == "full folder":
            (path / "thesis.txt").write_text("precious")
    elif thing == "pipe":
        os.mkfifo(path)


class Interrupted(BaseException):
    """Stands for a signal."""


@settings(max_examples=150, deadline=None)
@given(
    name=NAMES, thing=st.sampled_from(THINGS), writer=st.sampled_from(["file", "files", "folder"]), stop=st.booleans()
)
def test_whatever_stands_at_a_name_an_interruption_changes_nothing(tmp_path_factory, name, thing, writer, stop):
    """And success replaces a file (through links), fills a folder that is empty, and refuses the rest by name."""
    folder = tmp_path_factory.mktemp("place")
    outputs._READER_S = 0.0
    path = folder / name
    put(path, thing)
    before = state(folder)
    ways = {"file": atomic_path, "files": lambda path: atomic_paths([path]), "folder": atomic_folder}
    try:
        with ways[writer](path) as temporary:
            if writer == "folder":
                (temporary / "new").write_text("new")
            else:
                (temporary[0] if writer == "files" else temporary).write_text("new")
            if stop:
                raise Interrupted
    except Interrupted:
        assert stop and state(folder) == before
    except OutputError as error:
        assert state(folder) == before and str(error).startswith(str(path))
        wrong = {"file": ("folder", "full folder", "pipe"), "folder": ("file", "link", "full folder", "pipe")}
        assert thing in wrong["folder" if writer == "folder" else "file"]
    else:
        assert not stop
        changed = {key for key, value in state(folder).items() if before.get(key) != value}
        real = path.resolve() / "new" if writer == "folder" else destination(path)
        assert changed <= {name, "beside", real.relative_to(folder).as_posix()} and real.read_text() == "new"
        assert set(before) <= set(state(folder)), "something is gone"


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES.filter(lambda name: len(name) < 12), min_size=1, max_size=6, unique=True), st.randoms())
def test_only_what_a_pattern_names_is_an_earlier_result(tmp_path_factory, names, chance: random.Random):
    folder = tmp_path_factory.mktemp("result")
    ours = [f"mask{number:03d}.tif" for number in range(chance.randint(0, 3))]
    for name in [*ours, *names]:
        (folder / name).write_text(name)
    foreign = [name for name in names if not outputs.is_hidden(name)]
    if foreign:
        with pytest.raises(OutputError, match="which is not part of a result"):
            earlier_files(folder, r"mask\d{3}\.tif", "part of a result")
    else:
        assert [path.name for path in earlier_files(folder, r"mask\d{3}\.tif", "part of a result")] == ours
