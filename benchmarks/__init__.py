"""Speed compared with other libraries, in one run and on the same inputs: `make bench` or `python -m benchmarks`.

Subjects, each with a function `rows` that yields numbers:

- weight_maps: Weight maps of the loss against the definition and against one distance transform.
- augmentation: One augmented image, mask and weight map against SciPy, albumentations, MONAI and torchio.
- metrics: All scores of one image against py-ctcmetrics and scikit-image.
- training: A training step against a plain PyTorch loop and against the U-Nets of MONAI and smp.
- inference: Prediction of a whole image against MONAI and against a loop over tiles.
- time_to_accuracy: Seconds from the archive to the score for ISBI-2012.
- planning: What Snakemake costs per job.
- scaling: How time and memory grow with pixels, cells, images and jobs.
- gpu: Images per second on a GPU.

What they share:

- augmentation_peers: The augmentations of albumentations, MONAI and torchio.
- inputs: Label images and pictures of given size, from a seed.
- machine: Hardware, versions and the rates of a large product and a large copy.
- memory: Peak memory of a call.
- old_intervals: The rules for intervals and p-values before December 2026, to compare the new ones with.
- simulated_studies: Simulated studies of known effect, crossed and nested as ours are.
- subprocess_contender: A contender that runs in a process of its own.
- summary: The tables of docs/benchmarks.md and the sentence in README, from results.json.
- table: Rows of numbers, with spread, aim and what was checked; as Markdown and JSON.
- timing: Interleaved repeats, medians and quartiles; number of threads.
- workflow_copy: Snakemake in a copy of the project.

Programs of their own:

- interval_coverage: How often the confidence intervals contain the true value.
- overhead: Where the time of a finished study went.
- learning: Validation scores of recipes against processor seconds of training.
"""
