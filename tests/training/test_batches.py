import numpy as np
import pytest
import torch

from unetlib.imaging.normalisation import normalise
from unetlib.imaging.settings import TargetSettings
from unetlib.networks.settings import ModelSettings
from unetlib.training.batches import Batches
from unetlib.training.cached_variants import Variants
from unetlib.training.crops import Crop
from unetlib.training.settings import AugmentationSettings, BatchSettings, RunSettings


def variants(frame, height, width, count=2, seed=0):
    random = np.random.default_rng(seed)
    image = random.integers(0, 255, (count, height, width)).astype(np.uint8)
    mask = (image > 127).astype(np.uint8)
    return Variants(frame, image, mask, (1 + image / 255).astype(np.float16))


def batches(caches, padding="valid", batch_size=3, policy="full", symmetries="dihedral", target="mask", **batch):
    settings = RunSettings(
        model=ModelSettings(depth=2, padding=padding),
        batch=BatchSettings(size=batch_size, tile_px=20, **batch),
        augmentation=AugmentationSettings(policy=policy, symmetries=symmetries),
        target=TargetSettings(kind=target),
    )
    return Batches(caches, settings, seed=0)


def test_shapes_of_a_valid_network():
    image, target, weight = batches([[variants("a", 60, 70)]])(0)
    assert image.shape == (3, 1, 36, 36) and target.shape == weight.shape == (3, 20, 20)
    assert (image.dtype, target.dtype, weight.dtype) == (torch.float32, torch.int64, torch.float32)


def test_a_same_network_gets_no_context():
    image, target, _ = batches([[variants("a", 60, 70)]], padding="same")(0)
    assert image.shape[-1] == target.shape[-1] == 20


def test_a_batch_depends_on_seed_and_update_alone():
    source = [[variants("a", 60, 70), variants("b", 50, 50, seed=1)]]
    later = batches(source)
    later(0), later(1)
    for left, right in zip(batches(source)(7), later(7), strict=True):
        assert torch.equal(left, right)
    assert not torch.equal(batches(source)(7)[0], batches(source)(8)[0])


def test_image_mask_and_weight_stay_together_under_all_symmetries():
    """The mask is where the image is bright, so it must be so in every flipped, turned, cropped tile."""
    source = variants("a", 60, 70)
    bright = [normalise(image) for image in source.image]
    cut = min(b[m > 0].min() for b, m in zip(bright, source.mask, strict=True)) - 1e-3
    make = batches([[source]])
    turns = set()
    for update in range(20):
        turns |= {crop.turn for crop in make.crops.of(update)}
        image, target, weight = make(update)
        inner = image[:, 0, 8:-8, 8:-8]
        assert (inner[target > 0] >= cut).all()
        assert torch.all(weight[target > 0] > 1.49) and torch.all(weight[target == 0] < 1.51)
    assert turns == set(range(8))


def test_policy_none_never_flips():
    make = batches([[variants("a", 60, 70)]], policy="none")
    assert {crop.turn for update in range(20) for crop in make.crops.of(update)} == {0}


FOUR = {"none", "rows", "columns", "half turn"}


def same_up_to(image, turned):
    """The names of the plain NumPy operations that make `turned` of `image`, four-fold or less."""
    ways = {"none": image, "rows": image[::-1], "columns": image[:, ::-1], "half turn": image[::-1, ::-1]}
    ways |= {f"transposed {name}": way.T for name, way in ways.items()}
    return {name for name, way in ways.items() if np.array_equal(way, turned)}


@pytest.mark.parametrize(
    ("symmetries", "expected"),
    [
        ("flips", FOUR),
        ("half_turns", FOUR),
        ("none", {"none"}),
        ("dihedral", {*FOUR, *(f"transposed {name}" for name in FOUR)}),
    ],
)
@pytest.mark.parametrize("policy", ["full", "flips", "none"])
def test_tiles_are_shown_in_the_symmetries_of_the_setting(symmetries, expected, policy):
    source, seen = variants("a", 20, 20, count=1), []
    whole = normalise(source.image[0])
    make = batches([[source]], "same", 1, policy, symmetries)
    for update in range(120):
        (name,) = same_up_to(whole, make(update)[0][0, 0].numpy())
        seen.append(name)
    assert set(seen) == (expected if policy != "none" else {"none"})
    assert max(map(seen.count, set(seen))) < 120 / len(set(seen)) * 2, "each as often as the others"


def naive_crops(sources, seed, update, size, tile_px):
    """Every tile as it was drawn before there were options: one number after the other."""
    random, drawn = np.random.default_rng([seed, update]), []
    for _ in range(size):
        source = int(random.integers(len(sources)))
        frame = int(random.integers(len(sources[source])))
        count, height, width = sources[source][frame].image.shape
        variant = int(random.integers(count))
        row, column = (int(random.integers(side - tile_px + 1)) for side in (height, width))
        drawn.append(Crop(source, frame, variant, row, column, int(random.integers(8))))
    return drawn


def test_without_options_tiles_are_those_of_always():
    sources = [[variants("a", 60, 70), variants("b", 50, 50, seed=1)], [variants("c", 40, 90, count=5)]]
    make = batches(sources)
    for update in range(30):
        assert make.crops.of(update) == naive_crops(sources, 0, update, 3, 20)


def test_context_is_the_mirrored_image():
    source = variants("a", 20, 20, count=1)
    make = batches([[source]], policy="none", batch_size=1)
    image = make(0)[0][0, 0].numpy()
    assert np.allclose(image, np.pad(normalise(source.image[0]), 8, mode="reflect"), atol=1e-6)


def test_a_small_image_is_centred_and_weighs_nothing_outside():
    source = variants("a", 12, 30, count=1)
    _, target, weight = batches([[source]], policy="none", batch_size=1)(0)
    assert (weight[0].sum(1) > 0).nonzero().flatten().tolist() == list(range(4, 16))
    assert not target[0][weight[0] == 0].any()


def test_all_sources_frames_and_variants_are_drawn():
    make = batches([[variants("a", 30, 30)], [variants("b", 30, 30), variants("c", 30, 30)]])
    drawn = {(c.source, c.frame, c.variant) for update in range(60) for c in make.crops.of(update)}
    assert drawn == {(s, f, v) for s, f in ((0, 0), (1, 0), (1, 1)) for v in (0, 1)}


def test_a_dataset_without_training_frames_is_refused():
    for caches in ([[]], []):
        with pytest.raises(ValueError, match="no training frame"):
            batches(caches)


def test_distances_go_with_the_mask_through_crops_turns_and_beyond_the_image():
    """Each is half and a quarter of the mask here, so it must be so in every tile; outside the image all are 0."""
    plain = variants("a", 18, 40)
    both = np.stack([plain.mask * 128, plain.mask * 64], axis=1)
    source = Variants("a", plain.image, plain.mask, plain.weight, both)
    with_them = batches([[source]], padding="same", target="distances")
    without = batches([[source]], padding="same")
    for update in range(6):
        image, target, weight = with_them(update)
        same, mask, other = without(update)
        assert target.shape == (3, 3, 20, 20) and target.dtype == torch.float32
        assert torch.equal(image, same) and torch.equal(weight, other) and torch.equal(target[:, 0], mask.float())
        for place, share in ((1, 128 / 255), (2, 64 / 255)):
            torch.testing.assert_close(target[:, place], mask * share)
