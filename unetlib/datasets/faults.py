"""Collect the faults of many files and report them together, so that the first does not hide the others."""

from collections.abc import Iterator
from contextlib import contextmanager

from unetlib.datasets.checks import DatasetError
from unetlib.io.archives import ArchiveError
from unetlib.io.images import ImageError

NAMED = 100  # at most this many faults are reported in full


class Faults:
    """The faults of the files of a dataset or a movie, collected while they are read.

    kinds: errors that are faults of files, besides ImageError and ArchiveError; the first is the type of the summary.
    """

    def __init__(self, *kinds: type[ValueError]) -> None:
        self._summary = kinds[0] if kinds else DatasetError
        self._collected: tuple[type[ValueError], ...] = (*(kinds or (DatasetError,)), ImageError, ArchiveError)
        self._found: list[ValueError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keep an error about the data that the block raises, and continue after the block."""
        try:
            yield
        except self._collected as error:
            self._found.append(error)

    def check(self) -> None:
        """Raise what was collected: a single error as it is, several as one error that names them all."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            kinds: dict[str, list[str]] = {}  # the same fault of several files is reported once
            for error in self._found[:NAMED]:
                where, colon, fault = str(error).partition(": ")
                kinds.setdefault(fault if colon else "", []).append(where)
            told = [f"{', '.join(files)}{fault and ': '}{fault}" for fault, files in kinds.items()]
            numbered = told if len(told) == 1 else [f"({number}) {each}" for number, each in enumerate(told, 1)]
            more = f" and {len(self._found) - NAMED} more" if len(self._found) > NAMED else ""
            raise self._summary(f"{len(self._found)} faults: {' '.join(numbered)}{more}")
