"""Architectures, a trained network on disk, and what it predicts.

- attention_unet: Attention U-Net (Oktay et al. 2018, arXiv 1804.03999): gates weigh what the skip connections pass on.
- blocks: The blocks that networks are built of: double convolutions, upsampling, the cropped skip.
- build: The architectures a study may choose: the U-Net, and two of its successors that are padded only.
- description: Describe a model file in words: what it was trained on, how, and with what score.
- device: The machine that a network runs on: its arithmetic, threads and memory.
- group_norm: Group and instance normalisation, with a backward pass that is as fast as batch normalisation's on a CPU.
- image_scale: The scale of an image beside that of the training images: what a user is told, and how the image is
  brought to it.
- old_settings: Settings as earlier versions recorded them, translated to the names of today, so that their model files
  load.
- predict: What a network says of a plane, the foreground's probability above all: by overlapping tiles with mirrored
  borders
- predict_files: Predict a user's own images: which files are written for each image, and the three files themselves.
- predict_page: One plane of a user's image through a network: resampled and binned where that is wanted, and back to
  full size.
- predict_images: Predict the images of datasets with a study's networks.
- prediction_options: Decide how the command line predicts: as the model's study, unless the user wants something else.
- run_record: The record of a training: what made a network. It is stored in model.pt and, with more facts, as
  facts.json.
- settings: Settings of a network: its architecture, and how it predicts.
- symmetries: The eight symmetries of the square: turned and mirrored arrays, their inverses, and planes that are read
  turned.
- tiling: Overlap-tile geometry in integers (Ronneberger 2015, figure 2): sizes, mirrored borders, tile plans.
- trained_network: A trained network as one file that is usable alone.
- unet: The U-Net of Ronneberger et al. 2015 (arXiv 1505.04597) and, by its settings, its literature's variants.
- unet_plus_plus: U-Net++ (Zhou et al. 2018, arXiv 1807.10165): nested, dense skip connections.
- export/: A trained network for other programs: ONNX and bioimage.io.

For other packages: build; TrainedNetwork, load_network, save_model; RunFacts, read_facts; Tiling, predict,
predict_images, predict_files; plan; dihedral; export.exporter.export.
"""
