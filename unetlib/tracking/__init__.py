"""Cells of whole sequences: linked, measured, written and scored as the Cell Tracking Challenge does.

- ctc_folder: Labels followed through time, in the folder that the Cell Tracking Challenge wants: masks and tracks.
- ctc_scores: Tracks against the Cell Tracking Challenge's truth: what it takes to correct them, and TRA, DET, LNK
  (Matula 2015).
- linking: Cells through time: labels of consecutive frames linked by least total squared distance, and how far each
  moved.
- measurements: One row per cell of a label image: size, place, shape and, where an intensity image is given, grey
  values.
- result_folder: The folder of a tracking result: its files, and the seal of each mask, which tells that nobody changed
  it.
- sequences: A test sequence as a film: its frames from the first to the last, and the masks of its cells.

For other packages: sequence_frames; link; track_planes, track_files; score_tracks; measure.
"""
