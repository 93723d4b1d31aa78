"""Files are ordered and paired by their names, in whatever order they come; what names do not tell is refused."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetlib.io.pairing import (
    PairingError,
    hint,
    image_of_each,
    in_frame_order,
    in_natural_order,
    name_key,
    natural_key,
    uneven_frames,
)

WORDS = st.text("abxyzé -_.", min_size=1, max_size=6).map(lambda text: f"c{text}c")
ENDINGS = st.sampled_from(["", "_labels", "-label", "_cp_masks", ".seg"])
TYPES = st.sampled_from([".tif", ".png", ".ome.tif", ".TIFF"])


def padded(name):
    """The naive twin of the natural key: every number filled up to ten digits, without case."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(10), name.casefold())


@given(st.lists(st.tuples(WORDS, st.integers(0, 2000)), unique=True), st.randoms())
def test_numbers_in_names_count_as_numbers(parts, chance):
    names = [f"{word}{number}" for word, number in parts]
    chance.shuffle(names)
    assert [padded(name) for name in sorted(names, key=natural_key)] == sorted(map(padded, names))


@given(st.sets(st.integers(0, 3000), min_size=1), st.randoms(), st.sampled_from(["t", "cell 3 frame ", ""]))
def test_frames_come_in_the_order_of_their_numbers(numbers, chance, prefix):
    names = [f"{prefix}{number}_labels.tif" for number in numbers]
    chance.shuffle(names)
    ordered = in_frame_order([Path("out", name) for name in names])
    assert [path.name for path in ordered] == [f"{prefix}{number}_labels.tif" for number in sorted(numbers)]


@pytest.mark.parametrize(
    ("given_paths", "expected"),
    [
        (["t10.tif", "t2.tif", "t1.tif"], ["t1.tif", "t2.tif", "t10.tif"]),
        (["b/x.tif", "a/x.tif", "./a/x.tif"], ["a/x.tif", "b/x.tif"]),
        (["day10/a.tif", "day2/b.tif"], ["day2/b.tif", "day10/a.tif"]),
    ],
)
def test_each_file_once_in_natural_order(given_paths, expected):
    assert in_natural_order(map(Path, given_paths)) == list(map(Path, expected))


@pytest.mark.parametrize(
    ("names", "both"),
    [
        (["t2.tif", "t1.tif", "t01.tif"], ("t01.tif", "t1.tif")),
        (["t1.tif", "t1.png"], ("t1.png", "t1.tif")),
        (["a/t1.tif", "a/t2.tif", "b/t1.tif", "b/t2.tif"], ("a/t2.tif", "b/t1.tif")),
        (["A.tif", "a.tif"], ("A.tif", "a.tif")),
    ],
)
def test_frames_whose_order_names_do_not_tell_are_refused_with_both_names(names, both):
    with pytest.raises(PairingError, match=f"^{both[0]} and {both[1]}: their names do not tell"):
        in_frame_order(map(Path, names))


@given(st.sets(WORDS, min_size=2, max_size=5), st.randoms())
def test_files_that_differ_by_words_are_not_frames_of_one_movie(words, chance):
    """Labels of several images in one folder are no movie, whatever their alphabetical order."""
    files = [Path("out", f"{word}_labels.tif") for word in words]
    chance.shuffle(files)
    with pytest.raises(PairingError, match=r"may not be frames of one movie|do not tell which frame") as caught:
        in_frame_order(files)
    assert "\n" not in str(caught.value)


@given(
    st.sets(st.integers(0, 99), min_size=2, max_size=4),
    st.sets(st.integers(0, 99), min_size=2, max_size=5),
    st.sampled_from(["pos{}_t{}", "{}-{}", "t{1}_c{0}_labels", "s{}/t{}"]),
    st.randoms(),
)
def test_frames_of_several_movies_are_refused(movies, frames, pattern, chance):
    files = [Path(f"{pattern.format(movie, frame)}.tif") for movie in movies for frame in frames]
    chance.shuffle(files)
    with pytest.raises(PairingError, match=r"may be frames of two movies|do not tell which frame"):
        in_frame_order(files)
    for movie in movies:
        alone = [Path(f"{pattern.format(movie, frame)}.tif") for frame in frames]
        assert in_frame_order(alone[::-1]) == [Path(f"{pattern.format(movie, frame)}.tif") for frame in sorted(frames)]


def test_a_second_number_that_grows_with_the_frames_is_taken():
    files = [Path(f"t{frame}_at-{10 + frame // 3}-{20 * (frame % 3):02}.ome.tif") for frame in range(9)]
    assert in_frame_order(files[::-1]) == files and uneven_frames(files) == ""


