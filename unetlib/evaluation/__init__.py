"""Scores of an image and of a test set, challenge metrics, statistics, and the tables made from them.

- ablation: What a change is worth: paired differences to the reference with interval, test, and size of the effect.
- baselines: Trivial predictors that every table prints beside the networks.
- bootstrap: How far a mean score can be trusted: a hierarchical bootstrap over clusters or images, crossed with
  seeds.
- contingency: The overlap table of two label images, from which all instance scores are computed.
- ctc_metrics: SEG and DET as the Cell Tracking Challenge counts them: border of the field of interest, no unknown
  pixels.
- image_metrics: Scores of one image, all from one contingency table of truth × prediction.
- isbi_metrics: V_rand and V_info after border thinning, at the best of several thresholds (ISBI-2012; Arganda-
  Carreras et al. 2015).
- long_table: The long table of a study, one row per score of an image: its columns, its rows, and how its images are
  averaged.
- pitfalls: What a mistake seems to be worth: two experiments on the images that both were tested on, over all
  folds.
- run_facts: What each training of a study cost, from the facts of its runs.
- score_predictions: Score what predicted a test set: a network's probabilities, an external tool's label images,
  trivial masks.
- settings: Settings of scoring: what of a test image counts, and which pairs of experiments measure a pitfall.
- significance: Is a paired difference more than chance: a sign-flip test, Holm's correction, a rank effect size.
- tables: Tables of a study from its long table of scores: who scored what, and what travels.
- test_set: A test set scored as a whole: scores of each image, some of which look at all of them (DET, the best
  threshold).

For other packages: score_image; score_test_set, Truth, Prediction; trivial_masks; comparison, transfer, ablation,
pitfalls, cost_table.
"""
