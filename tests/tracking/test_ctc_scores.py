"""TRA, DET and LNK: counted by hand, by py-ctcmetrics on random tracks, and by its own program on a folder."""

import math

import numpy as np
import pytest
import tifffile
from ctc_metrics import evaluate_sequence
from ctc_metrics.metrics.technical.det import det as ctc_det
from ctc_metrics.metrics.technical.lnk import lnk as ctc_lnk
from ctc_metrics.metrics.technical.tra import tra as ctc_tra
from ctc_metrics.utils.representations import count_acyclic_graph_correction_operations

from unetlib.io.files import FileError
from unetlib.tracking.ctc_scores import SCORES, Lineage, LineageError, ids_of, matches, read_lines, score, true_lines

#            frame   0 1 2 3
# a true film: 1     M M . .     a mother of frames 0 and 1, then
#              2     . . a a     her first daughter,
#              3     . . b b     her second,
#              4     c c c c     and a cell of its own: 4 + 4 + 2 nodes, 1 + 1 + 1 + 3 + 2 edges
TRUTH = Lineage(
    [(1, 0, 1, 0), (2, 2, 3, 1), (3, 2, 3, 1), (4, 0, 3, 0)],
    [frozenset({1, 4}), frozenset({1, 4}), frozenset({2, 3, 4}), frozenset({2, 3, 4})],
)
NODES, EDGES = 10 * 10, 1.5 * 8


def same(lineage):
    """Every true cell is found under its own name where the lineage has it."""
    return [[(name, name) for name in sorted(t & f)] for t, f in zip(TRUTH.ids, lineage.ids, strict=True)]


def changed(tracks, ids):
    return Lineage(tracks, [frozenset(s) for s in ids])


def test_perfect_tracks_score_one():
    assert score(TRUTH, TRUTH, same(TRUTH)) == dict.fromkeys(SCORES, 1.0)
    assert TRUTH.divisions == 1


def test_one_missed_cell():
    """Cell 4 is not seen in the last frame: one node (10) and its edge (1.5)."""
    found = changed([*TRUTH.tracks[:3], (4, 0, 2, 0)], [*TRUTH.ids[:3], {2, 3}])
    assert score(TRUTH, found, same(found)) == pytest.approx(
        {"tra": 1 - 11.5 / (NODES + EDGES), "det": 1 - 10 / NODES, "lnk": 1 - 1.5 / EDGES}, abs=1e-15
    )


def test_one_false_split():
    """Cell 4 becomes 5 and 6 after frame 1: 5 is where 4 was, 6 is an extra cell of two frames.

    Two extra nodes (1 each); the edge from 4 to 5 is there but as a division (1); edges of 6 go with its nodes.
    """
    tracks = [*TRUTH.tracks[:3], (4, 0, 1, 0), (5, 2, 3, 4), (6, 2, 3, 4)]
    found = changed(tracks, [*TRUTH.ids[:2], {2, 3, 5, 6}, {2, 3, 5, 6}])
    matched = [[(1, 1), (4, 4)], [(1, 1), (4, 4)], [(2, 2), (3, 3), (4, 5)], [(2, 2), (3, 3), (4, 5)]]
    assert found.divisions == 2
    assert score(TRUTH, found, matched) == pytest.approx(
        {"tra": 1 - 3 / (NODES + EDGES), "det": 1 - 2 / NODES, "lnk": 1 - 1 / EDGES}, abs=1e-15
    )


def test_two_cells_seen_as_one():
    """2 and 3 are one object in the last frame: a split (5), and two edges that nothing stands for (1.5 each)."""
    found = changed([(1, 0, 1, 0), (2, 2, 3, 1), (3, 2, 2, 1), (4, 0, 3, 0)], [*TRUTH.ids[:3], {2, 4}])
    matched = [*same(TRUTH)[:3], [(2, 2), (3, 2), (4, 4)]]
    found_scores = score(TRUTH, found, matched)
    assert found_scores == pytest.approx(
        {"tra": 1 - (5 + 2 * 1.5) / (NODES + EDGES), "det": 1 - 5 / NODES, "lnk": 1 - 2 * 1.5 / EDGES}, abs=1e-15
    )


def test_an_empty_result_scores_zero_and_an_empty_truth_nothing():
    nothing = changed([], [set()] * 4)
    assert score(TRUTH, nothing, [[]] * 4) == dict.fromkeys(SCORES, 0.0)
    assert all(math.isnan(value) for value in score(nothing, nothing, [[]] * 4).values())
    worse = changed([(n, 0, 3, 0) for n in range(9, 400)], [set(range(9, 400))] * 4)
    assert score(TRUTH, worse, [[]] * 4) == dict.fromkeys(SCORES, 0.0), "never below zero"


def test_a_cell_after_a_gap_is_no_division():
    assert changed([(1, 0, 0, 0), (2, 2, 3, 1)], [{1}, set(), {2}, {2}]).divisions == 0