@given(st.sets(st.integers(0, 400), min_size=3, max_size=9), st.sampled_from(["t{}.tif", "p7 t{:04}.ome.tif"]))
def test_a_missing_frame_is_said(numbers, pattern):
    files = [Path(pattern.format(number)) for number in sorted(numbers)]
    even = sorted(numbers) == list(range(min(numbers), max(numbers) + 1, sorted(numbers)[1] - min(numbers)))
    assert bool(uneven_frames(files)) != even


def test_a_frame_in_a_folder_of_its_own_is_ordered_by_the_folder():
    paths = [Path(f"f{number}/labels.tif") for number in (1, 2, 10, 11)]
    assert in_frame_order(paths[::-1]) == paths


@given(st.lists(st.tuples(WORDS, TYPES, TYPES), min_size=1, unique_by=lambda each: each[0]), ENDINGS, st.data())
def test_every_label_finds_the_image_of_its_name_in_any_order(files, ending, data):
    stems = [word for word, _, _ in files]
    images = {word: Path("images", f"{word}{suffix}") for word, suffix, _ in files}
    labels = {word: Path("labels", f"{word}{ending}{suffix}") for word, _, suffix in files}
    order = data.draw(st.permutations(stems))
    found = image_of_each([labels[word] for word in order], data.draw(st.permutations(list(images.values()))))
    assert found == [images[word] for word in order]


@given(st.sets(st.integers(0, 999), min_size=2, max_size=20), st.integers(0, 3), st.data())
def test_numbers_pair_where_they_are_all_that_differs(numbers, zeros, data):
    labels = {n: Path(f"mask{n:0{zeros}}.tif") for n in numbers}
    images = {n: Path(f"exp2_t{n}.tif") for n in numbers | {1000}}  # one is left over
    order = data.draw(st.permutations(sorted(numbers)))
    found = image_of_each([labels[n] for n in order], data.draw(st.permutations(list(images.values()))))
    assert found == [images[n] for n in order]


def test_two_files_alone_are_a_pair():
    assert image_of_each([Path("l.tif")], [Path("other.png")]) == [Path("other.png")]


@pytest.mark.parametrize(
    ("labels", "images", "message"),
    [
        (["a_labels.tif", "b.tif"], ["a.tif", "b.tif", "a.png"], r"a_labels\.tif: its image may be a\.tif or a\.png"),
        (["a_labels.tif", "b.tif"], ["a.tif", "b.tif", "a_labels.tif"], r"may be a_labels\.tif or a\.tif"),
        (["mask0.tif", "mask1.tif"], ["t1.tif", "t2.tif"], r"mask0\.tif: no image of this name among the 2"),
        (["p1_m0.tif", "p1_m1.tif"], ["p2_t0.tif", "p2_t1.tif"], r"p1_m0\.tif: no image of this name"),
        (["A1.tif", "b.tif"], ["a1.tif", "b.tif"], r"A1\.tif: no image .*; a1\.tif differs only in case"),
        (["a.tif", "x.tif"], ["a.tif", "y.tif"], r"x\.tif: no image of this name"),
        (["a/1.tif", "b/1.tif"], ["c/1.tif", "d/1.tif"], r"a/1\.tif: its image may be c/1\.tif or d/1\.tif"),
    ],
)
def test_a_pair_that_cannot_be_told_is_refused_by_name(labels, images, message):
    with pytest.raises(PairingError, match=message) as caught:
        image_of_each(list(map(Path, labels)), list(map(Path, images)))
    assert "\n" not in str(caught.value)


def test_accents_and_ome_make_no_other_name():
    composed, decomposed = (unicodedata.normalize(form, "zellé") for form in ("NFC", "NFD"))
    assert composed != decomposed and name_key(composed) == name_key(decomposed)
    found = image_of_each([Path(f"{decomposed}.tif"), Path("b.tif")], [Path("b.ome.tif"), Path(f"{composed}.ome.tif")])
    assert found == [Path(f"{composed}.ome.tif"), Path("b.ome.tif")]


@pytest.mark.parametrize(
    ("stem", "other", "difference"),
    [
        ("Cell", "cell", "in case"),
        ("t1", "t01", "in leading zeros"),
        ("a", "a_mask", "by an ending"),
        ("cell 1", "cell_1", "in spaces"),
        ("a", "a.ome", r"by \.ome"),
        ("é", "é", "in how its accents"),
    ],
)
def test_a_hint_names_the_file_and_the_difference(stem, other, difference):
    assert re.search(f"images/{other}.tif differs only {difference}", hint(stem, {other: f"images/{other}.tif"}))
    assert hint("quite another", {other: "f"}) == ""
