"""Synthetic microscopy: exact truth, sound tracks, foreign layouts, the same bytes again."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from unetlib.datasets.synthetic import archive_writer
from unetlib.datasets.synthetic.archive_writer import fluorescence, membranes, phase_contrast, write_archive
from unetlib.datasets.synthetic.optics import keep_largest_pieces, smooth_noise
from unetlib.datasets.synthetic.phase_contrast import TimeLapse

SMALL: Mapping[str, dict[str, Any]] = {
    "phase": {"frames": 6, "height": 120, "width": 140, "cells": 5, "divisions": 1},
    "fluorescence": {"frames": 4, "height": 90, "width": 100, "histology_every": 2},
    "membranes": {"frames": 4, "height": 96, "width": 112, "frames_for_testing": 2},
}


@pytest.fixture(scope="module")
def movie() -> TimeLapse:
    return phase_contrast(3, frames=8)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("archives")
    contents = {}
    for modality, size in SMALL.items():
        write_archive(folder / f"{modality}.zip", modality, seed=5, **size)
        with zipfile.ZipFile(folder / f"{modality}.zip") as archive:
            assert archive.testzip() is None
            contents[modality] = {name: archive.read(name) for name in archive.namelist()}
    return contents


def read(data: bytes) -> NDArray[Any]:
    return tifffile.imread(io.BytesIO(data))


def in_one_piece(labels: NDArray[np.uint16]) -> bool:
    return all(ndimage.label(labels == number)[1] == 1 for number in np.unique(labels[labels > 0]))


def touching_pairs(labels: NDArray[np.uint16]) -> int:
    beside = [(labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])]
    pairs = set()
    for a, b in beside:
        meet = (a != b) & (a > 0) & (b > 0)
        pairs |= {(min(p), max(p)) for p in zip(a[meet].tolist(), b[meet].tolist(), strict=True)}
    return len(pairs)


@pytest.mark.parametrize("modality", SMALL)
def test_same_seed_same_bytes(modality: str, tmp_path: Path) -> None:
    digests = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_archive(tmp_path / name, modality, seed=seed, **SMALL[modality])
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_unknown_modality_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ultrasound: unknown modality; use one of phase, fluorescence, membranes"):
        write_archive(tmp_path / "x.zip", "ultrasound", seed=1)
    with pytest.raises(TypeError, match="colour"):
        write_archive(tmp_path / "x.zip", "membranes", seed=1, colour="green")
    assert list(tmp_path.iterdir()) == []


def test_tracks_say_where_each_cell_lives(movie: TimeLapse) -> None:
    numbers = np.unique(movie.labels)[1:].tolist()
    seen = {n: [t for t, frame in enumerate(movie.labels) if (frame == n).any()] for n in numbers}
    assert seen == {track.label: list(range(track.begin, track.end + 1)) for track in movie.tracks}


def test_mothers_end_where_their_two_daughters_begin(movie: TimeLapse) -> None:
    tracks = {track.label: track for track in movie.tracks}
    born = [track for track in movie.tracks if track.parent]
    assert len(born) == 4
    for track in born:
        mother = tracks[track.parent]
        assert mother.end == track.begin - 1
        cradle = ndimage.binary_dilation(movie.labels[mother.end] == mother.label, iterations=12)
        body = movie.labels[track.begin] == track.label
        assert (body & cradle).sum() > 0.9 * body.sum()


def test_cells_touch_move_and_are_whole(movie: TimeLapse) -> None:
    assert all(in_one_piece(labels) for labels in movie.labels)
    assert np.mean([touching_pairs(labels) for labels in movie.labels]) >= 5
    changed = np.mean(movie.labels[0] != movie.labels[-1])
    step = np.mean(movie.labels[3] != movie.labels[4])
    assert 0.02 < step < changed


def test_grey_alone_does_not_tell_cells_but_texture_does(movie: TimeLapse) -> None:
    cell = movie.labels > 0
    grey = movie.images.astype(float)
    texture = np.abs(grey - ndimage.gaussian_filter(grey, (0, 3, 3)))
    assert abs(grey[cell].mean() - grey[~cell].mean()) < 0.8 * grey[~cell].std()
    assert texture[cell].mean() > 1.2 * texture[~cell].mean()


def test_nuclei_touch_in_clusters_and_colour_is_dark_on_bright() -> None:
    pictures = list(fluorescence(4, frames=8, histology_every=2))
    assert {labels.shape for _, labels in pictures} == {(160, 160), (176, 208)}
    stained = 0
    for image, labels in pictures:
        assert image.shape == (*labels.shape, 4)
        assert image.dtype == np.uint8
        assert (image[..., 3] == 255).all()
        assert in_one_piece(labels)
        assert sorted(np.unique(labels)) == list(range(labels.max() + 1))
        assert touching_pairs(labels) > 0.3 * labels.max()
        grey = image[..., :3].mean(axis=2)
        coloured = np.ptp(image[..., :3].astype(int), axis=2).max() > 0
        stained += coloured
        assert (grey[labels > 0].mean() < grey[labels == 0].mean()) == coloured
    assert stained == 4


def test_membranes_are_thin_dark_and_slow_in_z() -> None:
    stack = membranes(4, frames=6, height=128, width=128)
    mask = stack.labels > 0
    assert 0.6 < mask.mean() < 0.88
    assert stack.images[~mask].mean() < stack.images[mask].mean() - 25
    assert ndimage.distance_transform_edt(~mask[0]).max() < 10
    near = (mask[0] == mask[1]).mean()
    far = (mask[0] == mask[5]).mean()
    assert near > far + 0.02
    areas = np.bincount(stack.labels[0].ravel())[1:]
    areas = areas[areas > 0]
    assert areas.max() > 10 * np.percentile(areas, 25)
    for labels in stack.labels:
        assert ndimage.label(labels > 0)[1] == len(np.unique(labels)) - 1  # membranes close every cell


def test_ctc_layout(archives: dict[str, dict[str, bytes]]) -> None:
    members = archives["phase"]
    for sequence in ("01", "02"):
        root = f"PhC-synthetic/{sequence}"
        for time in range(6):
            image = read(members[f"{root}/t{time:03d}.tif"])
            assert (image.dtype, image.shape) == (np.uint8, (120, 140))
            silver = read(members[f"{root}_ST/SEG/man_seg{time:03d}.tif"])
            markers = read(members[f"{root}_GT/TRA/man_track{time:03d}.tif"])
            assert silver.dtype == markers.dtype == np.uint16
            assert set(np.unique(silver)) == set(np.unique(markers))
            alive = np.loadtxt(io.BytesIO(members[f"{root}_GT/TRA/man_track.txt"]), dtype=int)
            assert set(np.unique(markers)) - {0} == {label for label, begin, end, _ in alive if begin <= time <= end}
        gold = sorted(name[-7:-4] for name in members if name.startswith(f"{root}_GT/SEG/"))
        assert gold == ["001", "003", "005"]
        drawn = [len(np.unique(read(members[f"{root}_GT/SEG/man_seg{t}.tif"]))) - 1 for t in gold]
        assert drawn[0] >= 5
        assert drawn[2] == 2


def test_silver_is_close_to_gold_but_not_it(archives: dict[str, dict[str, bytes]]) -> None:
    members = archives["phase"]
    gold = read(members["PhC-synthetic/01_GT/SEG/man_seg001.tif"])
    silver = read(members["PhC-synthetic/01_ST/SEG/man_seg001.tif"])
    for number in np.unique(gold[gold > 0]):
        overlap = ((gold == number) & (silver == number)).sum() / ((gold == number) | (silver == number)).sum()
        assert 0.7 < overlap < 1.0
    assert in_one_piece(silver)
    assert (silver > 0).sum() < (gold > 0).sum()


def test_markers_lie_in_their_cells(movie: TimeLapse) -> None:
    marked = archive_writer.markers(movie.labels[2])
    assert (marked[marked > 0] == movie.labels[2][marked > 0]).all()
    assert set(np.unique(marked)) == set(np.unique(movie.labels[2]))
    assert np.bincount(marked.ravel())[1:].max() <= 49


def test_dsb_layout(archives: dict[str, dict[str, bytes]]) -> None:
    members = archives["fluorescence"]
    images = [name for name in members if "/images/" in name]
    truth = list(fluorescence(5, **SMALL["fluorescence"]))
    assert len(images) == len(truth) == 4
    for name, (image, labels) in zip(images, truth, strict=True):
        top, identity, _, file = name.split("/")
        assert (top, file) == ("stage1_train", f"{identity}.png")
        np.testing.assert_array_equal(imagecodecs.png_decode(members[name]), image)
        masks = [imagecodecs.png_decode(d) for n, d in members.items() if n.startswith(f"{top}/{identity}/masks/")]
        assert all(set(np.unique(mask)) == {0, 255} for mask in masks)
        together = np.zeros(labels.shape, np.uint16)
        for number, mask in enumerate(masks, start=1):
            assert not together[mask > 0].any()
            together[mask > 0] = number
        np.testing.assert_array_equal(together, labels)


def test_isbi_layout(archives: dict[str, dict[str, bytes]]) -> None:
    members = archives["membranes"]
    assert sorted(members) == ["test-volume.tif", "train-labels.tif", "train-volume.tif"]
    assert read(members["train-volume.tif"]).shape == read(members["train-labels.tif"]).shape == (4, 96, 112)
    assert read(members["test-volume.tif"]).shape == (2, 96, 112)
    assert set(np.unique(read(members["train-labels.tif"]))) == {0, 255}
    with tifffile.TiffFile(io.BytesIO(members["train-volume.tif"])) as pages:
        assert len(pages.pages) == 4


@pytest.mark.parametrize("sigma_px", [0.7, 6.0, (1.0, 30.0)])
def test_smooth_noise_is_standard_and_as_smooth_as_asked(sigma_px: float | tuple[float, float]) -> None:
    field = smooth_noise(np.random.default_rng(0), (160, 200), sigma_px)
    assert field.shape == (160, 200)
    assert (field.mean(), field.std()) == (pytest.approx(0, abs=1e-9), pytest.approx(1))
    roughness = np.diff(field, axis=1).std()
    expected = 1 / (np.sqrt(2) * np.broadcast_to(sigma_px, 2)[1])  # of a Gaussian-filtered white field
    assert roughness == pytest.approx(expected, rel=0.45)


def test_only_the_largest_piece_stays() -> None:
    labels = np.array([[1, 0, 1, 1], [0, 2, 0, 1], [3, 0, 0, 0]], np.uint16)
    kept = [[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    np.testing.assert_array_equal(keep_largest_pieces(labels, 2), kept)
