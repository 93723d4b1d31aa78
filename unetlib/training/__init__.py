"""Augmented variants, the cache, batches, losses, the training loop, and what selects a network.

- augmentation: Augmentation as pure functions of batches: random fields, one resample, grey values. Torch, on any
  device.
- batches: Training batches from caches, as a pure function of the seed and the update: tiles are cut, normalised and
  turned.
- cache: Write and repair the augmented cache: warped copies of each training frame with their masks and weight maps.
- cached_variants: Read and write the variants of training frames in a cache: three or four arrays per frame, and an
  index.
- crops: Draw the crops of training tiles, their variant and position, as a function of the seed and the update.
- fine_tuning: Train a network further on a few labelled images of a person's own, and score it on some that did not
  train it.
- fitted_instances: How probabilities become cells, fitted to labelled images that train a network: smallest cell,
  watershed depth.
- held_out: Labelled images that train nothing and judge a network: which they are, and its mean scores on them.
- loop: Training: updates, validation, early stopping, and checkpoints from which a killed run ends in the same bits.
- losses: Losses of the U-Net literature for two classes: logits, a binary target and a weight map in, a scalar out.
- objective: Inputs and results of a training: batches, loss and validation; its evaluations.
- optimisers: The optimiser of a training, from torch.optim.
- provenance: Facts of a run: settings, versions of packages, peak memory; written as facts.json.
- run: Train the networks of one training set, which differ by their seed, and write the files of each run.
- schedule: The learning rate over a training.
- seen_images: What a network is trained on of a frame: image, truth and the scale of lengths, binned or at a common
  object size.
- settings: Settings of a training: augmentation, loss, batches, optimiser, and the selection of a network.
- speed: How fast this machine trains: updates per second of the processor or, on a GPU, of the wall.
- starting_weights: The weights that a training starts from: random ones, or those of a network that was trained before.
- validation: Select a network by its scores on whole validation images, predicted by overlap-tile without augmentation.
- variants: Augmented variants of a training frame: warped images with their masks and weight maps.

For other packages: train_networks; updates_per_second; fine_tune; write_cache, repair; read_cache; Batches; LOSSES;
RunSettings, train; Validation; write_facts.
"""
