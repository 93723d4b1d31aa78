"""A progress bar of bytes on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def bytes_bar(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar and yield a function that moves it: it takes the bytes so far and, if known, the total."""
    with tqdm(unit="B", unit_scale=True, desc=name, mininterval=1, file=sys.stderr) as bar:

        def move(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield move
