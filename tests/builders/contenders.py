"""Contenders of a benchmark that run in a process of their own, which imports this module: so it imports little."""

from collections.abc import Callable


def counting(most: int) -> Callable[[], object]:
    """Return work that fails when it is called more than `most` times."""
    calls = iter(range(most))

    def work() -> None:
        if next(calls, None) is None:
            raise ValueError("called too often")

    return work


def without_its_package() -> Callable[[], object]:
    """Fail as a contender whose package is not installed."""
    import no_such_package  # type: ignore[import-not-found]

    return no_such_package.work  # type: ignore[no-any-return]
