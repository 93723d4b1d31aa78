"""Convert public formats to our dataset folder, and split its frames into training, validation and test.

- array_files: Read and write the arrays of a dataset folder: <kind>/<frame>.tif, images as recorded, others compressed.
- checks: Check images, instance labels and frame ids before they enter a dataset.
- ctc: Read Cell Tracking Challenge data: <sequence>/tNNN.tif with gold and silver segmentation, markers and tracks.
- dataset: Our dataset format on disk: one folder with images, instance labels, and a table of frames.
- dsb: Read Data Science Bowl 2018 (BBBC038): <id>/images/<id>.png, one PNG or TIFF per nucleus in <id>/masks/.
- duplicates: Find frames that show the same image: identical pixels, or the same image with noise, other contrast or
  rotated.
- faults: Collect the faults of many files and report them together, so that the first does not hide the others.
- fields_of_view: Group images of the same field of view: tiles whose edges continue each other, and repeated views.
- frames: Read and write the metadata of a dataset's frames: frames.csv and pixel_sizes.csv.
- isbi: Read the ISBI-2012 EM segmentation challenge: multi-page TIFFs, 255 = cell, 0 = membrane.
- pair_layout: Find the label image, movie and group of each image in a folder, from file names alone.
- pairs: Read a user's own data: a folder of images and a folder of label images, matched by name.
- mask_files: Read mask files of one object each, as in DSB2018, and recognise files that show several objects.
- partial_annotation: Find unknown regions of partial gold truth: cells that have a tracking marker but no segmentation.
- prepare_dataset: Prepare a dataset: read a foreign archive or folder into our dataset folder, and record what was used
  of it.
- readers: The readers of foreign dataset formats, by their name in the config.
- remarks: Messages about a prepared dataset: number of frames, and which are negatives, unlabelled or duplicates.
- settings: Settings of a dataset: its source, how it is read, and how its frames are split.
- shared_images: Keep an image out of two roles of a split: of the frames that show it, those of the most important role
  remain.
- source_digest: Identify a folder of images and labels by a checksum over the content of every file that is used.
- split_files: Read split files: the frames of a role, and the fold and the dataset from the file's path.
- split_ways: The ways to separate training from test frames: by sequence, by block of z, by group, and at random
  (leaky).
- splits: Split frames into training, validation and test: by sequences, blocks of z or groups of similar images.
- subsets: Choose evenly spaced subsets of a sequence, nested if their sizes are powers of two.
- synthetic/: Synthetic microscopy with exact truth, written as archives in the layouts of the public datasets.
- unused_files: List the files of a folder or archive that no reader used, and why.

For other packages: prepare_dataset; read (chooses the reader of a format); Sample, Dataset, write_dataset;
split; synthetic.archive_writer.write_archive.
"""
