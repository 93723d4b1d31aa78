"""What every script does around its work: read its arguments as a dataclass, and say an error in one line."""

import argparse
import os
import sys
import traceback
import typing
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from unetlib.io.interruption import Stopped, signals_raise

Arguments = TypeVar("Arguments")


def run(main: Callable[[Arguments], None], arguments: type[Arguments], description: str) -> None:
    """Read the dataclass from --options (- for _) and run main with it; an expected error is one line, exit code 1.

    A Path, str or int is one value, a list of paths one or more; anything else is JSON.
    A signal that ends the script clears away what it was writing: one line, exit code 128 and the signal's number.
    UNETLIB_DEBUG=1 shows the traceback of an expected error as well.
    """
    parser = argparse.ArgumentParser(description=description)
    kinds = typing.get_type_hints(arguments)
    for field in fields(arguments):  # type: ignore[arg-type]
        name, kind = f"--{field.name.replace('_', '-')}", kinds[field.name]
        if kind == list[Path]:
            parser.add_argument(name, type=Path, nargs="+", required=True)
        else:
            parser.add_argument(name, type=kind if kind in (Path, str, int) else str, required=True)
    try:
        with signals_raise():
            main(arguments(**{name: _value(value, kinds[name]) for name, value in vars(parser.parse_args()).items()}))
    except KeyboardInterrupt:
        print("error: interrupted; what was not complete was not written", file=sys.stderr)
        sys.exit(130)
    except Stopped as stopped:
        print(f"error: stopped by {stopped.signal}; what was not complete was not written", file=sys.stderr)
        raise
    except (ValueError, OSError) as error:
        if os.environ.get("UNETLIB_DEBUG"):
            traceback.print_exc()
        print(f"error: {' '.join(str(error).splitlines())}", file=sys.stderr)
        sys.exit(1)


def _value(value: Any, kind: Any) -> Any:
    """Return an argument as the type that the dataclass states."""
    if kind in (Path, str, int, list[Path]):
        return value
    from pydantic import TypeAdapter  # not for scripts without JSON, which run in environments of other tools

    return TypeAdapter(kind).validate_json(value)
