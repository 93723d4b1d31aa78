"""Arrays only: grey values, label images, weight maps, instances. No files, no torch.

- binning: Binning: k × k pixels averaged into one before a network sees them, and its probability brought back to
  full size.
- instances: From a foreground probability to instances: connected components as the paper, or cut at their necks.
- instance_check: Is it an instance image? Asked of the structure of the labels, wherever label images come in.
- labels: Instance labels: 2-D integer arrays, 0 = background, every other value one instance.
- normalisation: The normalisation of its grey values that makes an image what every network sees.
- weight_maps: Weight maps of the loss (FACTS: Ronneberger 2015, equation 2, and the authors' later Fiji plugin).

For other packages: normalise, statistics; bin_image, upsample; separate_touching, relabel; weight_map;
instances_from_probability, split_touching.
"""
