"""Check the tools and external tools of a study: their names and commands."""

from pathlib import PurePath

from unetlib.evaluation.baselines import TRIVIAL
from unetlib.study.external_tools import ExternalError, split_command
from unetlib.study.names import check_known
from unetlib.study.settings import StudyError, StudySettings


def check_tool(name: str, study: StudySettings) -> None:
    """Raise StudyError for a tool that the tables could not tell from something else, or that has no dataset here."""
    if (named := study.tools[name].datasets) is not None:
        for each in named:
            check_known(each, study.datasets, "tools", name, "datasets")
        if not {*named} & {*study.study.datasets}:
            raise StudyError(
                f"tools.{name}.datasets: no dataset of the study is among its own ({', '.join(named) or 'none'}); add"
                " one to study.datasets or leave the tool out",
                "tools",
                name,
                "datasets",
            )
    others = {"an experiment": study.study.experiments, "an external tool": study.study.external_tools}
    others["a trivial baseline"] = [*TRIVIAL]
    for kind, names in others.items():
        if name in names:
            raise StudyError(
                f"{name!r} is {kind} and a tool; the tables need two names: rename the tool", "tools", name
            )


def check_external_tool(name: str, study: StudySettings) -> None:
    """Raise StudyError for an external tool without exactly one source, with a bad command or a name that is taken."""
    entry, where = study.external_tools[name], f"external_tools.{name}"
    fault = ""
    if bool(entry.command) == bool(entry.folder):
        fault = f"{where} needs exactly one of command and folder"
    elif name in study.study.experiments:
        fault = f"{name!r} is an experiment and an external tool; the tables need two names: rename the tool"
    elif name in TRIVIAL:
        fault = f"{where}: {name!r} is a trivial baseline in the tables; rename the tool"
    if fault:
        raise StudyError(fault, "external_tools", name)
    if entry.command:
        try:
            split_command(entry.command, images=PurePath("images"), output=PurePath("output"))
        except ExternalError as error:
            raise StudyError(f"{where}: {error}", "external_tools", name, "command") from error
