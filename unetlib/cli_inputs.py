"""Interpret the inputs of a command line: image files, planes and networks."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unetlib.cli_terminal import say

if TYPE_CHECKING:
    from unetlib.io.axes import Choice
    from unetlib.models.registry import Network


def image_files_of(paths: Sequence[Path], *, labels: bool = False) -> list[Path]:
    """Return the image files of these paths; name on stderr what else is in their folders."""
    from unetlib.io.image_files import find_images

    found = find_images(paths, labels=labels)
    for remark in found.remarks():
        say(remark)
    return found.files


def choice_of(given: argparse.Namespace) -> "Choice":
    """Return the chosen channel, z plane and frames axis."""
    from unetlib.io.axes import Choice

    return Choice(given.channel, given.z, given.frames_axis)


def network_of(text: str) -> "Network":
    """Return the network with this name or path."""
    from unetlib.models.registry import find_network

    return find_network(text)
