"""Tiles of one field find each other by their edges, the same view by its thumbnail; strangers stay apart."""

import numpy as np
import pytest
from scipy import ndimage

from unetlib.datasets.fields_of_view import EDGE_CORRELATION, EDGE_RESIDUAL, EDGE_RIVAL, _adjacent, group_by_field


def field(seed: int, shape: tuple[int, int] = (128, 128)) -> np.ndarray:
    """A smooth random texture with a little noise: no two edges alike but those that meet."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=shape), 3)
    return np.clip(128 + 400 * smooth + rng.normal(0, 1, shape), 0, 255).astype(np.uint8)


def quarters(image: np.ndarray) -> list[np.ndarray]:
    rows, columns = (n // 2 for n in image.shape)
    return [image[r : r + rows, c : c + columns] for r in (0, rows) for c in (0, columns)]


@pytest.fixture(scope="module")
def mosaic() -> dict[str, np.ndarray]:
    """Three fields in four tiles each, named so that no order gives them away."""
    tiles = {f"{k}{'abc'[f]}": tile for f in range(3) for k, tile in enumerate(quarters(field(f)))}
    return dict(sorted(tiles.items()))


def test_tiles_of_a_field_form_a_group(mosaic):
    groups = group_by_field(mosaic, dict.fromkeys(mosaic, "fluorescence"))
    assert groups == {name: f"0{name[1]}" for name in mosaic}


def test_the_order_of_the_images_does_not_matter(mosaic):
    backwards = dict(reversed(mosaic.items()))
    kinds = dict.fromkeys(mosaic, "x")
    assert group_by_field(backwards, kinds) == group_by_field(mosaic, kinds)


def test_only_images_of_one_kind_and_size_meet(mosaic):
    kinds = {name: "x" if int(name[0]) < 2 else "y" for name in mosaic}
    assert len(set(group_by_field(mosaic, kinds).values())) == 6
    smaller = {name: tile[:, :60] if name[0] == "0" else tile for name, tile in mosaic.items()}
    groups = group_by_field(smaller, dict.fromkeys(mosaic, "x"))
    assert all(groups[f"0{f}"] == f"0{f}" and groups[f"1{f}"] == groups[f"3{f}"] == groups[f"2{f}"] for f in "abc")


def test_edges_in_empty_background_say_nothing():
    images = {}
    for seed in range(8):
        images[f"{seed}"] = np.random.default_rng(seed).poisson(5, (64, 64)).astype(np.uint8)
        images[f"{seed}"][20:40, seed * 5 : seed * 5 + 10] = 200
    assert len(set(group_by_field(images, dict.fromkeys(images, "x")).values())) == 8
    flat = {name: np.where(image > 100, image, 0).astype(np.uint8) for name, image in images.items() if name in "1234"}
    assert len(set(group_by_field(flat, dict.fromkeys(flat, "x")).values())) == 4


def test_the_same_view_again_is_one_group():
    first, other = field(0), field(1)
    again = np.clip(np.roll(first, 1, axis=0) * 0.8 + 20, 0, 255).astype(np.uint8)
    assert group_by_field({"a": other, "b": first, "c": again}, dict.fromkeys("abc", "x")) == {
        "a": "a",
        "b": "b",
        "c": "b",
    }


def test_an_edge_that_could_continue_two_images_links_neither():
    left, right, _, _ = quarters(field(0))
    twin = right.copy()
    twin[:, 20:] = field(3)[:64, 20:64]
    assert group_by_field({"a": left, "b": right}, {"a": "x", "b": "x"}) == {"a": "a", "b": "a"}
    assert len(set(group_by_field({"a": left, "b": right, "c": twin}, dict.fromkeys("abc", "x")).values())) == 3


def test_images_smaller_than_a_thumbnail():
    images = {"a": field(0, (9, 12)), "b": field(1, (9, 12))}
    assert set(group_by_field(images, dict.fromkeys("ab", "x"))) == {"a", "b"}


def test_edges_match_a_plain_loop(mosaic):
    tiles = list(mosaic.values())
    for end, start in ((np.s_[:, -1], np.s_[:, 0]), (np.s_[-1], np.s_[0])):

        def correlation(i, j, end=end, start=start):
            return -1.0 if i == j else np.corrcoef(tiles[i][end], tiles[j][start])[0, 1]

        found = set()
        for i in range(12):
            j = max(range(12), key=lambda j: correlation(i, j))
            back = max(range(12), key=lambda k: correlation(k, j))
            one, other = tiles[i][end].astype(float), tiles[j][start].astype(float)
            near = abs(one - other).mean() <= EDGE_RESIDUAL * max(one.std(), other.std())
            rival = max(correlation(a, b) for a in range(12) for b in range(12) if (a == i) != (b == j))
            clear = 1 - correlation(i, j) <= EDGE_RIVAL * (1 - rival)
            if back == i and correlation(i, j) >= EDGE_CORRELATION and near and clear:
                found.add((i, j))
        assert len(found) == 6 and found <= set(_adjacent(tiles))
    assert len(list(_adjacent(tiles))) == 12
