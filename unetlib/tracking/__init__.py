"""Cells of whole sequences: linked, measured, written and scored as the Cell Tracking Challenge does.

- ctc_folder: Link labels through time and write them as the Cell Tracking Challenge wants: masks and tracks.
- ctc_scores: Tracks against the Cell Tracking Challenge's truth: what it takes to correct them, and TRA, DET, LNK
  (Matula 2015).
- frame_files: Label files as the frames of one movie: checked together, so that every bad one is named, and read plane
  by plane.
- label_files: Label images as users have them: opened, every plane checked to be instances, its place in time and
  depth.
- linking: Link the cells of consecutive frames by least total squared distance, and measure how far each moved.
- measured_files: The table of the cells in label files: one row per cell, with the grey values of the image of the same
  name.
- measurements: One row per cell of a label image (H, W): size, place, shape and, where there is an intensity image,
  grey values.
- predicted_tracks: Track the cells that a network predicted in a whole test sequence, and score the tracks.
- result_folder: The folder of a tracking result: its files, and the seal of each mask, which tells that nobody changed
  it.
- sequences: A test sequence: its frames from the first to the last, the masks of its cells, and what its table says.
- settings: Settings of tracking: whose cells are linked through whole test sequences, and how.
- tracked_cells: Measure the cells of a tracked sequence: one row per cell and frame.

For other packages: sequence_frames; link; track_planes, track_files; score_tracks; measure, measure_file.
"""
