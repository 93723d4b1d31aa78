"""Images without cells are data: every format reads them, splits spread them, and they are scored."""

import numpy as np
import pytest
from builders.archives import Box, stack, texture

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.frames import FrameRecord
from unetlib.datasets.readers import read
from unetlib.datasets.remarks import remarks
from unetlib.datasets.settings import SplitSettings
from unetlib.datasets.splits import SplitError, split
from unetlib.evaluation.image_metrics import score_image

CELLS = np.zeros((24, 20), np.uint8)
CELLS[2:6, 2:6], CELLS[10:16, 8:14] = 1, 2
NONE = np.zeros_like(CELLS)


def image(seed: int) -> np.ndarray:
    return texture(24, 20, seed=seed)


def mask(labels: np.ndarray) -> np.ndarray:
    return np.where(labels > 0, 255, 0).astype(np.uint8)


SOURCES = {
    "pairs": ({}, {f"images/{n}.png": image(n) for n in (1, 2)} | {"labels/1.png": CELLS, "labels/2.png": NONE}),
    "masks": (
        {"masks": True},
        {f"images/{n}.png": image(n) for n in (1, 2)} | {"labels/1.png": mask(CELLS), "labels/2.png": NONE},
    ),
    "ctc": (
        {},
        {f"D/01/t00{n}.tif": image(n) for n in (1, 2)}
        | {f"D/01_GT/SEG/man_seg00{n}.tif": labels.astype(np.uint16) for n, labels in ((1, CELLS), (2, NONE))}
        | {f"D/01_GT/TRA/man_track00{n}.tif": labels.astype(np.uint16) for n, labels in ((1, CELLS), (2, NONE))}
        | {"D/01_GT/TRA/man_track.txt": "1 1 1 0\n2 1 1 0\n"},
    ),
    "isbi": (
        {},
        {
            "train-volume.tif": stack([image(1), image(2)]),
            "train-labels.tif": stack([mask(CELLS), NONE]),
        },
    ),
    "dsb": (
        {},
        {f"{n}/images/{n}.png": image(n) for n in (1, 2)}
        | {"1/masks/a.png": mask(CELLS == 1), "1/masks/b.tif": mask(CELLS == 2), "1/masks/c.png": NONE}
        | {"2/masks/a.png": NONE},
    ),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_negative_of_every_format_is_a_gold_frame_without_objects(tmp_path, kind):
    options, members = SOURCES[kind]
    write_dataset(tmp_path / "d", read({"masks": "pairs"}.get(kind, kind), Box(members), **options))
    data = Dataset(tmp_path / "d")
    assert [(frame.annotation, frame.instances) for frame in data.frames] == [("gold", 2), ("gold", 0)]
    negative = data.frames[1].frame
    for labels, ignore in (data.truth(negative), data.training_truth(negative)):
        assert not labels.any() and not ignore.any()
    assert f"labels without an object, trained and tested on as negatives: {negative} (1)" in remarks(data.frames)


def test_an_image_that_nobody_annotated_is_no_negative(tmp_path):
    members = {f"{n}/images/{n}.png": image(n) for n in (1, 2)} | {"1/masks/a.png": mask(CELLS == 1)}
    write_dataset(tmp_path / "d", read("dsb", Box(members)))
    assert [frame.annotation for frame in Dataset(tmp_path / "d").frames] == ["gold", "none"]
    assert "without labels, neither trained nor tested on: 2 (1)" in remarks(Dataset(tmp_path / "d").frames)


def test_cells_that_are_tracked_and_not_drawn_are_no_negative_and_the_remedy_works(tmp_path):
    _, members = SOURCES["ctc"]
    members = members | {"D/01_GT/TRA/man_track002.tif": CELLS.astype(np.uint16)}
    with pytest.raises(
        DatasetError, match=r"man_seg002\.tif: has no object, but .*man_track002\.tif has cells; remove"
    ):
        write_dataset(tmp_path / "d", read("ctc", Box(members)))
    members.pop("D/01_GT/SEG/man_seg002.tif")
    assert write_dataset(tmp_path / "d", read("ctc", Box(members))) == 2


def test_a_negative_is_scored_one_for_nothing_and_zero_for_anything():
    perfect, wrong = score_image(NONE, NONE), score_image(NONE, CELLS)
    for metric in ("dice", "iou", "seg", "ap50", "map", "v_rand", "v_info", "precision", "recall"):
        assert (perfect[metric], wrong[metric]) == (1.0, 0.0), metric


def frames(*instances: int, groups: str = "") -> list[FrameRecord]:
    names = [f"{n:02d}" for n in range(len(instances))]
    return [
        FrameRecord(name, "", 0, groups[n : n + 1] or name, "grey", 9, 9, count, "gold")
        for n, (name, count) in enumerate(zip(names, instances, strict=True))
    ]


@pytest.mark.parametrize("seed", range(10))
def test_negatives_are_spread_over_roles_that_all_hold_objects(seed):
    given = frames(*[5, 0] * 12)
    roles = split(given, SplitSettings(folds=3, validation_fraction=0.25, seed=seed, gap_frames=0), by="group", fold=0)
    count = {f.frame: f.instances for f in given}
    for role, least in (("test", 4), ("validation", 2), ("train", 4)):
        own = [count[frame] for frame, name in roles if name == role]
        assert own.count(0) >= least - 1 and own.count(5) >= least


@pytest.mark.parametrize("seed", range(10))
def test_a_single_frame_that_validates_or_trains_holds_objects(seed):
    given = frames(3, 3, 3, 3, 0, 0, 0, 0)
    roles = split(
        given,
        SplitSettings(folds=2, validation_fraction=0.1, max_train=1, max_validation=1, seed=seed, gap_frames=0),
        by="group",
        fold=0,
    )
    count = {f.frame: f.instances for f in given}
    assert [count[f] for f, role in roles if role in ("train", "validation")] == [3, 3]


def test_a_role_of_negatives_alone_is_refused():
    given = frames(0, 0, 3, 3, 3, 3, 3, 3, groups="aabbccdd")
    refused = 0
    for fold in range(4):
        try:
            split(given, SplitSettings(folds=4, validation_fraction=0.2, gap_frames=0), by="group", fold=fold)
        except SplitError as error:
            refused += 1
            assert "the frames for test are all negatives" in str(error) and "fewer folds" in str(error)
    assert refused == 1
    split(given, SplitSettings(folds=2, validation_fraction=0.2, gap_frames=0), by="group", fold=0)
