"""Scores of an image and of a test set, challenge metrics, statistics, and the tables made from them.

- ablation: Ablation: paired differences to the reference, each with an interval, a test and an effect size.
- baselines: Trivial predictors that every table lists beside the networks.
- bootstrap: Confidence intervals of mean scores: a hierarchical bootstrap over clusters or images, crossed with seeds.
- contingency: The overlap table of two label images, from which all instance scores are computed.
- ctc_metrics: SEG and DET as the Cell Tracking Challenge counts them: border of the field of interest, no unknown
  pixels.
- curves: Shape of learning curves: how rough a validation curve is and how soon it rises, as rows of a long table.
- decision: When a comparison is decided: the one definition for claims, ablation and report, and the runs that would
  decide it.
- image_metrics: Scores of one image, all from one contingency table of truth × prediction.
- isbi_metrics: Scores of ISBI-2012 at the best of several thresholds: V_rand and V_info after border thinning, two
  older errors.
- long_table: The long table of a study, one row per score of an image: its columns, its rows, and how its images are
  averaged.
- pitfalls: Pitfalls: the bias of a flawed experiment against its control, on the images that both were tested on.
- pooled_metrics: Metrics of all pixels of a run's test images together, from the rows that a table of scores has of
  each image.
- run_facts: Training costs and training frames of a study, from the facts.json of its runs.
- score_predictions: Score what predicted a test set: a network's probabilities, an external tool's label images,
  trivial masks.
- settings: Settings of scoring: what of a test image counts, which pairs of experiments measure a pitfall, and
  protocols.
- significance: Significance of paired differences: a sign-flip test, Holm's correction, a rank effect size.
- silver_truth: How good silver truth is: scored against the gold truth of the frames that have both.
- tables: Tables of a study from its long table of scores: comparison of experiments, and transfer between datasets.
- test_set: Scores of the images of a test set, some of which depend on all of them (DET, the best threshold).
- waterfall: Waterfalls: from what a document did to what we do, one flaw at a time, and what each flaw was worth.

For other packages: score_image; score_test_set, Truth, Prediction; trivial_masks; comparison, transfer, ablation,
pitfalls, cost_table.
"""
