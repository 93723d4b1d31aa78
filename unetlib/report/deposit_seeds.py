"""Add the runs of further seeds to the deposit of a study, so that a study can be made in several sittings."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from unetlib.study.facts import StudyFacts
from unetlib.study.runs import Run

Row = dict[str, str]
MAY_DIFFER = ("seeds", "tool_transfer")  # whether tools predict other datasets, too, changes no other score


def add_seeds(folder: Path, further: Path) -> StudyFacts:
    """Add the deposit `further` of the same study with other seeds to the one in `folder`; return the facts of both.

    Raises DepositError, and changes nothing, where they differ in more than their seeds, share a seed, or disagree on
    what does not depend on seeds.
    """
    for each in (folder, further):
        check_checksums(each)
    ours, theirs = read_json(folder / STUDY), read_json(further / STUDY)
    facts = _joint_facts(*(StudyFacts.read(each["facts"], str(folder / STUDY)) for each in (ours, theirs)))
    runs = [*facts.runs(), *facts.external_runs(), *facts.tool_runs()]
    order = {run: place for place, run in enumerate(runs)}

    def by_run(row: Mapping[str, str]) -> int:
        run = Run(row["experiment"], row["train_dataset"], int(row["fold"]), int(row["seed"]))
        return order.get(run, len(order))

    with atomic_folder(folder, FILES, "part of a deposit") as staging:
        for name in (SCORES, HISTORY, *([USED] if facts.tools else [])):
            write_packed_csv(staging / name, *_joined(folder, further, name, by_run))
        for name in (BASELINES, TRACKING, FAILURES, CHECKS, *(FRAMES.format(dataset=each) for each in facts.datasets)):
            write_packed_csv(staging / name, *_joined(folder, further, name))
        if (silver := read_packed(folder / SILVER)) != read_packed(further / SILVER):
            raise DepositError(f"{further / SILVER}: differs from that of {folder}; both must be of the same data")
        write_packed(staging / SILVER, silver)
        for name in (RUNS, *([TOOLS] if facts.tools else [])):
            lines = [line for each in (folder, further) for line in read_packed(each / name).decode().splitlines()]
            lines.sort(key=lambda line: by_run({key: str(value) for key, value in json.loads(line).items()}))
            write_packed(staging / name, "".join(f"{line}\n" for line in lines).encode())
        command = "\n".join(dict.fromkeys([*ours["command"].splitlines(), *theirs["command"].splitlines()]))
        day = max(ours["day"], theirs["day"])
        write_json(staging / STUDY, {"command": command, "day": day, "facts": facts.plain()})
        write_checksums(staging)
    return facts


def _joint_facts(ours: StudyFacts, theirs: StudyFacts) -> StudyFacts:
    if shared := sorted(set(ours.seeds) & set(theirs.seeds)):
        raise DepositError(f"{ours.name}: seed {shared[0]} is in both deposits; add seeds that are not there yet")
    for name in StudyFacts.model_fields:
        if name not in MAY_DIFFER and getattr(ours, name) != getattr(theirs, name):
            raise DepositError(
                f"{ours.name}: {name} of the two deposits differ; only seeds can be added, by the same configuration"
            )
    transfer = ours.tool_transfer or theirs.tool_transfer
    return ours.model_copy(update={"seeds": sorted([*ours.seeds, *theirs.seeds]), "tool_transfer": transfer})


def _joined(
    folder: Path, further: Path, name: str, key: Callable[[Row], int] | None = None
) -> tuple[Iterable[Row], Sequence[str]]:
    """Return the rows of both tables, each once, and their columns; sorted by key where there is one."""
    columns: dict[str, None] = {}
    rows: dict[tuple[tuple[str, str], ...], Row] = {}
    for each in (folder, further):
        reader = csv.DictReader(io.StringIO(read_packed(each / name).decode(), newline=""))
        columns |= dict.fromkeys(reader.fieldnames or [])
        rows |= {tuple(row.items()): row for row in reader}
    found = list(rows.values())
    return (sorted(found, key=key) if key else found), [*columns]
