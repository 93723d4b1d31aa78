"""Films followed: the challenge's folder as it is written, the same whatever the labels come from, what is refused."""

import csv

import numpy as np
import pytest
import tifffile
from builders.images import moving_discs, write_stack

from unetlib.io.axes import ImageError
from unetlib.io.stacks import open_stack
from unetlib.tracking.ctc_folder import track_files, track_planes
from unetlib.tracking.linking import Scale, TrackError
from unetlib.tracking.settings import LinkSettings

HOW = (LinkSettings(), Scale())


def test_the_folder_is_in_the_challenges_format(tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    labels, _ = moving_discs()
    write_stack(tmp_path / "labels.tif", labels, "TYX", finterval=300)
    found = track_files([tmp_path / "labels.tif"], tmp_path / "out", *HOW)
    assert (found.frames, found.cells, found.tracks, found.divisions) == (6, 96, 16, 0)
    assert found.max_distance_px == pytest.approx(12, abs=0.5)  # the diameter of the discs
    lines = [[int(part) for part in line.split()] for line in (tmp_path / "out/res_track.txt").read_text().splitlines()]
    seen = {}
    for time in range(6):
        mask = tifffile.imread(tmp_path / f"out/mask{time:03d}.tif")
        assert mask.dtype == np.uint16
        np.testing.assert_array_equal(mask > 0, labels[time] > 0)
        for number in np.unique(mask[mask > 0]).tolist():
            seen.setdefault(number, []).append(time)
    assert {number: (times[0], times[-1]) for number, times in seen.items()} == {a: (b, c) for a, b, c, _ in lines}
    assert all(len(times) == times[-1] - times[0] + 1 for times in seen.values())
    with (tmp_path / "out/tracks.csv").open() as stream:
        table = list(csv.DictReader(stream))
    first = table[0]
    assert float(first["distance_um"]) == pytest.approx(0.65 * float(first["distance_px"]), rel=1e-6)
    assert float(first["speed_um_per_min"]) == pytest.approx(float(first["distance_um"]) / (5 * 5), rel=1e-6)
    before = sorted((path.name, path.read_bytes()) for path in (tmp_path / "out").iterdir())
    track_files([tmp_path / "labels.tif"], tmp_path / "out", *HOW)  # an earlier result is replaced, the same
    assert before == sorted((path.name, path.read_bytes()) for path in (tmp_path / "out").iterdir())


def test_refusals(tmp_path):
    labels = np.zeros((2, 20, 30), np.uint16)
    empty = write_stack(tmp_path / "empty.tif", labels, "TYX")
    one = tmp_path / "t1.tif"
    tifffile.imwrite(one, np.eye(20, 30, dtype=np.uint16))
    small = tmp_path / "t2.tif"
    tifffile.imwrite(small, np.eye(9, dtype=np.uint16))
    out = tmp_path / "out"
    for given, folder, message in (
        ([empty], out, "no cell in any frame"),
        ([one], out, "t1.tif: has one frame"),
        ([one, small], out, r"different sizes \(px\) in one movie: 20×30 in .*t1.tif, 9×9 in .*t2.tif; give"),
    ):
        with pytest.raises(TrackError, match=message):
            track_files(given, folder, *HOW)
    assert not out.exists()


def test_planes_give_what_files_give(tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    labels, _ = moving_discs()
    write_stack(tmp_path / "labels.tif", labels, "TYX", finterval=300)
    track_files([tmp_path / "labels.tif"], tmp_path / "files", *HOW)
    track_planes(lambda: labels, tmp_path / "planes", LinkSettings(), Scale(0.65, 5.0), where="labels")
    for path in (tmp_path / "files").iterdir():
        ours = tmp_path / "planes" / path.name
        if path.suffix == ".tif":
            assert np.array_equal(tifffile.imread(path), tifffile.imread(ours))
            with open_stack(ours) as pages:
                assert pages.calibration.pixel_size_um(ours.name) == pytest.approx(0.65, rel=1e-4)
        elif path.name == "res_track.txt":
            assert path.read_bytes() == ours.read_bytes()


def test_a_film_in_which_a_network_found_nothing_has_no_tracks(tmp_path):
    found = track_planes(lambda: np.zeros((3, 20, 30), int), tmp_path / "out", *HOW, where="x")
    assert (found.frames, found.cells, found.tracks, found.max_distance_px) == (3, 0, 0, None)
    assert (tmp_path / "out/res_track.txt").read_text() == ""
    assert not tifffile.imread(tmp_path / "out/mask002.tif").any()
    assert len((tmp_path / "out/tracks.csv").read_text().splitlines()) == 1


def test_files_are_frames_in_the_order_of_their_numbers(tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    paths = [tmp_path / f"t{frame}_labels.tif" for frame in range(1, 12)]
    for frame, path in enumerate(paths):  # a cell that walks 5 px a frame
        labels = np.zeros((40, 90), np.uint16)
        labels[10:18, 5 * frame + 1 : 5 * frame + 9] = 1
        tifffile.imwrite(path, labels)
    found = track_files(sorted(paths, key=str), tmp_path / "out", *HOW)
    assert (found.frames, found.tracks) == (11, 1)


def test_frames_of_two_pixel_sizes_are_refused_unless_one_is_set(tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    paths = [tmp_path / "t1.tif", tmp_path / "t2.tif"]
    for path, resolution in zip(paths, (2, 4), strict=True):
        tifffile.imwrite(
            path, np.eye(20, dtype=np.uint16), imagej=True, resolution=(resolution,) * 2, metadata={"unit": "um"}
        )
    with pytest.raises(
        TrackError, match=r"different pixel sizes \(µm\) in one movie: 0.5 in .*t1\.tif, 0.25 in .*; set --pixel-size"
    ):
        track_files(paths, tmp_path / "out", *HOW)
    assert track_files(paths, tmp_path / "out", LinkSettings(), Scale(0.5, None)).frames == 2


def test_every_file_that_cannot_be_a_frame_is_named(tmp_path):
    paths = [tmp_path / f"t{frame}.tif" for frame in range(1, 16)]
    for path in paths:
        tifffile.imwrite(path, np.eye(20, dtype=np.uint16))
    paths[3].write_text("a letter")
    with pytest.raises(ImageError, match=r"^\S*t4\.tif: neither TIFF nor PNG"):
        track_files(paths, tmp_path / "out", *HOW)
    tifffile.imwrite(paths[7], np.full((20, 20), -1, np.int16))
    with pytest.raises(TrackError, match=r"^2 faults: \(1\) \S*t4\.tif: neither .* \(2\) \S*t8\.tif: "):
        track_files(paths, tmp_path / "out", *HOW)
    for path in paths:
        path.write_text("a letter")
    with pytest.raises(TrackError, match=r"^15 faults: \S*t1\.tif, .*, \S*t15\.tif: neither TIFF nor PNG"):
        track_files(paths, tmp_path / "out", *HOW)
    assert not (tmp_path / "out").exists()


def test_what_is_said_of_the_scale(tmp_path):
    pytest.importorskip("laptrack", reason="laptrack is not installed")
    metadata = {"axes": "TYX", "unit": "furlong", "finterval": 2, "tunit": "fortnight"}
    movie = np.stack([np.eye(20, dtype=np.uint16)] * 3)
    tifffile.imwrite(tmp_path / "odd.tif", movie, imagej=True, resolution=(2, 2), metadata=metadata)
    for scale, said in (
        (Scale(), ["'furlong', is not known; give its pixel size", "'fortnight', is not known"]),
        (Scale(0.5), ["'fortnight', is not known"]),
        (Scale(0.5, 2.0), []),
    ):
        notes = track_files([tmp_path / "odd.tif"], tmp_path / "out", LinkSettings(), scale).notes
        assert len(notes) == len(said) and all(part in note for part, note in zip(said, notes, strict=True))
