"""Seeds or arms of a later sitting are added to a deposit: the bytes of all at once, or nothing is changed."""

import shutil

import pytest
from builders.config import facts
from builders.finished_study import configuration, finish, with_a_tool

from unetlib.io.files import FileError, read_csv, read_json, write_csv, write_json
from unetlib.io.packed import read_packed, write_checksums
from unetlib.report.deposit import DepositError, read_deposit, write_deposit
from unetlib.report.deposit_parts import add_part
from unetlib.study.layout import Layout

COMMAND = "snakemake --cores 2 --configfile studies/small.yaml"
LAYOUT = Layout("small")


def with_seeds(*seeds, tool=False, **changes):
    config = with_a_tool(configuration()) if tool else configuration()
    config["study"] |= {"seeds": list(seeds), **changes}
    return facts(config)


def deposited(folder, project, found, command=COMMAND):
    """The deposit of the runs of some seeds of a finished study."""
    place = shutil.copytree(project, folder.parent / f"{folder.name}-project")
    path = place / LAYOUT.all_scores
    rows = read_csv(path, ())
    tools = [run.experiment for run in found.external_runs()]
    kept = [row for row in rows if int(row["seed"]) in found.seeds or row["experiment"] in tools]
    runs = (*found.runs(), *found.external_runs(), *found.tool_runs())
    trained = {(run.experiment, run.train_dataset) for run in runs}
    kept = [row for row in kept if (row["experiment"], row["train_dataset"]) in trained]
    write_csv(path, kept, [*rows[0]])
    write_deposit(folder, place, found, command)
    return folder


def assert_same_rows(one, other):
    for path in (path for path in other.rglob("*") if path.is_file() and path.name not in ("study.json", "SHA256SUMS")):
        name = path.relative_to(other)
        assert sorted(read_packed(path).splitlines()) == sorted(read_packed(one / name).splitlines()), name


@pytest.fixture
def project(tmp_path):
    finish(tmp_path / "project")
    return tmp_path / "project"


def test_two_sittings_give_the_deposit_of_one(project, tmp_path):
    whole = deposited(tmp_path / "whole", project, with_seeds(0, 1))
    for first, second in ((0, 1), (1, 0)):
        one = deposited(tmp_path / f"one-{first}", project, with_seeds(first))
        two = deposited(tmp_path / f"two-{first}", project, with_seeds(second))
        assert add_part(one, two) == with_seeds(0, 1)
        for path in (path for path in whole.rglob("*") if path.is_file() and path.name != "study.json"):
            name = path.relative_to(whole)
            if path.suffix == ".xz":
                assert sorted(read_packed(path).splitlines()) == sorted(read_packed(one / name).splitlines()), name
        together, at_once = read_deposit(one), read_deposit(whole)
        assert together.facts == at_once.facts and together.command == COMMAND
        assert together.trained == at_once.trained


def test_trainings_of_tools_are_added_with_what_they_took(tmp_path):
    finish(tmp_path / "project", tool=True)
    project = tmp_path / "project"
    whole = deposited(tmp_path / "whole", project, with_seeds(0, 1, tool=True))
    one = deposited(tmp_path / "one", project, with_seeds(0, tool=True))
    two = deposited(tmp_path / "two", project, with_seeds(1, tool=True, tool_transfer=False))
    assert add_part(one, two) == with_seeds(0, 1, tool=True), "tools were tested on all datasets in one sitting"
    together, at_once = read_deposit(one), read_deposit(whole)
    assert together.scores.tools == at_once.scores.tools and len(together.scores.tools) > 1
    assert together.scores.resources.equals(at_once.scores.resources)
    for name in ("tools.jsonl.xz", "resources.csv.xz", "failures.csv.xz"):
        assert read_packed(one / name) == read_packed(whole / name), name


def test_arms_of_a_later_sitting_give_the_deposit_of_all_at_once(tmp_path):
    finish(tmp_path / "project", tool=True)
    project = tmp_path / "project"
    whole = deposited(tmp_path / "whole", project, with_seeds(0, 1, tool=True))
    one = deposited(tmp_path / "one", project, with_seeds(0, 1))
    again = retrained(project, "reference", tmp_path / "again")
    two = deposited(tmp_path / "two", again, with_seeds(0, 1, tool=True, experiments=["reference"], external_tools=[]))
    assert add_part(one, two) == with_seeds(0, 1, tool=True)
    assert_same_rows(one, whole)
    assert read_deposit(one).facts == read_deposit(whole).facts


def test_a_network_of_a_later_sitting_joins_tools(tmp_path):
    finish(tmp_path / "project", tool=True)
    project = tmp_path / "project"
    every = with_seeds(0, 1, tool=True)
    whole = deposited(tmp_path / "whole", project, every)
    one = deposited(tmp_path / "one", project, with_seeds(0, 1, tool=True, experiments=["reference"]))
    again = retrained(project, "reference", tmp_path / "again")
    two = deposited(tmp_path / "two", again, with_seeds(0, 1, external_tools=[]))
    assert add_part(one, two) == every
    assert_same_rows(one, whole)
    assert read_deposit(one).scores.resources.equals(read_deposit(whole).scores.resources)


def with_a_tool_on(datasets, *seeds, **entry):
    config = with_a_tool(configuration())
    config["study"] |= {
        "seeds": list(seeds),
        "experiments": ["reference"],
        "external_tools": [],
        "tool_transfer": False,
    }
    return facts(config | {"tools": {"learner": {"datasets": datasets, **entry}}})


def own_alone(project):
    """Leave out what tools predicted of other datasets than their own."""
    rows = read_csv(project / LAYOUT.all_scores, ())
    kept = [row for row in rows if row["experiment"] != "learner" or row["train_dataset"] == row["test_dataset"]]
    write_csv(project / LAYOUT.all_scores, kept, [*rows[0]])


