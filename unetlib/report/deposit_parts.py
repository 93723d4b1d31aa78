"""Add further seeds, or further arms, to the deposit of a study, so that a study can be made in several sittings."""

import csv
import io
import json
import math
from collections.abc import Collection, Mapping
from pathlib import Path

from unetlib.io.files import atomic_folder, read_json, write_json
from unetlib.io.packed import check_checksums, read_packed, write_checksums, write_packed, write_packed_csv
from unetlib.report.deposit import (
    BASELINES,
    CHECKS,
    FAILURES,
    FILES,
    FRAMES,
    HISTORY,
    RUNS,
    SCORES,
    SILVER,
    STUDY,
    TOOLS,
    TRACKING,
    USED,
    DepositError,
)
from unetlib.study.facts import StudyFacts, ToolEntry
from unetlib.study.runs import Run

Row = dict[str, str]
MAY_DIFFER = ("seeds", "tool_transfer")  # whether tools predict other datasets, too, changes no other score
# Entries of the facts that depend on which arms take part, and on nothing else of what differs.
LISTS = ("external_tools", "set_apart", "tracked_experiments")
MAPPINGS = ("experiments", "tools", "splits", "training_splits", "aliases")
RUN = ("experiment", "train_dataset", "fold", "seed")
KEYS = {  # table → the columns that name a row; two rows of one name must say the same
    SCORES: (*RUN, "test_dataset", "image", "metric"),
    BASELINES: ("baseline", "test_dataset", "fold", "image", "metric"),
    HISTORY: (*RUN, "update"),
    USED: RUN,
    TRACKING: ("experiment", "test_dataset", "fold", "seed", "sequence"),
    FRAMES: ("frame",),
}
SAME = 1e-6  # how far apart two equal numbers of two machines may be


def add_part(folder: Path, further: Path) -> StudyFacts:
    """Add the deposit `further` of the same study to the one in `folder`; return the facts of both.

    It has either the same arms and other seeds, or the same seeds and other arms: networks, and tools, or the same
    tools trained on other datasets. An arm that is in both, such as the reference, stays as it is in `folder`; one that
    is added uses no networks of these.

    Raises DepositError, and changes nothing, where they differ in anything else, share a seed, add nothing, disagree on
    images, baselines or silver truth, or where one has tools and the other does not say what its trainings took.
    """
    for each in (folder, further):
        check_checksums(each)
    ours, theirs = read_json(folder / STUDY), read_json(further / STUDY)
    first, second = (StudyFacts.read(each["facts"], str(folder / STUDY)) for each in (ours, theirs))
    facts = _joint_facts(first, second)
    unknown = [each / USED for each in (folder, further) if not (each / USED).is_file()]  # old deposits
    if facts.tools and unknown:
        raise DepositError(f"{unknown[0]}: missing, so what its trainings took is unknown; deposit the study again")
    order = {run: place for place, run in enumerate([*facts.runs(), *facts.external_runs(), *facts.tool_runs()])}
    # With other seeds, an external tool, which has none, is the same row in both.
    had = _trainings(first) if set(first.seeds) == set(second.seeds) else set()

    def rows_of(name: str, key: tuple[str, ...] = ()) -> tuple[list[Row], list[str]]:
        """Return the rows of both tables, each once, and their columns. key: columns that name a row; else all do."""
        columns: dict[str, None] = {}
        rows: dict[tuple[str, ...], Row] = {}
        for each in (folder, further):
            reader = csv.DictReader(io.StringIO(read_packed(each / name).decode(), newline=""))
            columns |= dict.fromkeys(reader.fieldnames or [])
            for row in reader:
                if each == further and _is_of(row, had):
                    continue
                known = rows.setdefault(tuple(row[column] for column in key or row), row)
                if known is not row and not _say_the_same(known, row):
                    named = ", ".join(row[column] for column in key)
                    raise DepositError(
                        f"{further / name}: {named}: not what {folder} has; both must be of the same data"
                    )
        return [*rows.values()], [*columns]

    def lines_of(name: str) -> dict[str, dict[str, object]]:
        """Return each line of both files, once, and what it says."""
        found: dict[str, dict[str, object]] = {}
        for each in (each for each in (folder, further) if (each / name).is_file()):  # a part may be without tools
            told = {line: json.loads(line) for line in read_packed(each / name).decode().splitlines()}
            found |= {line: row for line, row in told.items() if each == folder or not _is_of(row, had)}
        return found

    def by_run(row: Mapping[str, object]) -> int:
        run = Run(str(row["experiment"]), str(row["train_dataset"]), int(str(row["fold"])), int(str(row["seed"])))
        return order.get(run, len(order))

    with atomic_folder(folder, FILES, "part of a deposit") as staging:
        for name in (SCORES, HISTORY, *([] if unknown else [USED])):
            rows, columns = rows_of(name, KEYS[name])
            write_packed_csv(staging / name, sorted(rows, key=by_run), columns)
        for name in (BASELINES, TRACKING, FAILURES, CHECKS):
            write_packed_csv(staging / name, *rows_of(name, KEYS.get(name, ())))
        for name in (FRAMES.format(dataset=each) for each in facts.datasets):
            write_packed_csv(staging / name, *rows_of(name, KEYS[FRAMES]))
        if (silver := read_packed(folder / SILVER)) != read_packed(further / SILVER):
            raise DepositError(f"{further / SILVER}: differs from that of {folder}; both must be of the same data")
        write_packed(staging / SILVER, silver)
        for name in (RUNS, *([TOOLS] if facts.tools else [])):
            found = lines_of(name)
            lines = sorted(found, key=lambda line: by_run(found[line]))
            write_packed(staging / name, "".join(f"{line}\n" for line in lines).encode())
        command = "\n".join(dict.fromkeys([*ours["command"].splitlines(), *theirs["command"].splitlines()]))
        day = max(ours["day"], theirs["day"])
        write_json(staging / STUDY, {"command": command, "day": day, "facts": facts.plain()})
        write_checksums(staging)
    return facts


