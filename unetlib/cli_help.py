"""Texts of `unetlib --help` and of each command's help, besides options; for terminals of 80 columns."""

EXAMPLES = """\
examples:
  unetlib models
  unetlib predict demo-nuclei images/ -o out --overlay
  unetlib info results/cpu/runs/reference/phc-u373/fold0-seed0/model.pt
  unetlib predict model.pt movie.tif -o out    (a stack, many files, a folder)
  unetlib predict model.pt images/ -o out --tta --min-area 50
  unetlib measure out/movie_labels.tif --intensity movie.tif -o cells.csv
  unetlib track out/movie_labels.tif -o tracks --interval 10
  unetlib export model.pt --to bioimageio -o package.zip --image movie.tif

Every command says what it refuses in one line and exits with 1;
UNETLIB_DEBUG=1 shows where.
"""
PREDICT = """\
MODEL is the name of a shipped network (`unetlib models` lists them) or the
model.pt of a run; ./NAME is a file of such a name. Each predicts as its study
does: threshold, smallest cell, watershed, flips and rotations are said.

Write three TIFF files per image into DIR, which Fiji and napari open with the
pixel size of the image:
  NAME_probability.tif   foreground probability, 32-bit float, 0 to 1
  NAME_mask.tif          8 bit, 255 where a cell is
  NAME_labels.tif        16 bit (32 beyond 65535 cells), 0 = background, one
                         number per cell
--overlay adds NAME_overlay.png, a picture of the image with the outline of
each cell that this run found; of a stack the first, middle and last plane.
All appear when the image is done, or none. Files that are there already
stay as they are (corrected labels are not lost), so that the same command goes
on after an interruption; --overwrite makes them again. An image that fails
does not end the run: what failed is listed at the end, with exit code 1. In a
folder, hidden files and the results of images beside it are left out, other
files are named.

Images: TIFF (stacks, 8 and 16 bit, float, tiled, BigTIFF, OME) and PNG. RGB is
converted to grey as 0.299 R + 0.587 G + 0.114 B. Of several channels one is
chosen by --channel. Each plane of a stack is normalised and predicted on its
own. An image of any size takes the same memory (with --watershed that of its
largest clump besides).

Networks work best at the scale of their training images: where the pixel sizes
differ by more than 1.5 times, that is said. --rescale resamples each plane to
the pixel size of the training images, predicts it, and brings the probability
back to the image's own size; --min-area and --watershed then count pixels of
that size. --pixel-size is for images that do not say theirs. A shipped network
also says where an image differs from its training images in bit depth, in
whether cells are brighter than the ground, and in how much of it they cover.
"""
MODELS = """\
List the networks that ship with unetlib: which images they are for, the pixel
size of their training images, and their score on images that did not train
them, with its 95 % interval. With a NAME, show its card: data, licence, limits.
"""
MEASURE = """\
Write a table with one row per cell: file, page, frame, z, label; area,
centroid, axes of the ellipse with the same moments, perimeter, eccentricity,
solidity, whether it touches the border; the same in micrometres where the
pixel size is known; mean, standard deviation, minimum, maximum and sum of the
intensity image where one is given.

Everything counts from 0: pages, frames, z planes, rows and columns (from the
centre of the first pixel). frame and label of a mask of `track` are those of
its tables: the frame is the number of the mask, the label the track.

LABELS may be the folder of `predict` (its NAME_labels.tif are taken) or of
`track`. A label file that fails is listed at the end, with exit code 1, and
lacks in the table. A table that is there is replaced with --overwrite alone.
"""
TRACK = """\
Link the cells of a label stack (or of files that are its frames, in the order
of the numbers in their names) through time, divisions included, and write into
DIR, which may hold an earlier result and nothing else; one that was changed
since is replaced with --overwrite alone:
  res_track.txt    label, first and last frame (from 0), parent (0 = none): the
                   Cell Tracking Challenge's format
  mask000.tif, …   the labels of each frame, the same number for the same cell
  tracks.csv       per cell: frames (from 0), distance moved, displacement,
                   speed
LABELS may be the folder of `predict`: its NAME_labels.tif are taken.
"""
EXPORT = """\
Write the network for programs without PyTorch, once it has given what PyTorch
gives (1e-4 of a probability at most):
  onnx        normalised images in, foreground probability out; what else one
              must know stands in its metadata
  bioimageio  a package of the BioImage Model Zoo (description 0.5, zip): the
              graph, its pre- and postprocessing, test tensors, provenance;
              bioimageio.core has run it
Needs onnx, onnxruntime and, for a package, bioimageio.core:
pip install 'unetlib[export]'.
"""
INFO = """\
Say what a model was trained on, how, and with what score: from the file
itself, and from prediction.json, facts.json and the scores of its run where
they still stand beside it.
"""
DESCRIPTION = """\
The command `unetlib`: a trained network on your own images, and what can be
measured in the result.
"""
