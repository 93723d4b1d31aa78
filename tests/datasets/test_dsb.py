"""DSB2018 as the bowl laid it out: one PNG per nucleus, RGBA, colour, shared pixels."""

import numpy as np
import pytest
from builders.archives import Box, png, texture

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.dsb import merge_masks, modality_of, read_dsb
from unetlib.io.images import ImageError, decode_image

DARK = np.where(np.arange(48 * 40).reshape(48, 40) % 97 == 0, 200, texture(48, 40, seed=1) % 12).astype(np.uint8)


def rgba(grey: np.ndarray) -> np.ndarray:
    return np.dstack([grey, grey, grey, np.full_like(grey, 255)])


def mask(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (48, 40)) -> np.ndarray:
    image = np.zeros(shape, np.uint8)
    for top, left, height, width in boxes:
        image[top : top + height, left : left + width] = 255
    return image


def stained(seed: int) -> np.ndarray:
    """Violet on lilac, nuclei dark."""
    colour = np.array([190, 170, 220]) - texture(48, 40, 1, seed=seed) // 2
    return np.dstack([colour, np.full((48, 40), 255)]).astype(np.uint8)


MEMBERS = {
    "stage1_train/aa/images/aa.png": rgba(DARK),
    "stage1_train/aa/masks/n1.png": mask((2, 2, 10, 10)),
    "stage1_train/aa/masks/n2.png": mask((11, 11, 5, 6)),
    "stage1_train/aa/masks/n3.png": mask((30, 5, 3, 3), (40, 5, 3, 3)),
    "stage1_train/bb/images/bb.png": stained(2),
    "stage1_train/bb/masks/n.png": mask((0, 0, 4, 4)),
    "stage1_train/cc/images/cc.png": rgba(255 - DARK // 2),
    "stage1_train/cc/masks/n.png": mask((5, 5, 4, 4)),
    "stage1_train/dd/images/dd.png": texture(48, 40, seed=5) % 60,
    "stage1_train/readme.txt": "not an image",
}


def samples(**changes: object) -> dict[str, object]:
    members = {name: value for name, value in {**MEMBERS, **changes}.items() if value is not None}
    return {sample.frame: sample for sample in read_dsb(Box(members))}


def test_nuclei_are_numbered_by_file_name_and_the_smaller_wins_a_shared_pixel():
    sample = samples()["aa"]
    expected = np.zeros((48, 40), np.uint16)
    expected[2:12, 2:12] = 1
    expected[11:16, 11:17] = 2
    expected[30:33, 5:8] = expected[40:43, 5:8] = 3
    np.testing.assert_array_equal(sample.labels, expected)
    assert sample.overlap_px == 1


def test_images_are_grey_and_modality_is_seen():
    found = samples()
    assert {key: s.modality for key, s in found.items()} == {
        "aa": "fluorescence",
        "bb": "histology",
        "cc": "brightfield",
        "dd": "fluorescence",
    }
    np.testing.assert_array_equal(found["aa"].image, DARK)
    luma = np.rint(stained(2)[..., :3] @ [0.299, 0.587, 0.114])
    np.testing.assert_allclose(found["bb"].image, luma, atol=1)
    assert found["dd"].labels is None and {s.group for s in found.values()} == {"aa", "bb", "cc", "dd"}


def test_tiles_of_one_slide_share_a_group():
    slide = np.kron(texture(25, 21, seed=7), np.ones((4, 4), np.uint8))[2:98, 2:82] // 4
    tiles = [slide[:48, :40], slide[:48, 40:], slide[48:, :40], slide[48:, 40:]]
    members = {f"{name}/images/{name}.png": rgba(tile) for name, tile in zip("wxyz", tiles, strict=True)}
    groups = {s.frame: s.group for s in read_dsb(Box({**members, **MEMBERS}))}
    assert {groups[name] for name in "wxyz"} == {"w"} and len(set(groups.values())) == 5


def test_merged_masks_equal_a_plain_loop():
    rng = np.random.default_rng(0)
    for _ in range(20):
        names = {f"{n:02d}.png": mask((*rng.integers(0, 30, 2), *rng.integers(1, 12, 2))) for n in range(12)}
        labels, overlap_px = merge_masks(Box(names), list(names), np.zeros((48, 40)))
        masks = list(names.values())
        count = 0
        for row in range(48):
            for column in range(40):
                claims = [n for n in range(12) if masks[n][row, column]]
                winner = min(claims, key=lambda n: ((masks[n] > 0).sum(), -n)) + 1 if claims else 0
                assert labels[row, column] == winner
                count += len(claims) > 1
        assert overlap_px == count


def test_colour_masks_and_16_bit_images():
    red = np.zeros((48, 40, 4), np.uint8)
    red[3:6, 3:6, 0], red[..., 3] = 255, 255
    labels, _ = merge_masks(Box({"a.png": red}), ["a.png"], DARK)
    assert labels.sum() == 9
    assert modality_of(decode_image(png(DARK.astype(np.uint16) * 200), "a")) == "fluorescence"
    assert modality_of(decode_image(png(65535 - DARK.astype(np.uint16) * 200), "a")) == "brightfield"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"stage1_train/aa/masks/n2.png": mask(shape=(48, 39))},
            DatasetError,
            r"n2\.png: image is 48×40 but its mask is 48×39",
        ),
        ({"stage1_train/aa/images/aa.png": None}, ImageError, "aa/images: expected one image, found 0"),
        ({"stage1_train/aa/images/other.png": DARK}, ImageError, "aa/images: expected one image, found 2"),
        ({"stage1_train/aa/images/aa.png": DARK * 0}, DatasetError, r"aa\.png: image is constant"),
        ({"stage1_train/aa/masks/n1.png": b"\x89PNG\r\n\x1a\n nonsense"}, ImageError, r"n1\.png: unreadable PNG"),
    ],
)
def test_bad_input(changes, error, message):
    with pytest.raises(error, match=message) as caught:
        samples(**changes)
    assert "\n" not in str(caught.value)


def test_another_archive():
    with pytest.raises(ImageError, match="is this a DSB2018 archive"):
        list(read_dsb(Box({"readme.txt": "hello"})))
