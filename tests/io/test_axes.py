"""The axes of a file: time before depth whatever the order stored, channels chosen, what has no name taken for time."""

import itertools

import numpy as np
import pytest
import tifffile
from builders.archives import texture, tiff
from builders.images import write_stack
from hypothesis import given, settings
from hypothesis import strategies as st

from unetlib.io.axes import Choice, ImageError, check_movie, plane_order
from unetlib.io.images import decode_image
from unetlib.io.stacks import open_stack

AXES = st.permutations("TZC").flatmap(lambda order: st.integers(0, 3).map(lambda count: "".join(order[:count])))


def numbered(lengths, height=4, width=6):
    """A stack of which every plane says where it stands."""
    planes = np.arange(int(np.prod(lengths))).reshape((*lengths, 1, 1))
    return np.broadcast_to(planes, (*lengths, height, width)).astype(np.uint16)


def by_loops(stack, axes, choice):
    """The naive twin: the plane of every time and depth, looked up one by one."""
    sizes = dict(zip(axes, stack.shape, strict=False))
    depths = [choice.z - 1] if choice.z else range(sizes.get("Z", 1))
    found = []
    for time, depth in itertools.product(range(sizes.get("T", 1)), depths):
        place = {"T": time, "Z": depth, "C": (choice.channel or 1) - 1}
        found.append(stack[tuple(place[axis] for axis in axes)])
    return np.array(found)


@settings(max_examples=60, deadline=None)
@given(AXES, st.lists(st.integers(2, 4), min_size=3, max_size=3), st.booleans(), st.booleans(), st.data())
def test_planes_come_by_time_then_by_depth_whatever_the_order_of_the_file(
    tmp_path_factory, axes, sizes, ome, one, data
):
    lengths = sizes[: len(axes)]
    stack = numbered(lengths)
    choice = Choice(
        channel=data.draw(st.integers(1, lengths[axes.index("C")])) if "C" in axes else None,
        z=data.draw(st.integers(1, lengths[axes.index("Z")])) if "Z" in axes and one else None,
    )
    options = {"metadata": {"axes": f"{axes}YX"}, "ome": ome, "photometric": "minisblack"}
    path = tmp_path_factory.mktemp("axes") / "a.tif"
    path.write_bytes(tiff(stack, **options))
    expected = by_loops(stack, axes, choice)
    with open_stack(path, choice=choice) as pages:
        np.testing.assert_array_equal([pages.plane(page)[:, :] for page in range(len(pages))], expected)
        assert pages.axes == "".join(axis for axis in "TZ" if axis in axes and not (axis == "Z" and choice.z))
        assert int(np.prod(pages.lengths)) == len(expected)
    decoded = decode_image(path.read_bytes(), "a.tif", choice)
    np.testing.assert_array_equal(decoded.grey().reshape(expected.shape), expected)


@pytest.mark.parametrize("axes", ["TZCYX", "TZYX", "TCYX", "ZCYX", "TYX", "ZYX", "CYX"])
def test_hyperstacks_of_imagej(tmp_path, axes):
    stack = numbered([2, 3, 4][: len(axes) - 2])
    choice = Choice(channel=2 if "C" in axes else None)
    with open_stack(write_stack(tmp_path / "a.tif", stack, axes), choice=choice) as pages:
        found = [pages.plane(page)[:, :] for page in range(len(pages))]
    np.testing.assert_array_equal(found, by_loops(stack, axes[:-2], choice))


REFUSED = [
    ("C", (3,), Choice(), r"a\.tif: has 3 channels; choose one: --channel 1 to 3 \(in a dataset's options: channel\)"),
    ("TC", (5, 2), Choice(), "has 2 channels; choose one"),
    ("C", (3,), Choice(channel=4), "has 3 channels, no number 4"),
    ("TZ", (5, 3), Choice(z=4), "has 3 z planes, no number 4"),
    ("T", (5,), Choice(z=2), "has 1 z plane, no number 2"),
    ("T", (5,), Choice(frames_axis="Z"), "has no axis Z that could count frames; its axes are T"),
    ("TZ", (5, 3), Choice(frames_axis="Z"), "counts frames by T already"),
    ("QQ", (2, 3), Choice(), "its axes are QQ"),
]


@pytest.mark.parametrize(("axes", "lengths", "choice", "message"), REFUSED)
def test_what_must_be_chosen_or_is_not_there_is_refused(axes, lengths, choice, message):
    with pytest.raises(ImageError, match=message):
        plane_order(axes, lengths, choice, "a.tif")


def test_a_chosen_axis_counts_frames():
    for axis in "ZC":
        order = plane_order(axis, (5,), Choice(frames_axis=axis), "a.tif")
        assert (order.axes, order.lengths, order.notes) == ("T", (5,), ())


def test_more_channels_than_a_microscope_has_are_frames_and_that_is_said():
    order = plane_order("C", (17,), Choice(), "a.tif")
    assert order.axes == "T" and order.notes == (
        "a.tif: its 17 channels are taken for frames; no microscope has so many",
    )
    with pytest.raises(ImageError, match="has 16 channels"):
        plane_order("C", (16,), Choice(), "a.tif")


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ("Z", r"its planes are a z-stack, not a movie; if they are frames in time, add --frames-axis Z"),
        ("TZ", r"has z planes in each frame; choose one: --z"),
        ("PT", "its axes are PT; export one movie"),
    ],
)
def test_what_is_no_movie(axes, message):
    with pytest.raises(ImageError, match=message):
        check_movie(axes, "a.tif")
    for good in ("", "T", "I", "Q"):
        check_movie(good, "a.tif")


def test_a_set_of_ome_files_that_is_not_whole_is_noticed_before_anything_is_read(tmp_path):
    whole = tiff(texture(4, 8, 9), ome=True, metadata={"axes": "TYX"})
    (tmp_path / "a.ome.tif").write_bytes(whole.replace(b'SizeT="4"', b'SizeT="7"'))
    missing = "3 of the 7 planes that its header promises are missing"
    with pytest.raises(ImageError, match=missing), open_stack(tmp_path / "a.ome.tif"):
        pass
    with pytest.raises(ImageError, match="planes"):
        decode_image((tmp_path / "a.ome.tif").read_bytes(), "a.ome.tif")


def test_a_movie_has_any_number_of_pages_and_an_archive_has_not(tmp_path):
    pages = np.zeros((2**14 + 5, 2, 2), np.uint8)
    pages[-1] = 7
    for contiguous in (True, False):
        path = tmp_path / f"{contiguous}.tif"
        with tifffile.TiffWriter(path) as writer:
            for page in pages if not contiguous else [pages]:
                writer.write(page, contiguous=contiguous, metadata=None, photometric="minisblack")
        with open_stack(path) as stack:
            assert len(stack) == len(pages) and stack.plane(len(pages) - 1)[:, :].min() == 7
        with pytest.raises(ImageError, match="more than 16384 pages"):
            decode_image(path.read_bytes(), "a.tif")
