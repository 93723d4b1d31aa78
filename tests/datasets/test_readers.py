"""One door to all foreign formats; and the real archives, where they are at hand, give the published counts."""

import inspect
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from builders.archives import as_bytes, texture

from unetlib.datasets.dataset import Dataset, write_dataset
from unetlib.datasets.readers import FORMATS, ReaderError, read
from unetlib.io.archives import open_archive

REAL = Path(__file__).parents[3] / "shared" / "data"
LABEL = np.pad(np.ones((4, 5), np.uint8), 3)


def test_a_folder_and_a_zip_give_the_same(tmp_path):
    members = {"images/a.png": texture(10, 11), "labels/a.png": LABEL}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for name, value in members.items():
            file.writestr(name, as_bytes(name, value))
            (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "folder" / name).write_bytes(as_bytes(name, value))
    archive = open_archive(tmp_path / "a.zip", max_bytes=10**6, max_members=10)
    (packed,), (plain,) = read("pairs", archive), read("pairs", tmp_path / "folder")
    np.testing.assert_array_equal(packed.image, plain.image)
    np.testing.assert_array_equal(packed.labels, LABEL)
    assert packed.frame == plain.frame == "a"


def test_unknown_format_and_folder(tmp_path):
    with pytest.raises(ReaderError, match="unknown format 'czi'; choose one of ctc, isbi, dsb, pairs"):
        read("czi", tmp_path)
    with pytest.raises(ReaderError, match="there is no such folder"):
        read("pairs", tmp_path / "nowhere")


def test_every_reader_takes_a_pixel_size():
    for reader in FORMATS.values():
        options = list(inspect.signature(reader).parameters.values())[1:]
        assert all(o.kind is o.KEYWORD_ONLY for o in options) and "pixel_size_um" in {o.name for o in options}


def prepared(tmp_path, format: str, name: str) -> Dataset:
    if not (REAL / name).is_file():
        pytest.skip(f"{name} is not in ../shared/data")
    with open_archive(REAL / name, max_bytes=2 * 10**9, max_members=100_000) as archive:
        write_dataset(tmp_path / "d", read(format, archive))
    return Dataset(tmp_path / "d")


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "frames", "gold", "partial"),
    [
        (
            "DIC-C2DH-HeLa.zip",
            {"01": 84, "02": 84},
            {"01": 9, "02": 9},
            # t067, t042 and t061: silver draws the missing cells; the others are at the rim, where neither truth draws
            ["01-t034", "01-t039", "01-t067", "02-t007", "02-t014", "02-t042", "02-t061", "02-t067"],
        ),
        (
            "PhC-C2DH-U373.zip",
            {"01": 115, "02": 115},
            {"01": 15, "02": 19},
            ["02-t026", "02-t051", "02-t085", "02-t106"],
        ),
    ],
)
def test_cell_tracking_challenge(tmp_path, name, frames, gold, partial):
    data = prepared(tmp_path, "ctc", name)
    assert Counter(f.sequence for f in data.frames) == frames and all(f.silver for f in data.frames)
    assert Counter(f.sequence for f in data.frames if f.annotation in ("gold", "partial")) == gold
    assert [f.frame for f in data.frames if f.annotation == "partial"] == partial
    for frame in partial:
        labels, ignore = data.truth(frame)
        silver, _ = data.training_truth(frame)
        assert not (ignore & (labels > 0)).any()
        hidden = [n for n in np.unique(silver)[1:] if not labels[silver == n].any()]
        assert all(ignore[silver == n].all() for n in hidden if data.markers(frame)[silver == n].any())


@pytest.mark.realdata
def test_isbi(tmp_path):
    data = prepared(tmp_path, "isbi", "ISBI-2012-challenge.zip")
    assert Counter((f.sequence, f.annotation) for f in data.frames) == {("train", "gold"): 30, ("test", "none"): 30}
    cells = np.mean([(data.truth(f"train-z{z:03d}")[0] > 0).mean() for z in range(30)])
    assert round(float(cells), 3) == 0.780


@pytest.mark.realdata
def test_dsb(tmp_path):
    data = prepared(tmp_path, "dsb", "stage1_train.zip")
    assert len(data.frames) == 664 and sum(f.instances for f in data.frames) == 28986
    assert sorted(f.overlap_px for f in data.frames if f.overlap_px) == [1, 1, 1, 2, 2, 2]
    assert Counter(f.modality for f in data.frames) == {"fluorescence": 541, "histology": 107, "brightfield": 16}
    sizes = Counter(Counter(f.group for f in data.frames).values())
    assert sum(sizes.values()) == 264 and sizes[4] == 76 and max(sizes) == 16  # 2×2 fields, a 4×4 one, no glue
