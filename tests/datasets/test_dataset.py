"""A dataset folder gives back what was written, twice the same bytes, and never a half-written folder."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from builders.samples import GOLD, IMAGE, SILVER, UNKNOWN, four, sample

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dataset import Dataset, check_sample, write_dataset
from unetlib.datasets.frames import FrameRecord


def test_round_trip(tmp_path):
    assert write_dataset(tmp_path / "d", four()) == 4
    data = Dataset(tmp_path / "d")
    assert [replace(frame, sha256="", image_sha256="") for frame in data.frames] == [
        FrameRecord("gold", "01", 0, "01", "phase-contrast", 5, 6, 2, "gold", 0, 0.65, 0),
        FrameRecord("partial", "01", 1, "01", "phase-contrast", 5, 6, 2, "partial", 1, None, 3),
        FrameRecord("silver", "01", 2, "01", "phase-contrast", 5, 6, 2, "silver", 1, None, 0),
        FrameRecord("none", "01", 3, "01", "phase-contrast", 5, 6, 0, "none", 0, None, 0),
    ]
    for given in four():
        image = data.image(given.frame)
        assert image.dtype == given.image.dtype
        np.testing.assert_array_equal(image, given.image)
    np.testing.assert_array_equal(data.markers("partial"), GOLD)
    assert data.markers("gold") is None


@pytest.mark.parametrize("kind", ["image", "labels", "silver"])
def test_one_changed_pixel_changes_the_table_of_frames(tmp_path, kind):
    """Snakemake compares small inputs by content: frames.csv must say that pixels changed, even if no count did."""
    before, after = four(), four()
    partial = next(n for n, sample in enumerate(after) if sample.frame == "partial")
    array = getattr(after[partial], kind).copy()
    array[-1, -1], array[0, 0] = array[0, 0], array[-1, -1] + 1
    after[partial] = replace(after[partial], **{kind: array})
    write_dataset(tmp_path / "before", before)
    write_dataset(tmp_path / "after", after)
    ours, theirs = (Dataset(tmp_path / name).frame("partial").sha256 for name in ("before", "after"))
    assert len(ours) == 64 and ours != theirs
    assert Dataset(tmp_path / "before").frame("gold") == Dataset(tmp_path / "after").frame("gold")


def test_gold_judges_and_silver_trains(tmp_path):
    write_dataset(tmp_path / "d", four())
    data = Dataset(tmp_path / "d")
    for got, labels, ignore in [
        (data.truth("gold"), GOLD, UNKNOWN & False),
        (data.truth("partial"), GOLD, UNKNOWN),
        (data.training_truth("gold"), GOLD, UNKNOWN & False),
        (data.training_truth("partial"), SILVER, UNKNOWN & False),
        (data.training_truth("silver"), SILVER, UNKNOWN & False),
    ]:
        np.testing.assert_array_equal(got[0], labels)
        np.testing.assert_array_equal(got[1], ignore)
        assert got[0].dtype == np.uint16 and got[1].dtype == bool
    for frame in ("silver", "none"):
        with pytest.raises(DatasetError, match=f"frame {frame} has no gold truth"):
            data.truth(frame)
    with pytest.raises(DatasetError, match="frame none has no annotation"):
        data.training_truth("none")
    with pytest.raises(DatasetError, match="no frame 'elsewhere'"):
        data.image("elsewhere")


def test_gold_trains_where_it_is_complete_and_asked_for(tmp_path):
    both = [*four(), sample("both", time=4, silver=SILVER, image=IMAGE[:, ::-1])]
    for name, truth in (("silver", SILVER), ("gold", GOLD)):
        write_dataset(tmp_path / name, both, training_truth=name)
        data = Dataset(tmp_path / name)
        np.testing.assert_array_equal(data.training_truth("both")[0], truth)
        np.testing.assert_array_equal(data.training_truth("partial")[0], SILVER)
        np.testing.assert_array_equal(data.training_truth("silver")[0], SILVER)
        np.testing.assert_array_equal(data.training_truth("gold")[0], GOLD)
        np.testing.assert_array_equal(data.seen("both")[1], truth)


def test_a_length_is_of_the_image_or_of_the_world_whatever_the_binning(tmp_path):
    one = [sample(pixel_size_um=0.25)]
    scales = {}
    for lengths, binning in product(("pixels", "micrometres"), (1, 2)):
        write_dataset(tmp_path / "d", one, lengths=lengths, binning=binning)
        scales[lengths, binning] = Dataset(tmp_path / "d").length_scale("01-t000")
    assert scales == {("pixels", 1): 1, ("pixels", 2): 0.5, ("micrometres", 1): 4, ("micrometres", 2): 2}
    with pytest.raises(DatasetError, match="01-t000: lengths are in micrometres, but its pixel size is not known"):
        write_dataset(tmp_path / "e", [sample()], lengths="micrometres")
    assert not (tmp_path / "e").exists()


def test_what_is_at_rest_is_no_column(tmp_path):
    """Everything that depends on frames.csv is made again when one of its bytes changes."""
    plain = "frame,sequence,time,group,modality,height,width,instances,annotation,silver,overlap_px,binning,"
    plain += "duplicate_of,image_sha256,sha256"

    def header(**how):
        write_dataset(tmp_path / "d", [sample(pixel_size_um=0.5), *four()[1:]], **how)
        return (tmp_path / "d" / "frames.csv").read_text().splitlines()[0]

    assert header() == header(training_truth="gold") == plain, "no frame has silver beside complete gold"
    with pytest.raises(DatasetError):
        header(lengths="micrometres")
    both = [sample(silver=SILVER, pixel_size_um=0.5)]
    write_dataset(tmp_path / "d", both, training_truth="gold", lengths="micrometres")
    assert (tmp_path / "d/frames.csv").read_text().splitlines()[0] == plain + ",training_truth,px_per_length"
    text = (tmp_path / "d/frames.csv").read_text()
    for good, bad in ((",gold,2.0", ",lead,2.0"), (",gold,2.0", ",gold,0"), (",gold,2.0", ",gold,nan")):
        (tmp_path / "d/frames.csv").write_text(text.replace(good, bad))
        with pytest.raises(DatasetError, match="bad row"):
            Dataset(tmp_path / "d")


@pytest.mark.parametrize(("unknown", "dense"), [(1, True), (3, True), (4, False), (29, False)])
def test_a_frame_is_dense_that_knows_nine_pixels_of_ten(tmp_path, unknown, dense):
    mask = np.arange(30).reshape(5, 6) < unknown
    write_dataset(tmp_path / "d", [*four()[::2], four()[3], sample("some", image=IMAGE.T.reshape(5, 6), ignore=mask)])
    assert Dataset(tmp_path / "d").dense_frames() == {"gold"} | ({"some"} if dense else set())


def test_partial_gold_without_silver_trains_with_its_unknown_pixels(tmp_path):
    write_dataset(tmp_path / "d", [sample(ignore=UNKNOWN)])
    labels, ignore = Dataset(tmp_path / "d").training_truth("01-t000")
    np.testing.assert_array_equal(labels, GOLD)
    np.testing.assert_array_equal(ignore, UNKNOWN)


def test_two_writes_give_identical_files(tmp_path):
    for name in ("a", "b"):
        write_dataset(tmp_path / name, four())
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert (
        len(files) == 12
    )  # frames.csv, pixel_sizes.csv, 4 images, 3 labels, and of the partial frame silver, ignore, markers
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_tracks_stand_in_one_table(tmp_path):
    tracks = [{"sequence": "01", "label": 1, "begin": 0, "end": 4, "parent": 0}]
    write_dataset(tmp_path / "d", [sample("a", tracks=tracks), sample("b")])
    assert (tmp_path / "d" / "tracks.csv").read_text() == "sequence,label,begin,end,parent\n01,1,0,4,0\n"


def test_a_negative_is_a_frame_unless_its_label_must_not_be_empty(tmp_path):
    both = [sample("cells"), sample("negative", image=IMAGE[::-1], labels=GOLD * 0)]
    write_dataset(tmp_path / "d", both)
    assert [(f.instances, f.annotation) for f in Dataset(tmp_path / "d").frames] == [(2, "gold"), (0, "gold")]
    assert not Dataset(tmp_path / "d").truth("negative")[0].any()
    with pytest.raises(
        DatasetError, match=r"^01/t000\.tif: its label has no object; remove .* or leave out allow_empty"
    ):
        write_dataset(tmp_path / "e", both, allow_empty=False)
    with pytest.raises(DatasetError, match="none of its 1 labels has an object"):
        write_dataset(tmp_path / "e", both[1:])
    assert not (tmp_path / "e").exists()


def test_the_pixel_size_is_no_part_of_the_table_that_training_depends_on(tmp_path):
    for name, size in (("a", 0.5), ("b", 0.65), ("c", None)):
        write_dataset(tmp_path / name, [sample(pixel_size_um=size)])
        assert Dataset(tmp_path / name).frames[0].pixel_size_um == size
    tables = {(tmp_path / name / "frames.csv").read_bytes() for name in "abc"}
    assert len(tables) == 1
    (tmp_path / "a" / "pixel_sizes.csv").write_text("frame,pixel_size_um\n01-t000,-1\n")
    with pytest.raises(DatasetError, match=r"pixel_sizes\.csv: a pixel size is not a positive length"):
        Dataset(tmp_path / "a")


def test_an_ignore_mask_that_ignores_nothing_is_dropped():
    assert check_sample(sample(ignore=UNKNOWN & False)).ignore is None