def _trainings(facts: StudyFacts) -> set[tuple[str, str]]:
    """Return arm and training dataset of each run; "" as the dataset stands for any."""
    pairs = {(run.experiment, run.train_dataset) for run in facts.tool_runs()}
    return pairs | {(name, "") for name in (*facts.experiments, *facts.external_tools)}


def _is_of(row: Mapping[str, object], trainings: Collection[tuple[str, str]]) -> bool:
    arm = str(row.get("experiment") or row.get("tool") or "")
    return (arm, "") in trainings or (arm, str(row.get("train_dataset"))) in trainings


def _say_the_same(one: Row, other: Row) -> bool:
    """Return whether two rows agree, numbers but for the rounding of another machine."""
    return one.keys() == other.keys() and all(
        one[each] == other[each] or _close(one[each], other[each]) for each in one
    )


def _close(one: str, other: str) -> bool:
    try:
        return math.isclose(float(one), float(other), rel_tol=SAME, abs_tol=SAME)
    except ValueError:
        return False


def _joint_facts(ours: StudyFacts, theirs: StudyFacts) -> StudyFacts:
    differing = [name for name in StudyFacts.model_fields if getattr(ours, name) != getattr(theirs, name)]
    differing = [name for name in differing if name not in MAY_DIFFER]
    changes: dict[str, object] = {"tool_transfer": ours.tool_transfer or theirs.tool_transfer}
    shared = sorted(set(ours.seeds) & set(theirs.seeds))
    if set(ours.seeds) == set(theirs.seeds) and not _trainings(theirs) <= _trainings(ours):
        changes |= _joint_arms(ours, theirs)
        differing = [name for name in differing if name not in (*LISTS, *MAPPINGS, "sweeps")]
    elif shared:
        raise DepositError(
            f"{ours.name}: seed {shared[0]} is in both deposits; add seeds that are not there yet,"
            " or arms that are not there yet with all its seeds"
        )
    else:
        changes["seeds"] = sorted([*ours.seeds, *theirs.seeds])
    for name in differing:
        raise DepositError(
            f"{ours.name}: {name} of the two deposits differ; they may differ in their seeds or in their arms, and in"
            " nothing else"
        )
    return ours.model_copy(update=changes)


def _joint_arms(ours: StudyFacts, theirs: StudyFacts) -> dict[str, object]:
    """Return the facts on arms of both; DepositError where they disagree, or where new arms use networks of ours."""
    for name, entry in theirs.experiments.items():
        if name not in ours.experiments and entry.trained_by in ours.experiments:
            raise DepositError(
                f"{ours.name}: {name} uses the networks of {entry.trained_by}, which the deposit has from another"
                " training; deposit the study again with both"
            )
    changes: dict[str, object] = {
        name: [*dict.fromkeys([*getattr(ours, name), *getattr(theirs, name)])] for name in LISTS
    }
    grown = _on_more_datasets(ours, theirs)
    ours, theirs = (each.model_copy(update={"tools": each.tools | grown}) for each in (ours, theirs))
    merged = {name: _merged(ours.name, name, getattr(ours, name), getattr(theirs, name)) for name in MAPPINGS}
    merged["aliases"] = {name: of for name, of in merged["aliases"].items() if name not in merged["experiments"]}
    sweeps = {
        key: {**ours.sweeps.get(key, {}), **theirs.sweeps.get(key, {})} for key in {**ours.sweeps, **theirs.sweeps}
    }
    return {**changes, **merged, "sweeps": sweeps}


def _on_more_datasets(ours: StudyFacts, theirs: StudyFacts) -> dict[str, ToolEntry]:
    """Return the tools of both that differ in their datasets alone, trained on those of both."""
    found = {}
    for name in (name for name in theirs.tools if name in ours.tools):
        entry = theirs.tools[name]
        if ours.tools[name].model_copy(update={"datasets": entry.datasets}) == entry:
            runs = (*ours.tool_runs(), *theirs.tool_runs())
            trained = {run.train_dataset for run in runs if run.experiment == name}
            datasets = [each for each in ours.datasets if each in trained]
            found[name] = entry.model_copy(update={"datasets": datasets if len(datasets) < len(ours.datasets) else []})
    return found


def _merged(study: str, name: str, ours: Mapping[str, object], theirs: Mapping[str, object]) -> dict[str, object]:
    """Return both mappings, each entry once; DepositError where they disagree on one."""
    for key in (key for key in ours if key in theirs and ours[key] != theirs[key]):
        raise DepositError(f"{study}: {name}, {key} of the two deposits differ; only arms can be added")
    return {**ours, **theirs}
