"""Arrays only: grey values, label images, weight maps, instances. No files, no torch.

- binning: Binning: k × k pixels averaged into one before a network sees them, and its probability brought back to
  full size.
- instances: Instances from a foreground probability: connected components as in the paper, or split by watershed.
- instance_check: Is it an instance image? Asked of the structure of the labels, wherever label images come in.
- labels: Instance labels: 2-D integer arrays, 0 = background, every other value one instance.
- normalisation: Normalisation of the grey values of each image, applied to the input of every network.
- percentiles: Exact percentiles of a plane that is read strip by strip.
- planes: Planes that are read in parts, so that memory does not grow with them: arrays, memory maps, binned planes.
- resampling: Resampling: a plane brought to another number of rows and columns, strip by strip.
- settings: Settings of what is done to arrays: normalisation, weight maps, instances.
- watershed: Split touching cells of a mask by watershed on the distance transform.
- weight_maps: Weight maps of the loss (ronneberger2015, equation 2, and the authors' later Fiji plugin, falk2019).

For other packages: normalise, statistics; bin_image, upsample; separate_touching, relabel; weight_map;
instances_from_probability, label_plane; Readable, BinnedPlane, NormalisedPlane, strips,
resample.
"""