def test_a_tool_is_added_on_another_dataset(tmp_path):
    finish(tmp_path / "project", tool=True)
    project = tmp_path / "project"
    own_alone(project)
    every = with_a_tool_on([], 0, 1)
    whole = deposited(tmp_path / "whole", project, every)
    names = [*every.datasets]
    one = deposited(tmp_path / "one", project, with_a_tool_on(names[1:], 0, 1))
    two = deposited(tmp_path / "two", project, with_a_tool_on(names[:1], 0, 1))
    assert add_part(one, two) == every
    assert_same_rows(one, whole)
    other = deposited(tmp_path / "other", project, with_a_tool_on(names[:1], 0, 1, budget_s=60))
    again = deposited(tmp_path / "again", project, with_a_tool_on(names[1:], 0, 1))
    with pytest.raises(DepositError, match="tools, learner of the two deposits differ"):
        add_part(again, other)


def retrained(project, experiment, folder):
    """The project with other scores of an experiment, as on another machine."""
    shutil.copytree(project, folder)
    rows = read_csv(folder / LAYOUT.all_scores, ())
    worse = [row | {"value": "0.25"} if row["experiment"] == experiment else row for row in rows]
    write_csv(folder / LAYOUT.all_scores, worse, [*rows[0]])
    return folder


def test_both_commands_are_kept_where_they_differ(project, tmp_path):
    one = deposited(tmp_path / "one", project, with_seeds(0))
    add_part(one, deposited(tmp_path / "two", project, with_seeds(1), "snakemake --cores 1"))
    assert read_deposit(one).command == f"{COMMAND}\nsnakemake --cores 1"


@pytest.mark.parametrize(
    ("further", "message"),
    [
        (with_seeds(0, 1), "seed 0 is in both deposits"),
        (with_seeds(1, reference="modern"), "reference of the two deposits differ; they may differ in their seeds or"),
        (with_seeds(1, experiments=["reference"]), "experiments of the two deposits differ; they may"),
        (with_seeds(0, experiments=["reference"]), "seed 0 is in both deposits; .* or arms that are not there yet"),
    ],
)
def test_what_is_not_a_part_of_the_same_study_is_refused(project, tmp_path, further, message):
    one = deposited(tmp_path / "one", project, with_seeds(0))
    before = {path: path.read_bytes() for path in one.rglob("*") if path.is_file()}
    with pytest.raises(DepositError, match=message):
        add_part(one, deposited(tmp_path / "two", tmp_path / "project", further))
    assert {path: path.read_bytes() for path in one.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("arm", "change", "message"),
    [
        (
            "reference",
            {"base_filters": 99},
            "experiments, reference of the two deposits differ; only arms can be added",
        ),
        ("modern", {"trained_by": "reference"}, "modern uses the networks of reference, which the deposit has from"),
    ],
)
def test_an_arm_that_does_not_fit_is_refused(project, tmp_path, arm, change, message):
    one = deposited(tmp_path / "one", project, with_seeds(0, experiments=["reference"]))
    before = {path: path.read_bytes() for path in one.rglob("*") if path.is_file()}
    two = deposited(tmp_path / "two", project, with_seeds(0))
    study = read_json(two / "study.json")
    study["facts"]["experiments"][arm] |= change
    write_json(two / "study.json", study)
    write_checksums(two)
    with pytest.raises(DepositError, match=message):
        add_part(one, two)
    assert {path: path.read_bytes() for path in one.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("change", "refused"), [(1e-12, False), (0.01, True)])
def test_baselines_of_other_data_are_refused_and_rounding_is_not(project, tmp_path, change, refused):
    one = deposited(tmp_path / "one", project, with_seeds(0))
    rows = read_csv(project / LAYOUT.baselines, ())
    rows[0] |= {"value": str(float(rows[0]["value"]) + change)}
    write_csv(project / LAYOUT.baselines, rows, [*rows[0]])
    two, count = deposited(tmp_path / "two", project, with_seeds(1)), len(read_deposit(one).scores.baselines)
    if refused:
        with pytest.raises(DepositError, match=r"baselines\.csv\.xz: otsu, .*: not what"):
            add_part(one, two)
    else:
        add_part(one, two)
    assert len(read_deposit(one).scores.baselines) == count


def test_a_part_that_does_not_say_what_its_trainings_took_is_refused(tmp_path):
    finish(tmp_path / "project", tool=True)
    old = deposited(tmp_path / "old", tmp_path / "project", with_seeds(0, 1))
    (old / "resources.csv.xz").unlink()
    (old / "SHA256SUMS").write_text(
        "".join(line for line in (old / "SHA256SUMS").open() if "resources.csv.xz" not in line)
    )
    two = deposited(tmp_path / "two", tmp_path / "project", with_seeds(0, 1, tool=True))
    with pytest.raises(DepositError, match=r"resources\.csv\.xz: missing, so what its trainings took is unknown"):
        add_part(old, two)


def test_other_data_and_a_damaged_deposit_are_refused(project, tmp_path):
    one = deposited(tmp_path / "one", project, with_seeds(0))
    silver = read_csv(project / LAYOUT.table("silver"), ())
    write_csv(project / LAYOUT.table("silver"), [row | {"frames": 5} for row in silver], [*silver[0]])
    two = deposited(tmp_path / "two", project, with_seeds(1))
    with pytest.raises(DepositError, match=r"silver\.csv\.xz: differs"):
        add_part(one, two)
    (two / "scores.csv.xz").write_bytes(b"broken")
    with pytest.raises(FileError, match=r"scores\.csv\.xz"):
        add_part(one, two)
    assert read_deposit(one).facts == with_seeds(0)
