"""Read and write files: whole or absent, archives, downloads, image formats, predicted probabilities.

- archives: Archives read in memory: hostile until proven otherwise, and never unpacked to disk.
- calibration: How large a pixel is and how far apart frames are: read from TIFF tags as microscopes and Fiji write
  them.
- download: One file from one source: a copy, or an http(s) download that survives cuts and lying servers.
- fetch: Downloads that are verified or absent: mirrors first, resumed after a cut, checked by SHA-256, renamed whole.
- files: Files and folders that are whole or absent: a temporary sibling is written, flushed and renamed.
- hidden_files: Names of files that nobody means by a folder: hidden, temporary, and those of Windows and macOS.
- image_files: Which image files are meant by the paths that a user gives: folders listed, each file once, the rest
  named.
- images: Image files as they come: TIFF and PNG bytes to arrays, colour to grey.
- interruption: SIGTERM and SIGHUP end a program as Ctrl-C does: by an exception, so that what it was writing is cleared
  away.
- outputs: What may be written where: the one place that decides which file or folder an output may take the place of.
- pairing: Which file goes with which, and in which order: by name, numbers as numbers, whatever order a shell lists
  them in.
- predictions: Predicted probabilities of many images in one file: npz of uint8, small enough to keep for every
  network.
- replacement: New files in the place of old ones: written under a temporary name, flushed, and moved in together or not
  at all.
- stack_writer: TIFF files that Fiji and napari open with their scale, written plane by plane through a memory map.
- stacks: A user's image file, plane by plane: TIFF stacks mapped into memory where their layout allows it, and PNG.

For other packages: atomic_path, atomic_folder, read_csv, write_csv, read_json, write_json, sha256_of; open_archive;
fetch; decode; find_images; open_stack, create_stack; Predictions, save_predictions.
"""
