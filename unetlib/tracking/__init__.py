"""Link, measure, write and score the cells of whole sequences as the Cell Tracking Challenge does.

- ctc_folder: Link labels through time and write masks and tracks in the Cell Tracking Challenge's format.
- ctc_scores: Score tracks against the Cell Tracking Challenge's ground truth: TRA, DET and LNK (Matula et al. 2015).
- frame_files: Read label files as the frames of one movie: check them together, name every bad one, read plane by
  plane.
- label_files: Open label images of users: check that every plane holds instances and find its place in time and depth.
- linking: Link the cells of consecutive frames by least total squared distance, and measure how far each moved.
- measured_files: Measure the cells of label files: one row per cell, with grey values from the image of the same name.
- measurements: Measure every cell of a label image (H, W): size, position, shape and, with an intensity image, grey
  values.
- predicted_tracks: Track the cells that a network predicted in a whole test sequence, and score the tracks.
- result_folder: The folder of a tracking result: its files, and a seal in each mask that shows later changes.
- sequences: A test sequence: its frames from first to last, the masks of its cells, and its scores.
- settings: Settings of tracking: which experiments' cells are linked through whole test sequences, and how.
- tracked_cells: Measure the cells of a tracked sequence: one row per cell and frame.

For other packages: sequence_frames; link; track_planes, track_files; score_tracks; measure, measure_file.
"""
