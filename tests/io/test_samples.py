"""What the numbers of a pixel mean decides what is read: grey, colour, ink, polarity, tables and channels."""

import io
import struct
import zlib

import numpy as np
import pytest
from builders.archives import png, texture, tiff
from builders.malformed import png_of
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from unetlib.io.axes import EVERYTHING, Choice, ImageError
from unetlib.io.images import decode_image
from unetlib.io.samples import Samples, to_grey
from unetlib.io.stacks import open_stack

LUMA = (0.299, 0.587, 0.114)
DTYPES = st.sampled_from([np.uint8, np.uint16, np.int16, np.uint32, np.float32, np.float64])
KINDS = {  # photometric, samples, what further samples are: what a picture is and what it is not
    "grey": ("minisblack", 1, ()),
    "white": ("miniswhite", 1, ()),
    "grey and alpha": ("minisblack", 2, ("unassalpha",)),
    "colour": ("rgb", 3, ()),
    "colour and alpha": ("rgb", 4, ("assocalpha",)),
    "ink": ("separated", 4, ()),
}


def saved_by_pillow(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixel_by_pixel(pixels, kind):
    """The naive twin: the light of every pixel from the definition of its kind, in floats."""
    result = np.zeros(pixels.shape[:2])
    full = float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else 1.0
    for place in np.ndindex(pixels.shape[:2]):
        values = [float(value) for value in np.atleast_1d(pixels[place])]
        if kind.startswith("grey"):
            result[place] = values[0]
        elif kind == "white":
            result[place] = full - values[0] if pixels.dtype.kind == "u" else -values[0]
        elif kind == "ink":
            light = [(1 - ink / full) * (1 - values[3] / full) * full for ink in values[:3]]
            result[place] = sum(weight * each for weight, each in zip(LUMA, light, strict=True))
        else:
            result[place] = sum(weight * each for weight, each in zip(LUMA, values[:3], strict=True))
    return result


def both_readers(data, folder, choice=EVERYTHING):
    """The picture as users' files and as archives are read."""
    path = folder / "a.tif"
    path.write_bytes(data)
    with open_stack(path, choice=choice) as pages:
        found = pages.plane(0)[:, :]
    np.testing.assert_array_equal(found, decode_image(data, "a.tif", choice).grey())
    return found


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(KINDS)), DTYPES, st.sampled_from(["contig", "separate"]), st.integers(0, 99))
def test_every_kind_of_pixel_is_the_light_it_means(tmp_path_factory, kind, dtype, planar, seed):
    photometric, count, extra = KINDS[kind]
    pixels = texture(5, 6, count, seed=seed).astype(dtype)
    if kind == "ink" and pixels.dtype.kind != "u":
        pixels = (pixels / 250).astype(np.float64)
    stored = pixels[..., 0] if count == 1 else np.moveaxis(pixels, -1, 0) if planar == "separate" else pixels
    options = {"planarconfig": planar} if count > 1 else {}
    data = tiff(stored, photometric=photometric, extrasamples=extra or None, metadata=None, **options)
    found = both_readers(data, tmp_path_factory.mktemp("kinds"))
    expected = pixel_by_pixel(pixels, kind)
    if kind == "white" and pixels.dtype.kind == "i":  # −1 − value: signed values have no largest ink
        expected = expected - 1
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-4)
    assert found.dtype.isnative


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_is_not_rounded_back_to_whole_numbers(dtype):
    pixels = np.array([[[200, 100, 50], [10, 20, 30]]], dtype)
    np.testing.assert_allclose(to_grey(pixels), [[124.2, 18.15]], rtol=1e-6)
    assert to_grey(pixels).dtype == np.float32
    same = np.stack([texture(4, 5, dtype=dtype)] * 3, axis=-1)
    np.testing.assert_array_equal(to_grey(same), same[..., 0])
    assert to_grey(same).dtype == dtype


def test_values_that_float32_does_not_hold_become_grey_in_float64():
    pixels = np.array([[[4_000_000_001, 4_000_000_000, 4_000_000_003]]], np.uint32)
    assert to_grey(pixels)[0, 0] == pytest.approx(4_000_000_000 + 0.299 + 3 * 0.114, abs=1e-5)


@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_samples_that_are_channels_are_chosen_from(tmp_path, count, planar):
    channels = texture(count, 20, 30)
    stored = channels if planar == "separate" else np.moveaxis(channels, 0, -1)
    options = {"photometric": "minisblack", "planarconfig": planar, "extrasamples": ["unspecified"] * (count - 1)}
    data = tiff(stored, **options)
    message = rf"a\.tif: has {count} channels; choose one: --channel 1 to {count} "
    with pytest.raises(ImageError, match=message):
        decode_image(data, "a.tif")
    with pytest.raises(ImageError, match=message):
        both_readers(data, tmp_path)
    for number in range(1, count + 1):
        np.testing.assert_array_equal(both_readers(data, tmp_path, Choice(channel=number)), channels[number - 1])
    with pytest.raises(ImageError, match=f"has {count} channels, no number {count + 1}"):
        decode_image(data, "a.tif", Choice(channel=count + 1))


