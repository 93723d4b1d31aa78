"""Read and write files: complete or absent, archives, downloads, image formats, predicted probabilities.

- archives: Read archives in memory, without unpacking them to disk; they are treated as hostile until they are checked.
- axes: Interpret the axes of an image file: the order of its planes, and the axes on which one plane must be chosen.
- calibration: Pixel size and frame interval, read from TIFF and PNG as microscopes and Fiji write them.
- download: Get one file from one source: copy it, or download it over http(s), resuming after interruptions.
- fetch: Fetch an archive from mirrors or its URL: resumed after interruptions, checked by SHA-256, complete or absent.
- files: Write files and folders that are complete or absent: a temporary sibling is written, flushed and renamed.
- folders: List the files of a folder and its subfolders, following links.
- hidden_files: Recognise files that are not data: hidden and temporary files, and those of Windows, macOS and file
  servers.
- image_files: Find the image files at the paths that a user gives: folders are listed, each file is used once, the rest
  named.
- images: Decode the bytes of a TIFF or PNG file to grey values or labels, within limits of size.
- interruption: Turn SIGTERM and SIGHUP into exceptions, as Ctrl-C is, so that temporary files are removed.
- mapped_files: Memory-mapped files with reserved disk space: a write to a map on a full disk would end the program
  (SIGBUS).
- ome_times: The frame interval of an OME-TIFF: its TimeIncrement, or the times of its planes (DeltaT).
- outputs: Decide where an output may be written, and which existing files or folders it may replace.
- packed: Pack small files for good, the same bytes from the same bytes, and state the checksums of a folder.
- pairing: Pair label files with images and order frames by their names, in natural order, whatever order the shell
  gives.
- png: Read PNG files: the values as they are stored, without the palette or transparency that a viewer would apply.
- predictions: Store the predicted probabilities of many images in one npz of uint8, small enough to keep for every
  network.
- replacement: Replace files: write under a temporary name, flush, then move all new files into place or none.
- samples: Interpret the samples of a pixel: grey values, colour, alpha, channels, palette indices, ink or light.
- settings: The base class of all settings: immutable, no unknown keys, validated ranges, errors in one line.
- stack_writer: Write TIFF stacks plane by plane through a memory map, with their scale, for Fiji and napari.
- stacks: Read a user's image file plane by plane: PNG, and TIFF stacks, which are memory-mapped if their layout allows
  it.
- tiff: Interpret the layout of a TIFF file: the pages of its image, their order, and the meaning of their samples.
- units: Units of length and time, under the names that microscopes and Fiji write.
- wording: Format numbers, sizes and lists of names for one-line messages.

For other packages: atomic_path, atomic_folder, read_csv, write_csv, read_json, write_json, sha256_of; open_archive;
fetch; decode_image; find_images; open_stack, create_stack; Predictions, save_predictions.
"""
