"""Some of many: evenly spaced subsets of a sequence, nested where sizes double."""

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
    """Return the subset way(items, most), of the wanted items alone where it would hold none of them.

    >>> some_with(str.isupper, evenly_spaced, "aaaB", 1)
    ['B']
    """
    chosen = way(items, most)
    return chosen if any(map(wanted, chosen)) else way([item for item in items if wanted(item)], most) or chosen


def nested(items: Sequence[T], most: int | None) -> list[T]:
    """Return at most `most` of the items, evenly spaced; for powers of two, each subset lies in the next larger one.

    So a curve over 1, 2, 4, 8, … items adds to them and never exchanges any. The largest power of two is evenly
    spaced; each smaller one keeps every other item, from the second and the first in turn, which keeps it centred.
    Other numbers are `evenly_spaced`.

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
