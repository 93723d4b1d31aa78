"""Arrays only: grey values, label images, weight maps, instances. No files, no torch.

- appearance: What an image looks like in a few numbers, so that images can be compared with those that trained a
  network.
- binning: Binning: average k × k pixels into one before the network, and upsample its probability to full size
  afterwards.
- distance_targets: Distances within each cell, which a network is taught beside the foreground to tell cells apart
  (scherr2020).
- instances: Instances from a foreground probability: connected components as in the paper, or split by watershed.
- instance_check: Tell instance labels from masks and class maps by their structure, wherever label images are read.
- labels: Instance labels: 2-D integer arrays in which 0 is background and every other value is one instance.
- normalisation: Normalise the grey values of each image, as the input of every network.
- object_size: The size of the objects in an image, and images brought to a size at which their objects have a given
  one.
- outlines: A picture of an image with the outline of every object, by which a person sees at once whether they are
  right.
- percentiles: Exact percentiles of a plane that is read in strips.
- planes: Planes that are read in parts, so that memory does not grow with their size: arrays, memory maps, binned
  planes.
- resampling: Resample a plane to another number of rows and columns, in strips.
- seeds: Split components where a network has found the middles of several cells, by a watershed from these seeds.
- settings: Settings of normalisation, weight maps and instances.
- watershed: Split touching cells of a mask by watershed on the distance transform.
- weight_maps: Weight maps of the loss: ronneberger2015, equation 2, and the authors' later Fiji plugin, falk2019.

For other packages: normalise, statistics; bin_image, upsample; separate_touching, relabel; weight_map;
instances_from_probability, label_plane, foreground_plane; distance_targets; Readable, BinnedPlane, NormalisedPlane,
strips, resample.
"""
