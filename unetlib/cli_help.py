"""Texts of `unetlib --help` and of each command's help, besides options; for terminals of 80 columns."""

EXAMPLES = """\
examples:
  unetlib models
  unetlib predict demo-nuclei images/ -o out --overlay
  unetlib finetune demo-nuclei my-cells/ -o mine.pt
  unetlib info results/cpu/runs/reference/phc-u373/fold0-seed0/model.pt
  unetlib predict model.pt movie.tif -o out    (a stack, many files, a folder)
  unetlib predict model.pt images/ -o out --tta --min-area 50
  unetlib measure out/movie_labels.tif --intensity movie.tif -o cells.csv
  unetlib track out/movie_labels.tif -o tracks --interval 10
  unetlib export model.pt --to bioimageio -o package.zip --image movie.tif
  unetlib compare my-cells.yaml

An error is one line, with exit code 1; UNETLIB_DEBUG=1 adds its traceback.
"""
PREDICT = """\
MODEL is the name of a shipped network (`unetlib models` lists them) or the
model.pt of a run; ./NAME is a file even if a network has that name. It predicts
as its study does, and prints its threshold, minimum area, watershed depth and
test-time augmentation.

Write three TIFF files per image into DIR, which Fiji and napari open with the
pixel size of the image:
  NAME_probability.tif   foreground probability, 32-bit float, 0 to 1
  NAME_mask.tif          8 bit, 255 where a cell is
  NAME_labels.tif        16 bit (32 beyond 65535 cells), 0 = background, one
                         number per cell
--overlay adds NAME_overlay.png, a picture of the image with the outline of
each cell that this run found; of a stack the first, middle and last plane.
All appear when the image is done, or none. Existing files are kept (corrected
labels are not lost), so that the same command continues after an interruption;
--overwrite replaces them. An image that fails does not end the run: failures
are listed at the end, with exit code 1. In a folder, hidden files and results
that lie beside their images are skipped, and other files are named.

Images: TIFF (stacks, 8 and 16 bit, float, tiled, BigTIFF, OME) and PNG. RGB is
converted to grey as 0.299 R + 0.587 G + 0.114 B. Of several channels one is
chosen by --channel. Each plane of a stack is normalised and predicted on its
own. Memory does not depend on the size of the image (with --watershed it grows
with the largest clump of cells).

Networks work best at the scale of their training images: pixel sizes that
differ by more than 1.5 times are reported. --rescale resamples each plane to
the pixel size of the training images, predicts it, and brings the probability
back to the image's own size; --min-area and --watershed then count pixels of
the resampled plane. --pixel-size is for images that do not state theirs. For a
shipped network it is also reported where an image differs from the training
images in bit depth, in whether cells are brighter than the background, and in
how much of the image they cover. A network that was trained on cells of one
size brings each image to it: by --diameter, or by the size of the cells that a
first prediction of the first plane finds.
"""
FINETUNE = """\
Train a network further on a few labelled images of your own, in minutes on a
processor, and write the result to FILE.pt, which `predict` takes as MODEL.

FOLDER holds images/ and labels/ with files of the same names (TIFF or PNG);
labels are instance images, 0 = background, or masks with --masks. Subfolders
are kept together. The last quarter of the labelled images trains nothing: the
network before and after is scored on it (means of Dice, SEG and mAP), which
says whether it helped. --held-out 0 trains on all and scores nothing. The
recipe is the one that the network was trained by, with a smaller step size,
and the last weights are kept. --compare says what as many steps reach without
the network, from random weights. The file also holds threshold, minimum area
and the other settings of prediction, and is written when all is done.
"""
COMPARE = """\
Train our networks and other tools (StarDist, Cellpose, nnU-Net, MONAI's
U-Net, Otsu and watershed) on your own labelled images, each for about
--seconds, and score them on images that none of them has seen:
results/NAME/tables/league.md and results/NAME/report.html. Type it in the
folder of unetlib. FILE.yaml says where your images are (docs/own-data.md, 1),
for example
  datasets:
    my-cells: {folder: path/to/my-cells}
and may state anything else that a study states. NAME is the name of the file.
How many updates our networks make in that time on this machine is measured
once. The tools are installed first, each in an environment of its own (.tools).
With the defaults it takes hours; the same command goes on where it stopped.
"""
MODELS = """\
List the networks that ship with unetlib: which images they are for, the pixel
size of their training images, and their score on images that did not train
them, with its 95 % interval. With a NAME, show its card: data, licence, limits.
"""
MEASURE = """\
Write a table with one row per cell: file, page, frame, z, label; area,
centroid, axes of the ellipse with the same moments, perimeter, eccentricity,
solidity, whether it touches the border; the same in micrometres if the pixel
size is known; mean, standard deviation, minimum, maximum and sum of the
intensity image if one is given.

Everything counts from 0: pages, frames, z planes, rows and columns (from the
centre of the first pixel). frame and label of a mask of `track` are those of
its tables: the frame is the number of the mask, the label the track.

LABELS may be the folder of `predict` (its NAME_labels.tif are taken) or of
`track`. A label file that fails is listed at the end, with exit code 1, and is
missing from the table. An existing table is replaced only with --overwrite.
"""
TRACK = """\
Link the cells of a label stack (or of files that are its frames, in the order
of the numbers in their names) through time, divisions included, and write into
DIR, which must be empty or hold only an earlier result; a result that was
changed since is replaced only with --overwrite:
  res_track.txt    label, first and last frame (from 0), parent (0 = none): the
                   Cell Tracking Challenge's format
  mask000.tif, …   the labels of each frame, the same number for the same cell
  tracks.csv       per cell: frames (from 0), distance moved, displacement,
                   speed
LABELS may be the folder of `predict`: its NAME_labels.tif are taken.
"""
EXPORT = """\
Write the network for programs without PyTorch, after a check that its
probabilities differ from PyTorch's by at most 1e-4:
  onnx        normalised images in, foreground probability out; all else that a
              user must know is in its metadata
  bioimageio  a package of the BioImage Model Zoo (description 0.5, zip): the
              graph, its pre- and postprocessing, test tensors, provenance;
              bioimageio.core has tested it
Needs onnx, onnxruntime and, for a package, bioimageio.core:
pip install '.[export]' in the folder of unetlib.
"""
INFO = """\
Show a model's training data, settings and score: from the file itself, and
from prediction.json, facts.json and the scores of its run if they are still
beside it.
"""
DESCRIPTION = """\
Apply a trained network to your own images, and measure the result.
"""
