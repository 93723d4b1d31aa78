"""Labelled images that train nothing and judge a network: which they are, and its mean scores on them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset
from unetlib.datasets.frames import FrameRecord
from unetlib.evaluation.image_metrics import score_image
from unetlib.imaging.instances import foreground_plane, instances_from_probability
from unetlib.io.wording import counted
from unetlib.networks.predict_images import BinnedImages, predict_images
from unetlib.networks.settings import ComputeSettings, PredictionSettings
from unetlib.networks.trained_network import TrainedNetwork

METRICS = ("dice", "seg", "map")
SHARE = 0.25  # of the labelled images, unless told otherwise


def parted(frames: Iterable[FrameRecord], held_out: int | None = None) -> tuple[list[str], list[str]]:
    """Return the labelled frames that train and those that only judge: the last `held_out` of them, or a few more.

    None: a quarter, at least one where there are two. Frames of one group stay together where there are several
    groups, frames that show the same image always. DatasetError where no frame would train.
    """
    known = [frame for frame in frames if frame.annotation != "none"]
    wanted = held_out
    if wanted is None:
        wanted = math.ceil(SHARE * len(known)) if len(known) > 1 else 0
    together = defaultdict[str, list[str]](list)
    several = len({frame.group for frame in known}) > 1
    for frame in known:
        together[frame.group if several else frame.duplicate_of or frame.frame].append(frame.frame)
    judges: set[str] = set()
    for names in reversed(together.values()):
        if len(judges) < wanted:
            judges.update(names)
    trains = [frame.frame for frame in known if frame.frame not in judges]
    if not trains:
        raise DatasetError(
            f"{counted(len(known), 'labelled image')}, of which {wanted} are to be held out: none is left to train on;"
            f" give more images with labels, or hold out fewer{_why_together(known, len(together))}"
        )
    return trains, [frame.frame for frame in known if frame.frame in judges]


def _why_together(known: Sequence[FrameRecord], parts: int) -> str:
    alone = parts == 1 and len(known) > 1
    return "; all of them are of one group, or show the same image, and are kept together" if alone else ""


class HeldOut:
    """The frames of a dataset that judge networks; each is read once."""

    def __init__(self, dataset: Dataset, frames: Sequence[str], compute: ComputeSettings) -> None:
        self.frames, self.compute = list(frames), compute
        self.truths = {frame: dataset.best_truth(frame) for frame in frames}
        self.images = BinnedImages([dataset.folder]).of({dataset.folder.name: self.frames})

    def scores(self, network: TrainedNetwork, how: PredictionSettings) -> dict[str, float]:
        """Return the mean Dice, SEG and mAP over the frames of a network that predicts as these settings say."""
        found = predict_images(network, self.images, how.inference, self.compute)
        rows = []
        for (labels, ignore), planes in zip(self.truths.values(), found.values(), strict=True):
            instances, mask = instances_from_probability(planes, how.instances), foreground_plane(planes)
            rows.append(score_image(labels, instances, predicted_mask=mask >= how.instances.threshold, ignore=ignore))
        return {name: float(np.mean([row[name] for row in rows])) for name in METRICS}
