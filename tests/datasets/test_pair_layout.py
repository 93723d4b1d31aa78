"""Images, labels, movies and plates are told from names: what is clear is read, what is unclear is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetlib.datasets.checks import DatasetError
from unetlib.datasets.pair_layout import find_pairs
from unetlib.datasets.unused_files import LOSSY, OTHER_IMAGES
from unetlib.io.images import ImageError


def both(*names: str) -> list[str]:
    """An image and a label of each name; {} stands for the folder."""
    return [name.format(kind) for name in names for kind in ("images", "labels")]


def groups(names: list[str], **options: str) -> dict[str, str]:
    return {"/".join((*pair.folders, pair.name)): pair.group for pair in find_pairs(names, **options)}


def test_images_of_one_folder_are_their_own_groups_and_numbers_count():
    found = find_pairs(both("{}/t10.tif", "{}/t2.png", "{}/t1.tiff"))
    assert [(pair.image, pair.label, pair.folders, pair.group) for pair in found] == [
        ("images/t1.tiff", "labels/t1.tiff", (), ""),
        ("images/t2.png", "labels/t2.png", (), ""),
        ("images/t10.tif", "labels/t10.tif", (), ""),
    ]


def test_a_subfolder_is_a_group_however_deep_its_images_lie():
    names = both("{}/day1/a.tif", "{}/day2/well1/a.tif", "{}/day2/well2/a.tif", "{}/day2/b.tif")
    assert groups(names) == {"day1/a": "day1", "day2/well1/a": "day2", "day2/well2/a": "day2", "day2/b": "day2"}


def test_the_first_folder_that_differs_is_the_group():
    assert groups(both("{}/all/day1/a.tif", "{}/all/day2/a.tif")) == {"all/day1/a": "day1", "all/day2/a": "day2"}
    assert groups(both("{}/movie/1.tif", "{}/movie/2.tif")) == {"movie/1": "movie", "movie/2": "movie"}


def test_plates_stay_together():
    names = both("set/plateA/{}/1.tif", "set/plateA/{}/2.tif", "set/plateB/{}/day/1.tif", "set/plateB/{}/3.tif")
    names += ["set/plateC/images/1.tif"]  # without labels
    assert groups(names) == {
        "plateA/1": "plateA",
        "plateA/2": "plateA",
        "plateB/3": "plateB",
        "plateB/day/1": "plateB",
        "plateC/1": "plateC",
    }


def test_one_folder_of_each_kind_may_stand_anywhere():
    found = find_pairs(["raw/2024/images/a.tif", "truth/labels/a.ome.tif"])
    assert [(pair.label, pair.folders, pair.group) for pair in found] == [("truth/labels/a.ome.tif", (), "")]
    found = find_pairs(["a.tif", "notes/gt/seg/a.tif"], images=".", labels="gt/seg")
    assert [(pair.image, pair.label) for pair in found] == [("a.tif", "notes/gt/seg/a.tif")]


def test_accents_match_however_they_are_stored():
    assert groups(["images/zürich.tif", "labels/zu\u0308rich.tif"]) == {"zürich": ""}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.tif"], "no TIFF or PNG in a folder 'images'; name the folder by the option images"),
        (["images/a.tif"], "no TIFF or PNG in a folder 'labels'"),
        (["images/a.tif", "images/labels/a.tif"], r"images/labels/a\.tif lies in 'images' and in 'labels'; move"),
        (["A/images/a.tif", "B/images/a.tif", "labels/a.tif"], "A/images, B/images and labels do not lie side by side"),
        (["images/a.tif", "A/labels/a.tif", "B/labels/a.tif"], "put A/labels, B/labels beside"),
        ([*both("{}/a.tif"), *both("old/{}/a.tif")], "old/images lies in the folder that holds images; move one"),
        (
            [*both("{}/a.tif"), "labels/b.tif", "labels/c.tif"],
            r"2 faults: labels/b\.tif, labels/c\.tif: no image of this name",
        ),
        (["images/A.tif", "labels/a.tif"], r"labels/a\.tif: no image .*images/A\.tif differs only in case"),
        (["images/d/a.tif", "labels/a.tif"], r"labels/a\.tif: no image .*images/d/a\.tif lies in another folder"),
        ([*both("{}/a.tif"), "images/a.png"], r"images/a\.png and images/a\.tif are called the same; rename"),
    ],
)
def test_an_unclear_layout_is_refused(names, message):
    with pytest.raises((ImageError, DatasetError), match=message) as caught:
        find_pairs(names)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [*LOSSY, *OTHER_IMAGES])
@pytest.mark.parametrize("folder", ["images", "labels"])
def test_images_that_are_not_read_are_named_and_the_remedy_works(suffix, folder):
    strange = f"{folder}/b{suffix.upper()}"
    with pytest.raises(ImageError, match=f"{folder}/b.*export it as TIFF or PNG.*or move it out of '{folder}'"):
        find_pairs([*both("{}/a.tif"), strange])
    for remedy in (both("{}/b.tif"), [f"elsewhere/b{suffix}"], []):
        assert "a" in groups([*both("{}/a.tif"), *remedy])


FOLDER = st.lists(st.sampled_from(["p", "q", "day 1", "x.y"]), max_size=3).map(tuple)


@given(st.lists(st.tuples(FOLDER, st.integers(0, 30)), min_size=1, max_size=12, unique=True), st.randoms())
def test_every_image_finds_its_label_in_any_order(places, random):
    names = both(*("/".join(("{}", *folders, f"t{number}.tif")) for folders, number in places))
    random.shuffle(names)
    found = find_pairs(names)
    assert len(found) == len(places)
    for pair in found:
        assert pair.label == pair.image.replace("images", "labels", 1)
        assert pair.group in ("", *pair.folders)
    order = [(pair.folders, int(pair.name[1:])) for pair in found]
    for folders in {folders for folders, _ in order}:
        numbers = [number for own, number in order if own == folders]
        assert numbers == sorted(numbers)
