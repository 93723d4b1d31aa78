"""Choose evenly spaced subsets of a sequence, nested if their sizes are powers of two."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def evenly_spaced(items: Sequence[T], most: int | None) -> list[T]:
    """Return at most `most` of the items, evenly spaced over the sequence; None keeps all.

    >>> evenly_spaced("abcdef", 2)
    ['b', 'e']
    """
    n = len(items)
    if most is None or n <= most:
        return list(items)
    return [items[(2 * k + 1) * n // (2 * most)] for k in range(most)]


def some_with(
    wanted: Callable[[T], bool], way: Callable[[Sequence[T], int | None], list[T]], items: Sequence[T], most: int | None
) -> list[T]:
    """Return the subset way(items, most); if it has no wanted item, choose from the wanted items only.

    >>> some_with(str.isupper, evenly_spaced, "aaaB", 1)
    ['B']
    """
    chosen = way(items, most)
    return chosen if any(map(wanted, chosen)) else way([item for item in items if wanted(item)], most) or chosen


def nested(items: Sequence[T], most: int | None) -> list[T]:
    """Return at most `most` of the items, evenly spaced; for powers of two, each subset contains the next smaller one.

    A curve over 1, 2, 4, 8, … items therefore only adds items and never exchanges any. The largest power of two is
    evenly spaced; each smaller subset keeps every other item, starting alternately from the second and the first, which
    keeps it centred. Other numbers are `evenly_spaced`.

    >>> nested("abcdefgh", 1), nested("abcdefgh", 2), nested("abcdefgh", 4)
    (['f'], ['b', 'f'], ['b', 'd', 'f', 'h'])
    """
    n = len(items)
    if most is None or n <= most or most < 1 or most & (most - 1):
        return evenly_spaced(items, most)
    chosen = evenly_spaced(items, 1 << (n.bit_length() - 1))
    first = 1
    while len(chosen) > most:
        chosen, first = chosen[first::2], 1 - first
    return chosen
