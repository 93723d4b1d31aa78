"""What a TIFF file promises and what it holds: planes that are missing or left out are never passed over in silence."""

import numpy as np
import pytest
import tifffile
from builders.archives import texture

from unetlib.io.axes import ImageError
from unetlib.io.stacks import open_stack

STACK = texture(4, 20, 30)


def opened(path):
    with open_stack(path) as stack:
        return [stack.plane(page)[:, :].copy() for page in range(len(stack))], stack.notes


def imagej_that_counts(path, count):
    """Four pages whose header counts another number of them."""
    tifffile.imwrite(path, STACK, imagej=True, metadata={"axes": "TYX"})
    header = f"images={count}\nframes={count}\n".encode()
    path.write_bytes(path.read_bytes().replace(b"images=4\n", header[:9]).replace(b"frames=4\n", header[9:]))


def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    imagej_that_counts(path, 9)
    with pytest.raises(ImageError, match=r"a\.tif: its header promises 9 planes, but 4 can be read .*save it again"):
        opened(path)
    tifffile.imwrite(path, tifffile.imread(path, key=range(4)), photometric="minisblack")  # save it again
    np.testing.assert_array_equal(opened(path)[0], STACK)


def test_a_frame_cut_out_of_a_stack_is_refused_and_can_be_saved_again(tmp_path):
    """Other programs keep tifffile's description of the whole stack."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK[0], description='{"shape": [6, 20, 30]}', metadata=None)
    with pytest.raises(ImageError, match="its header promises 6 planes, but 1 can be read"):
        opened(path)
    tifffile.imwrite(path, tifffile.imread(path, key=0))
    np.testing.assert_array_equal(opened(path)[0], STACK[:1])


def test_pages_that_the_header_does_not_count_are_said(tmp_path):
    imagej_that_counts(tmp_path / "a.tif", 3)
    found, notes = opened(tmp_path / "a.tif")
    np.testing.assert_array_equal(found, STACK[:3])
    assert notes == (f"{tmp_path / 'a.tif'}: its header counts 3 planes; not read: 1 more page",)


def test_the_smaller_pages_of_a_pyramid_are_no_loss(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(STACK[0])
        writer.write(STACK[0, ::2, ::2], subfiletype=1)
    found, notes = opened(tmp_path / "a.tif")
    np.testing.assert_array_equal(found, STACK[:1])
    assert notes == ()


def test_a_picture_that_viewers_turn_is_read_as_it_is_stored_and_that_is_said(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], extratags=[(274, 3, 1, 6, True)])
    found, (note,) = opened(tmp_path / "a.tif")
    np.testing.assert_array_equal(found, STACK[:1])
    assert "Orientation asks viewers to turn it" in note
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], extratags=[(274, 3, 1, 1, True)])
    assert opened(tmp_path / "a.tif")[1] == ()
