"""Scores of an image and of a test set, challenge metrics, statistics, and the tables made from them.

- ablation: Ablation: paired differences from the reference, each with an interval, a test and an effect size.
- aggregation: Aggregate rows of scores to one line per cell of a table: mean over runs, spread, 95 % interval and
  counts.
- baselines: Trivial predictors that every table lists beside the networks.
- contingency: The overlap table of two label images, from which all instance scores are computed.
- ctc_metrics: SEG and DET by the rules of the Cell Tracking Challenge: a border of the field of interest, no unknown
  pixels.
- contrasts: The paired difference of any two arms of a study, from the scores of every image.
- curves: Shape of learning curves: the roughness of a validation curve and its rise time, as rows of a long table.
- decision: Criteria for a decided comparison, shared by claims, ablation and report, and the design that would decide
  one.
- image_metrics: Scores of one image; all instance scores come from one contingency table of truth × prediction.
- intervals: Confidence interval of a mean whose variance has several components, its p-values, and the resampled units.
- isbi_metrics: Scores of ISBI-2012 at the best of several thresholds: V_rand and V_info after border thinning, two
  older errors.
- label_files: Read the label images of a tool for a whole test set, and tell poor predictions from masks.
- long_table: The long table of a study, with one row per score of an image: its columns, its rows, and the mean over
  images.
- mean_scores: Confidence intervals of mean scores and of paired differences, with networks and test units as crossed
  factors.
- pitfalls: Pitfalls: the bias of a flawed experiment against its control, on the images that both were tested on.
- pooled_metrics: Metrics pooled over all pixels of a run's test images, computed from the scores of the single images.
- power: Statistical power: the variance components of a study's scores, and the networks needed to find a given effect.
- run_facts: Training costs and training frames of a study, from the facts.json of its runs.
- score_predictions: Score the predictions for a test set: a network's probabilities, an external tool's label images,
  trivial masks.
- score_grids: The scores of a study's arms as arrays, by metric and test dataset, so that any two arms can be paired.
- serial_correlation: Serial correlation of the scores of one film, estimated over all arms of a study.
- settings: Settings of scoring: the scored part of a test image, the pairs of experiments that measure pitfalls,
  protocols.
- shape_metrics: Shape of predicted cells and certainty of a prediction; neither looks at the truth.
- significance: Significance of paired differences: a sign-flip test, Holm's correction, a rank effect size.
- silver_truth: Quality of silver truth: its scores against the gold truth of the frames that have both.
- spread: Spread of a metric, estimated jointly from all arms of a test dataset, and the intervals that follow from it.
- tables: Tables of a study from its long table of scores: comparison of experiments, and transfer between datasets.
- test_set: Scores of the images of a test set; some scores depend on all its images (DET, the best threshold).
- variance_prior: Moderated variance between retrained networks: each arm's estimate is shrunk towards that of all arms
  of a study.
- waterfall: Waterfalls: the steps from a document's protocol to ours, one flaw removed at a time, and the effect of
  each flaw.

For other packages: score_image; score_test_set, Truth, Prediction; trivial_masks; comparison, transfer, ablation,
pitfalls, cost_table.
"""
