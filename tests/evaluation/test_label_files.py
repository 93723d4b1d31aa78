"""Label images of a tool: what cannot be scored is named, and a poor prediction is no mask."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from unetlib.datasets.checks import DatasetError
from unetlib.evaluation.label_files import LabelImages, are_masks, read_label_files
from unetlib.io.axes import ImageError

CELLS = np.zeros((60, 90), np.uint16)
CELLS[3:10, 4:12], CELLS[40:48, 15:27], CELLS[3:10, 45:55], CELLS[44:50, 80:88] = 1, 2, 3, 4


@pytest.mark.parametrize(
    ("array", "error", "words"),
    [
        (np.zeros((4, 6), np.float32), DatasetError, "label holds float32 values"),
        (np.zeros((4, 5), np.uint16), DatasetError, "the label image is 4×5 but its image is 4×6"),
        (np.zeros((3, 4, 6), np.uint16), DatasetError, "label has shape 3×4×6"),
        (np.full((4, 6), -1, np.int16), DatasetError, "negative id -1"),
        (np.full((4, 6), 70000, np.int32), DatasetError, "id 70000"),
        (None, ImageError, "neither TIFF nor PNG"),
    ],
)
def test_label_images_that_cannot_be_scored_are_named(array, error, words, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"no image") if array is None else tifffile.imwrite(path, array, photometric="minisblack")
    (found,) = read_label_files({"a": path}, {"a": (4, 6)}).errors
    assert isinstance(found, error) and words in str(found) and str(path) in str(found)


def written(folder: Path, **labels: np.ndarray) -> tuple[dict[str, Path], dict[str, tuple[int, int]]]:
    for frame, array in labels.items():
        tifffile.imwrite(folder / f"{frame}.tif", array, photometric="minisblack")
    return {frame: folder / f"{frame}.tif" for frame in labels}, dict.fromkeys(labels, CELLS.shape)


def read(folder: Path, **labels: np.ndarray) -> LabelImages:
    folder.mkdir(exist_ok=True)
    return read_label_files(*written(folder, **labels))


def test_one_id_in_pieces_among_numbered_cells_is_a_poor_prediction(tmp_path: Path) -> None:
    """Cellpose, trained on U373, gave one id in several pieces in six of nine images of HeLa, and numbers elsewhere."""
    poor = (CELLS > 0).astype(np.uint16)
    found = read(tmp_path, a=CELLS, b=poor, c=CELLS, d=np.zeros_like(CELLS))
    assert found.errors == [] and [*found.suspects] == ["b"]
    np.testing.assert_array_equal(found.found["b"], poor)
    assert not are_masks([found]), "one of three images with objects"
    other = read(tmp_path / "other", a=poor, b=poor, c=poor)
    assert are_masks([other]) and are_masks([found, other]), "four of six"
    good = read(tmp_path / "good", a=CELLS, b=CELLS, c=CELLS)
    assert not are_masks([found, other, good]), "four of nine"


def test_masks_are_told_where_no_image_numbers_cells(tmp_path: Path) -> None:
    """A single cell with id 1 is no fault, so images of one cell say nothing for a tool."""
    mask, single = (CELLS > 0).astype(np.uint16), (CELLS == 2).astype(np.uint16)
    found = read(tmp_path, a=single, b=mask, c=single, d=single, e=np.zeros_like(CELLS))
    assert are_masks([found])
    assert str(found.suspects["b"]).startswith(f"{tmp_path / 'b.tif'}: id 1 is in 4 pieces")
    files, shapes = written(tmp_path, a=single, b=mask)
    taken = read_label_files(files, shapes, masks=True)
    assert not taken.errors and not taken.suspects and taken.found["b"].max() == 4
    assert not are_masks([read(tmp_path, a=single, b=CELLS)]) and not are_masks([])


def test_other_faults_are_told_of_every_image(tmp_path: Path) -> None:
    found = read(tmp_path, a=CELLS, b=CELLS.astype(np.float32), c=CELLS[1:])
    assert len(found.errors) == 2 and not found.suspects
    files, shapes = written(tmp_path, a=CELLS, b=np.full(CELLS.shape, np.nan, np.float32))
    assert len(read_label_files(files, shapes, masks=True).errors) == 1
