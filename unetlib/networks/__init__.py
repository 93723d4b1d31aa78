"""Architectures, a trained network on disk, and what it predicts.

- attention_unet: Attention U-Net (Oktay et al. 2018, arXiv 1804.03999): gates scale the features of skip connections.
- blocks: Building blocks of networks: double convolutions, upsampling, cropped skips.
- build: The architectures that a study may choose: the U-Net, and two successors that exist only padded.
- description: Describe a model file in words: its training data, settings and score.
- device: The machine that a network runs on: its arithmetic, threads and memory.
- first_pass: The size of the objects in a user's image, from a first prediction of its first plane.
- group_norm: Group and instance normalisation, with a backward pass that is as fast as batch normalisation's on a CPU.
- image_scale: Compare the scale of an image with that of the training images; note differences, or rescale the image.
- object_scale: Predict an image at the size at which its objects are as large as those that the network was trained on.
- old_settings: Translate settings recorded by earlier versions to today's names, so that their model files load.
- predict: Predict the foreground probability of a plane: by overlapping tiles with mirrored borders (paper, figure 2),
  as one
- predict_files: Predict a user's own images and write the result files of each.
- predict_page: Predict one plane of a user's image: resample and bin it if needed, and bring the result back to full
  size.
- predict_images: Predict the images of datasets with a study's networks.
- prediction_options: Prediction settings of the command line: those of the model's study, unless the user overrides
  them.
- run_record: The record of a training, stored in model.pt and, with more facts, as facts.json.
- settings: Settings of a network: its architecture, and how it predicts.
- symmetries: The eight symmetries of the square: turned and mirrored arrays, their inverses, and turned views of
  planes.
- tiling: Overlap-tile geometry in integers (Ronneberger 2015, figure 2): sizes, mirrored borders, tile plans.
- trained_network: Write and load a trained network as one self-contained file.
- unet: The U-Net of Ronneberger et al. 2015 (arXiv 1505.04597) and, through its settings, variants from the literature.
- unet_plus_plus: U-Net++ (Zhou et al. 2018, arXiv 1807.10165): nested, dense skip connections.
- export/: A trained network for other programs: ONNX and bioimage.io.

For other packages: build; TrainedNetwork, load_network, save_model; RunFacts, read_facts; Tiling, predict,
predict_images, predict_files; plan; dihedral; export.exporter.export.
"""
