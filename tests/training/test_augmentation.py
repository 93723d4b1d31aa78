import numpy as np
import pytest
import torch
from scipy import ndimage

from unetlib.training import augmentation


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def identity(height, width, batch=1):
    affine = torch.tensor([[[1.0, 0, 0], [0, 1.0, 0]]]).repeat(batch, 1, 1)
    return augmentation.sampling_grid(torch.zeros(batch, 2, height, width), affine)


def test_no_displacement_returns_the_image():
    image = torch.rand(1, 1, 17, 23)
    assert torch.allclose(augmentation.resample(image, identity(17, 23), mode="bilinear"), image, atol=1e-5)


def test_resample_equals_scipy_map_coordinates_inside():
    """The naive twin: explicit coordinates, one image at a time, as the documents do it."""
    height, width = 40, 52
    random = generator(3)
    field = augmentation.elastic_field(random, 1, height, width, grid=3, sigma_px=4)
    affine = augmentation.affine_matrices(random, 1, rotation_deg=20, scale=0.1, shift_px=3)
    image = torch.rand(1, 1, height, width)
    ours = augmentation.resample(image, augmentation.sampling_grid(field, affine), mode="bilinear")[0, 0].numpy()
    a = affine[0].numpy()
    rows, columns = np.mgrid[:height, :width].astype(float)
    r, c = rows - (height - 1) / 2, columns - (width - 1) / 2
    source_r = a[0, 0] * r + a[0, 1] * c + a[0, 2] + field[0, 0].numpy() + (height - 1) / 2
    source_c = a[1, 0] * r + a[1, 1] * c + a[1, 2] + field[0, 1].numpy() + (width - 1) / 2
    theirs = ndimage.map_coordinates(image[0, 0].numpy(), [source_r, source_c], order=1, mode="mirror")
    assert np.abs(ours - theirs).max() < 1e-4


def test_shift_moves_the_content_by_whole_pixels():
    image = torch.zeros(1, 1, 9, 9)
    image[0, 0, 4, 4] = 1
    affine = torch.tensor([[[1.0, 0, 2.0], [0, 1.0, -1.0]]])
    moved = augmentation.resample(image, augmentation.sampling_grid(torch.zeros(1, 2, 9, 9), affine), mode="nearest")
    assert moved[0, 0, 2, 5] == 1 and moved.sum() == 1


def test_elastic_field_has_the_papers_size_and_scale():
    field = augmentation.elastic_field(generator(), 200, 31, 31, grid=3, sigma_px=10)
    corner = field[:, :, 0, 0]
    assert field.shape == (200, 2, 31, 31)
    assert corner.std().item() == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize(("grid", "height", "width"), [(3, 40, 52), (5, 31, 31), (3, 1, 7), (2, 3, 2)])
def test_elastic_field_is_the_bicubic_enlargement_of_its_lattice(grid, height, width):
    lattice = torch.randn((2, 2, grid, grid), generator=generator(4)) * 10
    naive = torch.nn.functional.interpolate(lattice, size=(height, width), mode="bicubic", align_corners=True)
    field = augmentation.elastic_field(generator(4), 2, height, width, grid=grid, sigma_px=10)
    assert torch.allclose(field, naive, atol=1e-4)


def test_grey_values_are_gamma_then_contrast_about_the_mean_then_brightness_and_noise():
    images = torch.rand((2, 1, 9, 8), generator=generator(1))
    settings = {"gamma": 0.3, "contrast": 0.3, "brightness": 0.1, "noise": 0.05}
    varied = augmentation.jitter_intensity(generator(2), images, **settings)
    random = generator(2)
    power, gain, lift, level = (torch.rand((2, 4), generator=random) * 2 - 1).T
    grain = torch.randn(images.shape, generator=random)
    for k in range(2):
        naive = images[k] ** (1.3 ** power[k])
        naive = (naive - naive.mean()) * 1.3 ** gain[k] + naive.mean() + 0.1 * lift[k]
        naive = (naive + 0.05 * (level[k] + 1) / 2 * grain[k]).clamp(0, 1)
        assert torch.allclose(varied[k], naive, atol=1e-5)


def test_augmentation_leaves_what_it_is_given():
    images, field = torch.rand(1, 1, 8, 9), torch.rand(1, 2, 8, 9)
    before = images.clone(), field.clone()
    affine = augmentation.affine_matrices(generator(), 1, rotation_deg=20, scale=0.1, shift_px=3)
    augmentation.sampling_grid(field, affine)
    augmentation.jitter_intensity(generator(), images, gamma=0.3, contrast=0.3, brightness=0.1, noise=0.05)
    assert torch.equal(images, before[0]) and torch.equal(field, before[1])


def test_grey_values_stay_in_range_and_change():
    images = torch.rand(2, 1, 20, 20)
    varied = augmentation.jitter_intensity(generator(), images, gamma=0.3, contrast=0.3, brightness=0.1, noise=0.05)
    assert varied.min() >= 0 and varied.max() <= 1 and (varied - images).abs().max() > 0.01
    same = augmentation.jitter_intensity(generator(), images, gamma=0, contrast=0, brightness=0, noise=0)
    assert torch.allclose(same, images, atol=1e-6)


def test_same_generator_seed_same_field():
    first, second = (augmentation.elastic_field(generator(5), 1, 8, 8, grid=3, sigma_px=10) for _ in range(2))
    assert torch.equal(first, second)
