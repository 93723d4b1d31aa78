"""Public formats become our dataset folder, and its frames become training, validation and test.

- array_files: The arrays of a dataset folder on disk: <kind>/<frame>.tif, images as recorded, all else compressed.
- checks: What an image, an instance label and a frame id must be before anything is built on them.
- ctc: Cell Tracking Challenge: <sequence>/tNNN.tif with gold and silver segmentation, markers and tracks.
- dataset: Our dataset format on disk: one folder with images, instance labels, and a table of frames.
- dsb: Data Science Bowl 2018 (BBBC038): <id>/images/<id>.png and one PNG per nucleus in <id>/masks/; TIFF is read too.
- duplicates: Which frames show the same image: equal pixels, or nearly equal ones that noise, contrast or turning makes
  differ.
- faults: Faults of many files, named together: the first bad file does not hide the others.
- fields_of_view: Which images are pieces of one field of view: tiles whose edges continue each other, and repeated
  views.
- frames: The facts of a dataset's frames on disk: frames.csv, and pixel_sizes.csv beside it.
- isbi: ISBI-2012 EM segmentation challenge: multi-page TIFFs, 255 = cell, 0 = membrane.
- pair_layout: Which image of a folder goes with which label image, to which movie and to which group: told from names
  alone.
- pairs: Anybody's own data: a folder of images and a folder of label images, matched by name.
- mask_files: Mask files of one object each, as DSB2018 has them, told from files that show several objects.
- partial_annotation: Partial gold truth: cells that the tracking markers know and the segmentation does not draw are
  unknown.
- prepare_dataset: Prepare a dataset: read a foreign archive or folder into our dataset folder, and record what was used
  of it.
- readers: Foreign datasets end here: every layout we read, by its name in the config.
- remarks: What a user is told of a prepared dataset: how many frames, which are negatives, unlabelled or duplicates.
- settings: Settings of a dataset: where it comes from, how it is read, and how its frames are split.
- shared_images: No image on both sides of a split: of frames that show the same image, the most important role keeps
  its own.
- source_digest: The identity of a folder of images and labels: a checksum of the content of every file that is used.
- split_files: Read split files: the frames of a role, the fold, and the dataset that a file's path names.
- split_ways: The ways of keeping training and test apart: by sequence, by block of z, by group, and not at all
  (random).
- splits: Which frames train, validate and test: whole sequences, blocks of z, groups of similar images; no arrays.
- subsets: Some of many: evenly spaced subsets of a sequence, nested where sizes double.
- synthetic/: Synthetic microscopy with exact truth, written as archives in the layouts of the public datasets.
- unused_files: What of a source was not used: every file of a folder or archive that no reader asked for, and why.

For other packages: prepare_dataset; read (chooses the reader of a format); Sample, Dataset, write_dataset;
split; synthetic.archive_writer.write_archive.
"""
