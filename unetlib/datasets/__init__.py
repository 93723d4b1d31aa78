"""Public formats become our dataset folder, and its frames become training, validation and test.

- checks: What an image, an instance label and a frame id must be before anything is built on them.
- ctc: Cell Tracking Challenge: <sequence>/tNNN.tif with gold and silver segmentation, markers and tracks.
- dataset: Our dataset format on disk: one folder with images, instance labels, and a table of frames.
- dsb: Data Science Bowl 2018 (BBBC038): <id>/images/<id>.png and one PNG per nucleus in <id>/masks/.
- fields_of_view: Which images are pieces of one field of view: tiles whose edges continue each other, and repeated
  views.
- isbi: ISBI-2012 EM segmentation challenge: multi-page TIFFs, 255 = cell, 0 = membrane.
- pairs: Anybody's own data: a folder of images and a folder of label images, matched by name.
- partial_annotation: Partial gold truth: cells that the tracking markers know and the segmentation does not draw are
  unknown.
- readers: Foreign datasets end here: every layout we read, by its name in the config.
- settings: Settings of a dataset: where it comes from, how it is read, and how its frames are split.
- split_files: Read split files: the frames of a role, the fold, and the dataset that a file's path names.
- splits: Who trains, who validates, who tests: whole sequences, blocks of z, groups of look-alikes; no arrays.
- subsets: Some of many: evenly spaced subsets of a sequence, nested where sizes double.
- synthetic/: Synthetic microscopy with exact truth, written as archives in the layouts of the public datasets.

For other packages: read (chooses the reader of a format); Sample, Dataset, write_dataset; split;
synthetic.archive_writer.write_archive.
"""
