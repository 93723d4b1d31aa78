"""Augmented variants, the cache, batches, losses, the training loop, and what selects a network.

- augmentation: Augmentation as pure functions of batches: random fields, one resample, grey values. Torch, on any
  device.
- batches: Training batches from caches, as a pure function of the seed and the update: tiles are cut, normalised and
  turned.
- cache: Write and repair the augmented cache: warped copies of each training frame with their masks and weight maps.
- cached_variants: The variants of training frames as they stand in a cache: three arrays per frame, or four, and an
  index of them.
- crops: Where training tiles are cut: of which variant, and where in it, as a function of the seed and the update.
- loop: Training: updates, validation, early stopping, and checkpoints from which a killed run ends in the same bits.
- losses: Losses of the U-Net literature for two classes: logits, a binary target and a weight map in, a scalar out.
- objective: What a training is given and what it returns: batches, loss and validation; its evaluations.
- optimisers: The optimiser of a training, from torch.optim.
- provenance: Facts of a run: settings, versions of packages, peak memory; written as facts.json.
- run: Train the networks of one training set, which differ by their seed, and write what each run leaves behind.
- schedule: The learning rate over a training.
- settings: Settings of a training: augmentation, loss, batches, optimiser, and what selects a network.
- validation: What selects a network: scores of whole validation images, by overlap-tile, without augmentation.
- variants: Augmented variants of a training frame: warped images with their masks and weight maps.

For other packages: train_networks; write_cache, repair; read_cache; Batches; LOSSES; RunSettings, train;
Validation; write_facts.
"""
