"""Which files a user means: folders without what nobody means by them, each file once, the rest by name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetlib.io.image_files import find_images, is_hidden
from unetlib.io.images import ImageError


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def names(files: list[Path]) -> list[str]:
    return [path.name for path in files]


def test_a_folder_stands_for_its_images_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    fill(tmp_path, "t10.tif", "t2.tif", "t1.PNG", "t11.tiff", "t12.ome.btf")
    found = find_images([tmp_path])
    assert names(found.files) == ["t1.PNG", "t2.tif", "t10.tif", "t11.tiff", "t12.ome.btf"]
    assert found.remarks() == [] and find_images([tmp_path / "t2.tif"]).files == [tmp_path / "t2.tif"]


def test_hidden_and_temporary_files_are_no_images(tmp_path: Path) -> None:
    junk = ("._a.tif", ".tmp-1a2b3c4d-a.tif", ".DS_Store", "Thumbs.db", "desktop.ini", "~$a.tif", "a.tif~")
    found = find_images([fill(tmp_path, "a.tif", *junk)])
    assert names(found.files) == ["a.tif"] and found.hidden == len(junk) and found.remarks() == []


def test_what_was_not_used_is_counted_and_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.tif", "c.jpg", "d.czi", "sub/b.tif", ".DS_Store")
    (line,) = find_images([tmp_path]).remarks()
    assert line.startswith("not used: 3 files: ") and line.endswith("; and 1 hidden or temporary file")
    for name in ("c.jpg", "d.czi", f"{tmp_path / 'sub'}/ (a folder)"):
        assert name in line
    fill(tmp_path, *(f"x{number}.jpg" for number in range(9)))
    (line,) = find_images([tmp_path]).remarks()
    assert "not used: 12 files" in line and "and 7 more" in line


def test_links_are_followed_and_a_file_is_used_once(tmp_path: Path) -> None:
    fill(tmp_path, "far/a.tif", "far/b.tif")
    (tmp_path / "near").symlink_to("far")
    (tmp_path / "c.tif").symlink_to("far/b.tif")
    found = find_images([tmp_path / "near", tmp_path / "far/a.tif", tmp_path / "c.tif"])
    assert found.files == [tmp_path / "near/a.tif", tmp_path / "near/b.tif"]
    assert found.repeated == [tmp_path / "far/a.tif", tmp_path / "c.tif"]
    assert found.remarks()[0].startswith("given twice and used once: 2 files: ")


def test_measure_and_track_take_the_labels_of_predicts_folder(tmp_path: Path) -> None:
    results = [f"{name}_{kind}.tif" for name in ("t1", "t2") for kind in ("labels", "mask", "probability")]
    found = find_images([fill(tmp_path, *results)], labels=True)
    assert names(found.files) == ["t1_labels.tif", "t2_labels.tif"] and found.remarks() == []
    found = find_images([fill(tmp_path, "t1.tif", "old_mask.tif")], labels=True)
    assert names(found.files) == ["t1_labels.tif", "t2_labels.tif"]
    assert sorted(names(found.unused)) == ["old_mask.tif", "t1.tif"]


def test_measure_and_track_take_the_masks_of_tracks_folder(tmp_path: Path) -> None:
    found = find_images([fill(tmp_path, "mask000.tif", "mask001.tif", "res_track.txt", "tracks.csv")], labels=True)
    assert names(found.files) == ["mask000.tif", "mask001.tif"] and found.remarks() == []


def test_results_beside_their_images_are_not_predicted_again(tmp_path: Path) -> None:
    found = find_images([fill(tmp_path, "a.tif", "a_labels.tif", "a_mask.tif", "a_probability.tif", "b_mask.tif")])
    assert names(found.files) == ["a.tif", "b_mask.tif"]  # of b there is no image: this may be one
    assert names(found.unused) == ["a_labels.tif", "a_mask.tif", "a_probability.tif"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    fill(tmp_path, "only/sub/b.tif", "jpg/c.jpg", "jpg/.DS_Store", "empty/x")
    (tmp_path / "empty/x").unlink()
    (tmp_path / "broken.tif").symlink_to("gone.tif")
    for name, message in (
        ("only", f"no TIFF or PNG in this folder, but folders in it; give them: {tmp_path / 'only/sub'}$"),
        ("jpg", r"no TIFF or PNG in this folder \(only c\.jpg\); export the images as one of them$"),
        ("empty", "no TIFF or PNG in this folder$"),
        ("gone.tif", "no such image; check the path$"),
        ("broken.tif", r"a link to gone\.tif, which is not there"),
    ):
        with pytest.raises(ImageError, match=message):
            find_images([tmp_path / name])
    assert find_images([tmp_path / "only/sub"]).files == [tmp_path / "only/sub/b.tif"]  # the remedy


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40))
def test_any_visible_name_of_an_image_is_an_image(name: str) -> None:
    assert is_hidden(f".{name}.tif") and is_hidden(f"{name}~")
    assert is_hidden(f"{name}.tif") == name.startswith((".", "~$"))
