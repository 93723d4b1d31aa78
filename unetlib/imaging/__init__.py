"""Arrays only: grey values, label images, weight maps, instances. No files, no torch.

- binning: Binning: k × k pixels averaged into one before a network sees them, and its probability brought back to
  full size.
- instances: Instances from a foreground probability: connected components as in the paper, or split by watershed.
- labels: Instance labels: 2-D integer arrays, 0 = background, every other value one instance.
- normalisation: Normalisation of the grey values of each image, applied to the input of every network.
- weight_maps: Weight maps of the loss (ronneberger2015, equation 2, and the authors' later Fiji plugin, falk2019).

For other packages: normalise, statistics; bin_image, upsample; separate_touching, relabel; weight_map;
instances_from_probability, split_touching.
"""