def test_red_green_and_blue_may_be_chosen_and_alpha_not(tmp_path):
    colour = texture(20, 30, 4)
    for data in (tiff(colour, photometric="rgb", extrasamples=["unassalpha"]), png(colour)):
        for number in (1, 2, 3):
            found = decode_image(data, "a", Choice(channel=number)).grey()
            np.testing.assert_array_equal(found, colour[..., number - 1])
        with pytest.raises(ImageError, match="a: has 3 channels, no number 4"):
            decode_image(data, "a", Choice(channel=4))


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_table_of_colours_is_looked_up_for_images_and_never_for_labels(tmp_path, bits):
    indices = texture(20, 30) % 2**bits if bits < 8 else texture(20, 30)
    colours = texture(256, 3, seed=4)
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette(colours.ravel().tolist())
    expected = colours[indices] @ np.array(LUMA)
    made = {"png": saved_by_pillow(picture, "PNG", bits=bits)}
    if bits == 8:
        made |= {"tif": saved_by_pillow(picture, "TIFF")}
        np.testing.assert_allclose(both_readers(made["tif"], tmp_path), expected, atol=1e-3)
    for name, data in made.items():
        np.testing.assert_allclose(decode_image(data, name).grey(), expected, atol=1e-3)
        np.testing.assert_array_equal(decode_image(data, name).labels(), indices)


def test_the_display_colours_of_imagej_change_no_value(tmp_path):
    table = texture(3, 256, seed=2).astype(np.uint16) * 257
    data = tiff(texture(20, 30), photometric="palette", colormap=table, description="ImageJ=1.54f\n", metadata=None)
    np.testing.assert_array_equal(both_readers(data, tmp_path), texture(20, 30))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_png_of_few_bits_holds_the_numbers_that_were_stored(bits):
    values = texture(9, 11) % 2**bits
    packed = np.packbits(
        np.stack([values >> bit & 1 for bit in reversed(range(bits))], axis=-1).reshape(9, -1).astype(np.uint8), axis=1
    )
    header = struct.pack(">IIBBBBB", 11, 9, bits, 0, 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in packed)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    np.testing.assert_array_equal(decode_image(png_of(chunks), "a.png").labels(), values)


def test_one_bit_is_a_mask_and_no_picture(tmp_path):
    mask = texture(9, 12) > 99
    for name, data in (("a.png", saved_by_pillow(Image.fromarray(mask), "PNG")), ("a.tif", tiff(mask))):
        (tmp_path / name).write_bytes(data)
        np.testing.assert_array_equal(decode_image(data, name).labels(), mask)
        with pytest.raises(ImageError, match=f"{name}: holds 1 bit per pixel, a mask, not a picture"):
            decode_image(data, name).grey()
        with pytest.raises(ImageError, match="holds 1 bit"), open_stack(tmp_path / name):
            pass
        with open_stack(tmp_path / name, masks=True) as pages:
            np.testing.assert_array_equal(pages.plane(0).labels(name), mask)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_labels_are_what_is_stored_whatever_the_polarity(tmp_path, photometric):
    labels = texture(20, 30) % 7
    data = tiff(labels, photometric=photometric)
    np.testing.assert_array_equal(decode_image(data, "a.tif").labels(), labels)
    (tmp_path / "a.tif").write_bytes(data)
    with open_stack(tmp_path / "a.tif") as pages:
        np.testing.assert_array_equal(pages.plane(0).labels("a.tif"), labels)


def test_labels_saved_as_colour_count_where_the_channels_are_equal():
    labels = texture(20, 30) % 7
    for data in (png(np.dstack([labels] * 3 + [labels * 0 + 255])), tiff(np.dstack([labels] * 3), photometric="rgb")):
        np.testing.assert_array_equal(decode_image(data, "a").labels(), labels)
    with pytest.raises(ImageError, match="a: is in colour; give instance labels"):
        decode_image(png(texture(20, 30, 3)), "a").labels()


def test_lightness_is_the_first_sample_of_a_colour_space(tmp_path):
    for mode in ("YCbCr", "LAB"):
        data = saved_by_pillow(Image.merge(mode, [Image.fromarray(texture(16, 24, seed=n)) for n in range(3)]), "TIFF")
        np.testing.assert_array_equal(both_readers(data, tmp_path), texture(16, 24, seed=0))


def test_a_colour_space_that_is_not_read_is_refused_by_name():
    data = tiff(texture(20, 30, 3), photometric="linear_raw", planarconfig="contig")
    with pytest.raises(ImageError, match=r"a\.tif: its colours are LINEAR_RAW of 3 samples; export it in RGB or grey"):
        decode_image(data, "a.tif")


def test_what_cannot_be_known_is_said(tmp_path):
    for count, words in ((3, "red, green and blue and"), (4, "red, green and blue and alpha and")):
        with pytest.warns(DeprecationWarning, match="are stored as RGB"):  # what tifffile does unasked
            data = tiff(texture(count, 20, 30))
        (tmp_path / "a.tif").write_bytes(data)
        with open_stack(tmp_path / "a.tif") as pages:
            (note,) = pages.notes
        (of_training,) = decode_image(data, str(tmp_path / "a.tif")).notes
        assert of_training == note
        with pytest.raises(ImageError, match=r"in colour; .*if its colours are frames, write them with photometric="):
            decode_image(data, "a.tif").labels()
        assert f"its {count} planes are tagged as {words} read as one picture in colour" in note
    data = tiff(texture(20, 30, 4), photometric="rgb", extrasamples=["unspecified"])
    (note,) = decode_image(data, "a.tif").notes
    assert "1 more samples beside its colours are left out" in note
    assert decode_image(tiff(texture(20, 30, 3), photometric="rgb"), "a.tif").notes == ()


def test_a_part_is_the_part_of_the_whole_to_the_bit(tmp_path):
    pixels = texture(40, 50, 3)
    pixels[:5] = pixels[:5, :, :1]  # a part without colour
    samples = Samples("colour", 3, 3)
    whole = samples.grey(pixels)
    for part in (np.s_[3:9, 40:], np.s_[:, 7:8], np.s_[:5, :]):
        np.testing.assert_allclose(samples.grey(pixels[part]), whole[part], rtol=2e-7)
