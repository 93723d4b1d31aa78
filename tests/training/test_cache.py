import numpy as np
import pytest
from builders.label_images import two_cells
from builders.variants import CACHE, PLAIN, STILL, augmentation

from unetlib.datasets.dataset import Dataset, Sample, write_dataset
from unetlib.imaging.binning import bin_labels
from unetlib.imaging.labels import separate_touching
from unetlib.training.cache import recorded_settings, write_cache
from unetlib.training.cached_variants import read_cache
from unetlib.training.settings import CacheSettings
from unetlib.training.variants import frame_generator, make_variants, training_targets, warp


@pytest.fixture
def dataset(tmp_path):
    image, labels = two_cells()
    unknown = np.zeros(labels.shape, np.uint8)
    unknown[:5] = 1
    facts = {"sequence": "01", "group": "g", "modality": "m"}
    samples = [
        Sample("a", time=0, image=image, labels=labels, **facts),
        Sample("b", time=1, image=image.astype(np.uint16) * 200, labels=labels, ignore=unknown, **facts),
    ]
    write_dataset(tmp_path / "data", samples)
    return Dataset(tmp_path / "data")


def write(folder, dataset, frames=("a", "b"), *, settings=CACHE, seed=0, code="c"):
    return write_cache(folder, dataset, frames, settings, seed=seed, code=code)


def test_targets_are_the_gapped_mask_and_its_weights():
    _, labels = two_cells()
    mask, weight = training_targets(labels, None, CACHE)
    assert np.array_equal(mask, separate_touching(labels) > 0)
    assert mask.sum() < (labels > 0).sum()
    assert (weight[mask > 0] == 1).all() and weight[mask == 0].max() > 5
    assert np.array_equal(training_targets(labels, None, CacheSettings(separate_touching=False))[0], labels > 0)


def test_a_still_warp_changes_nothing():
    image, labels = two_cells()
    still = augmentation(**STILL, **PLAIN)
    moved, moved_labels, ignore = warp(image, labels, None, still, generator=frame_generator(0, "a"))
    assert np.array_equal(moved, image) and np.array_equal(moved_labels, labels) and ignore is None


def test_labels_follow_the_image():
    """A picture of the labels themselves must land where the labels land."""
    _, labels = two_cells()
    image = (labels * 60).astype(np.uint8)
    moved, moved_labels, _ = warp(image, labels, None, augmentation(**PLAIN), generator=frame_generator(1, "a"))
    inside = np.abs(moved.astype(int) - moved_labels.astype(int) * 60) < 25
    assert not np.array_equal(moved_labels, labels)
    assert inside.mean() > 0.9  # all but the interpolated borders


def test_gap_and_weights_follow_the_warped_instances():
    image, labels = two_cells()
    variants = make_variants("a", image, labels, None, CACHE, seed=0)
    assert variants.image.shape == variants.mask.shape == variants.weight.shape == (4, 64, 48)
    assert np.array_equal(variants.image[0], image)
    for mask, weight in zip(variants.mask[1:], variants.weight[1:], strict=True):
        assert (weight[mask > 0] >= 1).all()
        assert weight[mask == 0].max() > 5, "no border weight between the warped touching cells"


def test_lengths_are_of_the_image_whatever_its_binning(tmp_path):
    image, labels = two_cells()
    one = Sample("a", time=0, image=image, labels=labels, sequence="1", group="g", modality="m", pixel_size_um=0.5)
    half = CacheSettings(
        weight_map=CACHE.weight_map.model_copy(
            update={"sigma_px": CACHE.weight_map.sigma_px / 2, "sigma1_px": CACHE.weight_map.sigma1_px / 2}
        ),
        augmentation=CACHE.augmentation.model_copy(
            update={
                "elastic_sigma_px": CACHE.augmentation.elastic_sigma_px / 2,
                "shift_px": CACHE.augmentation.shift_px / 2,
            }
        ),
    )
    for lengths, binning, settings in (
        ("pixels", 1, CACHE),
        ("pixels", 2, half),
        ("micrometres", 2, CACHE),
    ):
        place = tmp_path / f"{lengths}{binning}"
        write_dataset(place, [one], binning=binning, lengths=lengths)
        seen = Dataset(place).seen("a")
        (found,) = read_cache(write(tmp_path / f"cache-{place.name}", Dataset(place), frames="a"))
        wanted = make_variants("a", *seen[:2], None, settings, seed=0)
        for kind in ("image", "mask", "weight"):
            np.testing.assert_array_equal(getattr(found, kind), getattr(wanted, kind))


