"""Read and write files: whole or absent, archives, downloads, image formats, predicted probabilities.

- archives: Archives read in memory: hostile until proven otherwise, and never unpacked to disk.
- axes: What the axes of an image file mean: which of them count planes, in which order, and which have to be chosen
  from.
- calibration: How large a pixel is and how far apart frames are: read from TIFF tags as microscopes and Fiji write
  them.
- download: One file from one source: a copy, or an http(s) download that survives cuts and lying servers.
- fetch: Downloads that are verified or absent: mirrors first, resumed after a cut, checked by SHA-256, renamed whole.
- files: Files and folders that are whole or absent: a temporary sibling is written, flushed and renamed.
- folders: The files of a folder and of all folders in it, links followed.
- hidden_files: Names of files that nobody means by a folder: hidden, temporary, and those of Windows, macOS and file
  servers.
- image_files: Which image files are meant by the paths that a user gives: folders listed, each file once, the rest
  named.
- images: Image files as they come: the bytes of a TIFF or PNG to grey values or labels, within limits.
- interruption: SIGTERM and SIGHUP end a program as Ctrl-C does: by an exception, so that what it was writing is cleared
  away.
- outputs: What may be written where: the one place that decides which file or folder an output may take the place of.
- pairing: Which file goes with which, and in which order: by name, numbers as numbers, whatever order a shell lists
  them in.
- png: PNG files: the values as they are stored, whatever table of colours or transparency a viewer would apply.
- predictions: Predicted probabilities of many images in one file: npz of uint8, small enough to keep for every network.
- replacement: New files in the place of old ones: written under a temporary name, flushed, and moved in together or not
  at all.
- samples: What the numbers of one pixel mean: grey values, colour, alpha, channels, a table of colours, ink or light.
- settings: The base of all settings: frozen, closed, with their ranges, and read with errors in one line.
- stack_writer: TIFF files that Fiji and napari open with their scale, written plane by plane through a memory map.
- stacks: A user's image file, plane by plane: TIFF stacks mapped into memory where their layout allows it, and PNG.
- tiff: How a TIFF file holds its planes: the pages of its one picture, in which order, and what their samples mean.
- units: Units of length and time, by the names that microscopes and Fiji write.
- wording: Numbers, sizes and lists of names as people say them, for messages of one line.

For other packages: atomic_path, atomic_folder, read_csv, write_csv, read_json, write_json, sha256_of; open_archive;
fetch; decode_image; find_images; open_stack, create_stack; Predictions, save_predictions.
"""
