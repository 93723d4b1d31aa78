"""Speed compared with other libraries, in one run and on the same inputs: `make bench` or `python -m benchmarks`.

Subjects, each with a function `rows` that yields numbers:

- weight_maps: The loss's weight map against its naive definition and against one distance transform.
- augmentation: One augmented image, mask and weight map against SciPy, albumentations, MONAI and torchio.
- metrics: All scores of one image against py-ctcmetrics and scikit-image.
- training: A training step against a plain PyTorch loop and against the U-Nets of MONAI and smp.
- inference: Prediction of a whole image against MONAI and against a loop over tiles.
- time_to_accuracy: Seconds from the archive to the score on ISBI-2012.
- planning: Snakemake's overhead: planning time per study and per job.
- scaling: Growth of time and memory with pixels, cells, images and jobs.
- gpu: Images per second on a GPU.

Shared modules:

- augmentation_peers: The augmentations of albumentations, MONAI and torchio.
- inputs: Synthetic label images and pictures of a given size, from a seed.
- machine: Hardware, versions and the rates of a large matrix product and a large copy.
- memory: Peak memory of a call.
- old_intervals: The rules for intervals and p-values before December 2026, for comparison with the new ones.
- simulated_studies: Simulated studies of known effect, with the crossed and nested design of real ones.
- subprocess_contender: A contender that runs in its own process.
- summary: The tables of docs/benchmarks.md and the sentence in README, from results.json.
- table: Rows of results with spread, aim and correctness check, written as Markdown and JSON.
- timing: Interleaved repeats, medians and quartiles; number of threads.
- workflow_copy: Snakemake in a copy of the project.

Separate programs:

- decisions: How often a finished study's design decides, and how often it is right, from simulated studies.
- interval_coverage: Coverage of the confidence intervals and power of the tests, from simulated studies.
- overhead: Time of a finished study by cause.
- fine_tuning: Scores of a shipped network against the number of labelled images that train it further.
- instance_settings: Threshold, watershed depth and minimum area chosen together on validation frames.
- learning: Validation scores of recipes against processor seconds of training.
- prediction_seconds: Processor seconds that a finished study's networks need for their test images.
"""
