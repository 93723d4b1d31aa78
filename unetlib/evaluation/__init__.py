"""Scores of an image and of a test set, challenge metrics, statistics, and the tables made from them.

- ablation: Ablation: paired differences to the reference, each with an interval, a test and an effect size.
- aggregation: From rows of scores to one line per cell of a table: the mean over runs, its spread, its 95 % interval,
  its counts.
- baselines: Trivial predictors that every table lists beside the networks.
- contingency: The overlap table of two label images, from which all instance scores are computed.
- ctc_metrics: SEG and DET as the Cell Tracking Challenge counts them: border of the field of interest, no unknown
  pixels.
- contrasts: The paired difference of any two arms of a study, from the scores of every image.
- curves: Shape of learning curves: how rough a validation curve is and how soon it rises, as rows of a long table.
- decision: When a comparison is decided: the one definition for claims, ablation and report, and the runs that would
  decide it.
- image_metrics: Scores of one image, all from one contingency table of truth × prediction.
- intervals: A confidence interval of a mean whose variance has several parts, its p-values, and the units that it
  stands for.
- isbi_metrics: Scores of ISBI-2012 at the best of several thresholds: V_rand and V_info after border thinning, two
  older errors.
- long_table: The long table of a study, one row per score of an image: its columns, its rows, and how its images are
  averaged.
- mean_scores: Confidence intervals of mean scores and of paired differences, from networks and test units that are
  crossed.
- pitfalls: Pitfalls: the bias of a flawed experiment against its control, on the images that both were tested on.
- pooled_metrics: Metrics of all pixels of a run's test images together, from the rows that a table of scores has of
  each image.
- power: Statistical power: what spreads the scores of a study, and how many networks would find an effect of a given
  size.
- run_facts: Training costs and training frames of a study, from the facts.json of its runs.
- score_predictions: Score what predicted a test set: a network's probabilities, an external tool's label images,
  trivial masks.
- score_grids: The scores of a study's arms as arrays, by metric and test dataset, so that any two arms can be paired.
- serial_correlation: Serial correlation of the scores of one film: estimated over all arms of a study, and what it does
  to a mean.
- settings: Settings of scoring: what of a test image counts, which pairs of experiments measure a pitfall, and
  protocols.
- significance: Significance of paired differences: a sign-flip test, Holm's correction, a rank effect size.
- silver_truth: How good silver truth is: scored against the gold truth of the frames that have both.
- spread: What all arms of a test dataset say together of the spread of a metric, and the intervals that follow from it.
- tables: Tables of a study from its long table of scores: comparison of experiments, and transfer between datasets.
- test_set: Scores of the images of a test set, some of which depend on all of them (DET, the best threshold).
- variance_prior: A moderated variance: what all arms of a study say together of how much a retrained network differs
  from another.
- waterfall: Waterfalls: from what a document did to what we do, one flaw at a time, and what each flaw was worth.

For other packages: score_image; score_test_set, Truth, Prediction; trivial_masks; comparison, transfer, ablation,
pitfalls, cost_table.
"""