def test_a_parent_that_is_not_there_is_refused():
    for tracks in ([(2, 1, 1, 1)], [(1, 0, 0, 0), (2, 1, 1, 1)]):
        with pytest.raises(LineageError, match="track 2 begins in frame 1 after 1"):
            changed(tracks, [set(), {2}]).edges()


def random_film(seed, *, merged=0.0, frames=8, slots=12):
    """Labels (T, H, W) of cells that sit in slots, and their tracks: they end, divide, are missed and come back.

    merged: how often a cell takes its right neighbour's slot too, instead of the cell that would be there.
    """
    random = np.random.default_rng(seed)
    film = np.zeros((frames, 10, 10 * slots), np.uint16)
    rows: list[list[int]] = []
    current: dict[int, int] = {}  # slot → row of the track that was there in the frame before
    for time in range(frames):
        before, current = current, {}
        for slot in range(slots):
            if random.random() < 0.15:
                continue
            place = slice(10 * slot + 1, 10 * slot + 9)
            if slot - 1 in current and random.random() < merged:
                film[time, 1:9, place] = rows[current[slot - 1]][0]
                continue
            if slot in before and random.random() < 0.8:
                current[slot] = before[slot]
                rows[before[slot]][2] = time
            else:
                ended = [row[0] for row in rows if row[2] < time]
                parent = int(random.choice(ended)) if ended and random.random() < 0.7 else 0
                rows.append([len(rows) + 1, time, time, parent])
                current[slot] = len(rows) - 1
            film[time, 1:9, place] = rows[current[slot]][0]
    ends = {row[0]: row[2] for row in rows}  # a mother that went on cannot have divided
    return film, [(a, b, c, d if d and ends[d] < b else 0) for a, b, c, d in rows]


def lineage(film, rows):
    return Lineage(rows, [ids_of(plane) for plane in film])


def write(folder, film, rows, mask, lines):
    folder.mkdir(parents=True)
    for time, plane in enumerate(film):
        tifffile.imwrite(folder / f"{mask}{time:03d}.tif", plane)
    (folder / lines).write_text("".join("{} {} {} {}\n".format(*row) for row in rows))


@pytest.mark.parametrize("seed", range(8))
def test_it_counts_as_py_ctcmetrics_does(seed):
    truth, rows = random_film(seed)
    found, ours = random_film(seed + (100 if seed % 2 else 0), merged=0.2)
    pairs = [matches(t, f) for t, f in zip(truth, found, strict=True)]
    expected = count_acyclic_graph_correction_operations(
        np.array(rows),
        np.array(ours),
        *([sorted(ids_of(plane)) for plane in film] for film in (truth, found)),
        *([[pair[side] for pair in frame] for frame in pairs] for side in (0, 1)),
    )
    assert min(expected[name] for name in ("TP", "FN", "FP", "NS", "ED", "EA")) > 0, "the case tests little"
    got = score(lineage(truth, rows), lineage(found, ours), pairs)
    assert got["tra"] == pytest.approx(ctc_tra(**expected)[0], abs=1e-12)
    assert got["det"] == pytest.approx(ctc_det(**expected), abs=1e-12)
    assert got["lnk"] == pytest.approx(ctc_lnk(**expected), abs=1e-12)


def test_folders_give_what_the_program_of_py_ctcmetrics_prints(tmp_path):
    truth, rows = random_film(3)
    found, ours = random_film(4, merged=0.2)
    write(tmp_path / "01_GT/TRA", truth, rows, "man_track", "man_track.txt")
    write(tmp_path / "01_RES", found, ours, "mask", "res_track.txt")
    names = ["Valid", "TRA", "DET", "LNK"]
    expected = evaluate_sequence(str(tmp_path / "01_RES"), str(tmp_path / "01_GT"), metrics=names, threads=1)
    assert expected["Valid"] == 1
    lines = read_lines(tmp_path / "01_RES/res_track.txt")
    pairs = [matches(t, f) for t, f in zip(truth, found, strict=True)]
    got = score(lineage(truth, rows), lineage(found, lines), pairs)
    assert got == pytest.approx({name: expected[name.upper()] for name in SCORES}, abs=1e-12)


def test_a_marker_is_matched_by_what_covers_more_than_half_of_it():
    markers, mask = np.zeros((2, 9, 9), np.uint16)
    markers[2, 2:6] = 700
    mask[:, 4:8] = 40000  # half of it: not enough
    assert matches(markers, mask) == []
    mask[2, 3] = 40000
    assert matches(markers, mask) == [(700, 40000)]


def test_lines_are_read_and_bad_ones_named(tmp_path):
    path = tmp_path / "res_track.txt"
    path.write_text("1 0 3 0\n2 4 5 1\n")
    assert read_lines(path) == [(1, 0, 3, 0), (2, 4, 5, 1)]
    path.write_text("1 0 3 0\n2 4 five 1\n")
    with pytest.raises(FileError, match=r"res_track\.txt, line 2: expected label, begin, end, parent"):
        read_lines(path)
    table = [{"sequence": s, "label": "3", "begin": "5", "end": "7", "parent": "0"} for s in ("01", "02")]
    assert true_lines(table, "02", 4) == [(3, 1, 3, 0)]
