"""Architectures, a trained network on disk, and what it predicts.

- attention_unet: Attention U-Net (Oktay et al. 2018, arXiv 1804.03999): gates weigh what the skip connections pass
  on.
- blocks: What the networks are built of: double convolutions, upsampling, the cropped skip, and what each must be
  given.
- blockwise: Large planes in strips of rows, so that memory does not grow with them: grey-value statistics and
  instances.
- build: The architectures a study may choose: the U-Net, and two of its heirs that are padded only, under the same
  settings.
- description: What a model file is, in words: what it was trained on, how, and with what score.
- device: The machine that a network runs on: its arithmetic, threads and memory.
- predict: Foreground probability of a whole image: by overlapping tiles with mirrored borders (paper, figure 2), as
  one resized
- predict_files: A trained network on a user's own images: which files and settings, and the three files per image
  that come out.
- predict_large: The probability of a plane of any size, tile by tile from where it lies: memory is that of a tile.
- settings: Settings of a network: its architecture, and how it predicts.
- symmetries: The eight symmetries of the square: turns and mirror images of arrays, their inverses, and planes read
  turned.
- tiling: Overlap-tile geometry in integers (Ronneberger 2015, figure 2): sizes, mirrored borders, tile plans.
- trained_network: A trained network as one file that is usable alone, and the facts of the run that made it.
- unet: The U-Net of Ronneberger et al. 2015 (arXiv 1505.04597) and, by arguments, its literature's variants.
- unet_plus_plus: U-Net++ (Zhou et al. 2018, arXiv 1807.10165): nested, dense skip connections.
- export/: A trained network for other programs: ONNX and bioimage.io.

For other packages: build; TrainedNetwork, load_network, save_model; predict, predict_large, predict_files; plan;
dihedral; export.exporter.export.
"""
