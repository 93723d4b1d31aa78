"""Label images of a tool: what cannot be scored is named, and a poor prediction is no mask."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from unetlib.datasets.checks import DatasetError
from unetlib.evaluation.label_files import read_label_files, read_labels
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
    with pytest.raises(error, match=words) as caught:
        read_labels(path, (4, 6))
    assert str(path) in str(caught.value)


def written(folder: Path, **labels: np.ndarray) -> tuple[dict[str, Path], dict[str, tuple[int, int]]]:
    for frame, array in labels.items():
        tifffile.imwrite(folder / f"{frame}.tif", array, photometric="minisblack")
    return {frame: folder / f"{frame}.tif" for frame in labels}, dict.fromkeys(labels, CELLS.shape)


def test_one_id_in_pieces_among_good_images_is_a_poor_prediction(tmp_path: Path) -> None:
    """Cellpose, trained on another kind of image, gave one id in seven pieces in one of nine images."""
    poor = np.where(CELLS == 4, 1, CELLS)
    poor[50:57, 50:57] = 1
    found, errors = read_label_files(*written(tmp_path, a=CELLS, b=poor, c=CELLS, d=np.zeros_like(CELLS)))
    assert errors == []
    np.testing.assert_array_equal(found["b"], poor)


def test_masks_in_half_of_the_images_are_refused_and_empty_images_do_not_count(tmp_path: Path) -> None:
    mask = (CELLS > 0).astype(np.uint16)
    files, shapes = written(tmp_path, a=CELLS, b=mask, c=np.zeros_like(CELLS), d=np.zeros_like(CELLS))
    _, errors = read_label_files(files, shapes)
    assert [str(error).startswith(f"{files['b']}: id 1 is in 4 pieces") for error in errors] == [True]
    found, errors = read_label_files(files, shapes, masks=True)
    assert errors == [] and found["b"].max() == 4
    _, errors = read_label_files(*written(tmp_path, a=mask))
    assert len(errors) == 1


def test_other_faults_are_told_of_every_image(tmp_path: Path) -> None:
    _, errors = read_label_files(*written(tmp_path, a=CELLS, b=CELLS.astype(np.float32), c=CELLS[1:]))
    assert len(errors) == 2
