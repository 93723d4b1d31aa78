"""`python -m unetlib`, which is the same as the command `unetlib`."""

import sys

from unetlib.cli import main

if __name__ == "__main__":
    sys.exit(main())
