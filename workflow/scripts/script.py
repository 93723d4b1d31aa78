"""Run a script: read its arguments, and print an error in one line."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import TypeVar

from arguments import read_arguments

from unetlib.io.interruption import Stopped, signals_raise

Arguments = TypeVar("Arguments")


def run(main: Callable[[Arguments], None], arguments: type[Arguments], description: str) -> None:
    """Run main with the dataclass of `read_arguments`; an expected error gives one line and exit code 1.

    If a signal ends the script, its temporary files are removed: one line, exit code 128 plus the signal's number.
    With UNETLIB_DEBUG=1 an expected error shows its traceback as well.
    """
    try:
        with signals_raise():
            main(read_arguments(arguments, description))
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
