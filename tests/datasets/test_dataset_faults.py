"""Bad samples are named before anything is written, and a damaged dataset folder says what is wrong."""

import csv
import io

import numpy as np
import pytest
import tifffile
from builders.samples import GOLD, IMAGE, UNKNOWN, sample

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset, write_dataset


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": GOLD[:, :-1]}, r"^01/t000\.tif: image is 5×6 but its label is 5×5; remove the frame or fix"),
        ({"silver": GOLD[:-1]}, "but its silver label is 4×6"),
        ({"markers": GOLD[:-1]}, "but its marker image is 4×6"),
        ({"ignore": UNKNOWN[:-1]}, "but its ignore mask is 4×6"),
        ({"labels": GOLD.astype(np.float32)}, r"^01/t000\.tif: label holds float32 values"),
        ({"labels": GOLD.astype(int) - 1}, "negative id -1"),
        ({"image": IMAGE * np.float32(np.nan)}, "NaN or infinite"),
        ({"image": IMAGE * 0}, "image is constant"),
        ({"frame": "01/t000"}, "not a safe file name"),
    ],
)
def test_a_bad_sample_leaves_nothing_behind(tmp_path, change, message):
    with pytest.raises(DatasetError, match=message):
        write_dataset(tmp_path / "d", [sample("first"), sample(**change)])
    assert list(tmp_path.iterdir()) == []


def test_all_bad_samples_are_named_and_the_faults_of_the_reader_too(tmp_path):
    def reader():
        yield sample("a", labels=GOLD[1:])
        yield sample("b")
        yield sample("b", labels=GOLD * 0)
        raise DatasetError("c.tif: unreadable")

    with pytest.raises(
        DatasetError, match=r"^3 faults: \(1\) .*5×6 .* \(2\) .*id b is taken.* \(3\) c\.tif: unreadable$"
    ):
        write_dataset(tmp_path / "d", reader())
    assert list(tmp_path.iterdir()) == []


def test_no_frame_and_repeated_frame(tmp_path):
    with pytest.raises(DatasetError, match="no frame to write"):
        write_dataset(tmp_path / "d", [])
    with pytest.raises(DatasetError, match="frame id 01-t000 is taken"):
        write_dataset(tmp_path / "d", [sample(), sample()])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("binning", [-1, 0, 6, 10**9])
def test_a_binning_that_no_frame_can_have_is_refused(tmp_path, binning):
    """Images are padded to a multiple of it, so a large one would take any memory."""
    write_dataset(tmp_path, [sample()])
    table = tmp_path / "frames.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert min(int(rows[0]["height"]), int(rows[0]["width"])) == 5
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerow(rows[0] | {"binning": binning})
    with pytest.raises(DatasetError, match=r"frames\.csv, line 2: bad row \(no frame can be like this\)"):
        Dataset(tmp_path)


def test_a_folder_that_is_no_dataset(tmp_path):
    with pytest.raises(DatasetError, match=r"no frames\.csv here"):
        Dataset(tmp_path)
    write_dataset(tmp_path / "d", [sample()])
    image = tmp_path / "d" / "images" / "01-t000.tif"
    image.write_bytes(image.read_bytes()[:100])
    with pytest.raises(DatasetError, match="unreadable TIFF"):
        Dataset(tmp_path / "d").image("01-t000")
    for claimed in (2**20, 2**31):
        write_dataset(tmp_path / str(claimed), [sample()])
        labels = tmp_path / str(claimed) / "labels" / "01-t000.tif"
        with tifffile.TiffFile(labels, mode="r+") as file:
            file.pages.first.tags["StripByteCounts"].overwrite(claimed)
        with pytest.raises(DatasetError, match="a strip lies beyond the end of the file"):
            Dataset(tmp_path / str(claimed)).truth("01-t000")
    table = tmp_path / "d" / "frames.csv"
    table.write_text(table.read_text().replace(",5,6,", ",five,6,"))
    with pytest.raises(DatasetError, match=r"frames\.csv, line 2: bad row"):
        Dataset(tmp_path / "d")