def test_a_border_weight_is_as_wide_in_a_binned_image_as_in_the_image():
    """The naive twin: the map of the whole image, averaged over the same blocks."""
    labels = np.zeros((120, 160), np.uint16)
    labels[40:80, 20:60], labels[40:80, 68:120] = 1, 2
    settings = CacheSettings(separate_touching=False)
    whole = training_targets(labels, None, settings)[1]
    blocks = whole.reshape(60, 2, 80, 2).mean(axis=(1, 3))
    small = bin_labels(labels, 2)
    as_before, scaled = (training_targets(small, None, each)[1] for each in (settings, settings.scaled(0.5)))
    outside = small == 0
    assert np.abs(scaled - blocks)[outside].max() < 1.5 < 3 < np.abs(as_before - blocks)[outside].max()


def test_policy_none_is_the_image_alone():
    image, labels = two_cells()
    variants = make_variants("a", image, labels, None, CacheSettings(augmentation=augmentation(policy="none")), seed=0)
    assert len(variants.image) == 1


def test_ignored_pixels_have_no_weight(dataset, tmp_path):
    found = read_cache(write(tmp_path / "cache", dataset), verify=True)
    assert [variants.frame for variants in found] == ["a", "b"]
    assert [variants.image.dtype for variants in found] == [np.uint8, np.uint16]
    assert (found[1].weight[0][:5] == 0).all() and (found[1].weight[0][5:] > 0).all()


def test_same_bytes_in_any_order_of_work(dataset, tmp_path):
    forth = write(tmp_path / "forth", dataset)
    back = write(tmp_path / "back", dataset, frames=("b", "a"))
    assert sorted(forth.read_text().splitlines()) == sorted(back.read_text().splitlines())


def test_an_interrupted_cache_goes_on_where_it_stopped(dataset, tmp_path, monkeypatch):
    complete = write(tmp_path / "complete", dataset).read_text()
    folder = tmp_path / "cache"
    original = Dataset.image

    def dies_at_b(self, frame):
        if frame == "b":
            raise KeyboardInterrupt
        return original(self, frame)

    monkeypatch.setattr(Dataset, "image", dies_at_b)
    with pytest.raises(KeyboardInterrupt):
        write(folder, dataset)
    assert not (folder / "index.csv").exists()
    before = (folder / "a.image.npy").stat().st_mtime_ns
    monkeypatch.setattr(Dataset, "image", original)
    assert write(folder, dataset).read_text() == complete
    assert (folder / "a.image.npy").stat().st_mtime_ns == before


def change_dataset(dataset):
    image, labels = two_cells()
    facts = {"sequence": "01", "group": "g", "modality": "m"}
    write_dataset(dataset.folder, [Sample(n, time=0, image=image + 1, labels=labels, **facts) for n in "ab"])
    return Dataset(dataset.folder)


@pytest.mark.parametrize(
    "again",
    [
        lambda folder, dataset: write(folder, dataset, settings=CacheSettings(augmentation=augmentation(copies=2))),
        lambda folder, dataset: write(folder, dataset, seed=1),
        lambda folder, dataset: write(folder, dataset, code="other"),
        lambda folder, dataset: write(folder, change_dataset(dataset)),
    ],
    ids=["settings", "seed", "code", "data"],
)
def test_frames_of_other_settings_code_or_data_are_not_taken_over(dataset, tmp_path, again):
    write(tmp_path / "cache", dataset, frames=("a",))
    before = (tmp_path / "cache" / "a.image.npy").stat().st_mtime_ns
    write(tmp_path / "cache", dataset)
    assert (tmp_path / "cache" / "a.image.npy").stat().st_mtime_ns == before, "the same settings are taken over"
    again(tmp_path / "cache", dataset)
    assert (tmp_path / "cache" / "a.image.npy").stat().st_mtime_ns != before


@pytest.mark.parametrize("name", ["journal", "index", "a.row"])
def test_a_frame_may_have_the_name_of_a_file_of_the_cache(tmp_path, name):
    image, labels = two_cells()
    facts = {"sequence": "01", "time": 0, "group": "g", "modality": "m"}
    write_dataset(tmp_path / "data", [Sample(each, image=image, labels=labels, **facts) for each in ("a", name)])
    index = write(tmp_path / "cache", Dataset(tmp_path / "data"), ("a", name))
    assert recorded_settings(index.parent) == (CACHE, 0)
    assert [each.frame for each in read_cache(index, verify=True)] == ["a", name]


def test_a_full_disk_leaves_no_index(dataset, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match=r"(?i)no space left"):
        write(tmp_path / "cache", dataset)
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"journal.json"}
