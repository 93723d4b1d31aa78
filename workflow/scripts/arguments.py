"""The arguments of a script: a dataclass whose fields are --options."""

import argparse
import typing
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

Arguments = TypeVar("Arguments")


def read_arguments(kind: type[Arguments], description: str) -> Arguments:
    """Parse the command line into this dataclass; in a field's option, - stands for _.

    A Path, str or int is one value, a list of paths is one or more values; anything else is JSON. Raises ValueError for
    JSON of the wrong type.
    """
    parser = argparse.ArgumentParser(description=description)
    kinds = typing.get_type_hints(kind)
    for field in fields(kind):  # type: ignore[arg-type]
        name, wanted = f"--{field.name.replace('_', '-')}", kinds[field.name]
        if wanted == list[Path]:
            parser.add_argument(name, type=Path, nargs="+", required=True)
        else:
            parser.add_argument(name, type=wanted if wanted in (Path, str, int) else str, required=True)
    given = vars(parser.parse_args())
    return kind(**{name: _value(value, kinds[name]) for name, value in given.items()})


def _value(value: Any, kind: Any) -> Any:
    """Convert an argument to the type that the dataclass states."""
    if kind in (Path, str, int, list[Path]):
        return value
    # Imported late: scripts without JSON run in other tools' environments, where pydantic may be missing.
    from pydantic import TypeAdapter

    return TypeAdapter(kind).validate_json(value)
