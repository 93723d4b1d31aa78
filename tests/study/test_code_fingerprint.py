import pytest

from unetlib.study.code_fingerprint import code_of, imported_modules


@pytest.fixture
def project(tmp_path):
    """script.py → first → second; third is not reached."""
    package = tmp_path / "unetlib"
    package.mkdir()
    (package / "first.py").write_text(
        '"""First."""\nfrom unetlib.second import g\n\ndef f():\n    """Doc."""\n    return g()\n'
    )
    (package / "second.py").write_text("def g():\n    return 1\n")
    (package / "third.py").write_text("x = 1\n")
    script = tmp_path / "script.py"
    script.write_text("def main():\n    from unetlib import first\n    return first.f()\n")
    return script, package


def edit(path, old, new):
    path.write_text(path.read_text().replace(old, new))


def test_modules_are_reached_through_one_another_and_through_functions(project):
    script, package = project
    assert {path.name for path in imported_modules(script, package)} == {"first.py", "second.py"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("first.py", "First.", "Other words."),
        ("first.py", '"""Doc."""\n', '"""More."""\n    # a comment\n'),
        ("second.py", "return 1", "return  1  # one"),
        ("third.py", "x = 1", "x = 2"),
    ],
)
def test_words_layout_and_other_modules_do_not_count(project, name, old, new):
    script, package = project
    before = code_of(script, package)
    edit(package / name, old, new)
    assert code_of(script, package) == before


@pytest.mark.parametrize(("name", "old", "new"), [("second.py", "1", "2"), ("first.py", "g()", "g() + 0")])
def test_meaning_counts(project, name, old, new):
    script, package = project
    before = code_of(script, package)
    edit(package / name, old, new)
    assert code_of(script, package) != before


def test_the_script_itself_counts(project):
    script, package = project
    before = code_of(script, package)
    edit(script, "first.f()", "first.f() + 1")
    assert code_of(script, package) != before


def test_a_touched_file_does_not_count(project):
    script, package = project
    before = code_of(script, package)
    (package / "second.py").touch()
    assert code_of(script, package) == before
