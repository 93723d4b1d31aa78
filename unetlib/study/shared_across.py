"""Find images that two datasets of a study share: what trained a network must not test it in another dataset."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from unetlib.datasets.frames import FrameRecord


class SharedImage(NamedTuple):
    """A test image that a network has seen in another dataset; both are given as dataset/frame."""

    tested: str
    seen: str


def seen_elsewhere(
    roles: Mapping[str, Mapping[str, Sequence[str]]],
    tests: Mapping[str, Sequence[str]],
    frames: Mapping[str, Sequence[FrameRecord]],
) -> Iterator[SharedImage]:
    """Yield test images that equal a training or validation image of the network from another dataset.

    roles: dataset → role → the network's frames; tests: dataset → frames it is scored on; frames: of all datasets.
    Images with equal grey values are found, by their checksums; nearly equal ones are not.
    """
    checksum = {(name, each.frame): each.image_sha256 for name, found in frames.items() for each in found}
    seen: dict[str, list[tuple[str, str]]] = {}
    for name, by_role in roles.items():
        for frame in (*by_role["train"], *by_role["validation"]):
            seen.setdefault(checksum[name, frame], []).append((name, frame))
    for name, tested in tests.items():
        for frame in tested:
            others = [place for place in seen.get(checksum[name, frame], []) if place[0] != name]
            if others and checksum[name, frame]:
                yield SharedImage(f"{name}/{frame}", "/".join(others[0]))
