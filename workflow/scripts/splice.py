"""What every script does around its work: parse, say errors in one line, and hand JSON arguments over."""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from unetlib.io.interruption import Stopped, signals_raise


def run(main: Callable[[argparse.Namespace], None], description: str, **options: dict) -> None:
    """Parse --options (names with _ for -, keywords as in add_argument) and run main; an error is one line, exit 1.

    A signal that ends the script clears away what it was writing: one line, exit 128 and the signal's number.
    UNETLIB_DEBUG=1 shows the traceback of an expected error as well.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, keywords in options.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **({"required": True} | keywords))
    try:
        with signals_raise():
            main(parser.parse_args())
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


PATH = {"type": Path}
PATHS = {"type": Path, "nargs": "+"}
JSON = {"type": json.loads}


def device_of(compute: dict) -> str:
    """Return the torch device the configuration asks for: auto is cuda where there is one."""
    import torch

    if compute["device"] == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return compute["device"]
