"""Read a study's configuration; an error is one line that names file, key, value and remedy."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from unetlib.io.settings import first_fault
from unetlib.study.config_checks import check_study
from unetlib.study.protocols import with_protocols
from unetlib.study.renamed import refuse_old_names
from unetlib.study.settings import StudyError, StudySettings
from unetlib.study.shared_trainings import share_identical_trainings

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_study(config: Mapping[str, object], files: Sequence[str | Path] = ()) -> StudySettings:
    """Return a study in which each experiment states whose networks it uses; raise StudyError if anything is wrong.

    config: the merged content of the files, later ones over earlier ones.
    """
    nodes = {Path(path): _composed(Path(path)) for path in files}
    for path, node in nodes.items():
        for line, key in _repeated_keys(node):
            raise StudyError(f"{_shown(path)}, line {line}: the key {key!r} is repeated in its section; remove one")
    try:
        refuse_old_names(config)
        study = _validated(config)
        check_study(study)
        if study.study.protocols:
            study = with_protocols(study)
            check_study(study)
        return share_identical_trainings(study)
    except StudyError as error:
        message = " ".join(str(error).splitlines())  # a name may hold a line break
        raise StudyError(f"{_place_of(error.key, nodes)}{message}", *error.key) from error


def _validated(config: Mapping[str, object]) -> StudySettings:
    try:
        return StudySettings.model_validate(config)
    except ValidationError as error:
        key = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
        raise StudyError(first_fault(error, StudySettings), *map(str, key)) from error


def _composed(path: Path) -> yaml.Node | None:
    """Parse a YAML or JSON file into nodes that carry line numbers."""
    with path.open(encoding="utf-8") as stream:
        return yaml.compose(stream, Loader=Loader)


def _place_of(key: Sequence[str], nodes: Mapping[Path, yaml.Node | None]) -> str:
    """Return "file, line 3: " for the last file that states the key, or the longest prefix of it found in any file."""
    for length in range(len(key), 0, -1):
        for path, node in reversed([*nodes.items()]):
            if line := _line_of(key[:length], node):
                return f"{_shown(path)}, line {line}: "
    return ""


def _line_of(key: Sequence[str], node: yaml.Node | None) -> int | None:
    """Return the line of a key below a node, or None if it is absent."""
    line = None
    for part in key:
        if isinstance(node, yaml.MappingNode):
            entries = {str(name.value): (name.start_mark.line + 1, value) for name, value in node.value}
        elif isinstance(node, yaml.SequenceNode):
            entries = {str(place): (value.start_mark.line + 1, value) for place, value in enumerate(node.value)}
        else:
            return None
        if part not in entries:
            return None
        line, node = entries[part]
    return line


def _repeated_keys(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """Yield line and key of every key that is repeated in its section."""
    children = node.value if isinstance(node, yaml.MappingNode | yaml.SequenceNode) else []
    if isinstance(node, yaml.MappingNode):
        names = [name.value for name, _ in children]
        yield from (
            (name.start_mark.line + 1, name.value) for i, (name, _) in enumerate(children) if name.value in names[:i]
        )
        children = [value for _, value in children]
    for child in children:
        yield from _repeated_keys(child)


def _shown(path: Path) -> str:
    """Return the path relative to the current folder if it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)
