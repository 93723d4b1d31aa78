"""A study's configuration: its runs, settings, paths and checks.

- code_fingerprint: Fingerprints of code: what a script's results depend on, blind to comments, docstrings and layout.
- config_checks: What a study's configuration must be beyond its schema: names that are defined, folds that exist,
  tiles that fit.
- experiments: What each experiment of a study does: the config's sections with the experiment's differences laid over
  them.
- external_tools: Label images that another tool makes: its command run on a folder of images, its files found by
  name.
- result_checks: Whether a study's results can be right: every image scored, no frame in two roles, better than doing
  nothing.
- runs: The runs of a study: one trained network each, known by experiment, training dataset, fold and seed.
- settings: A study's configuration as typed settings: every section, every experiment, every external tool.
- tracked_runs: The films of a study: which networks follow the cells of which datasets through time.

For other packages: Run, runs, progress; experiment_settings; check_study; code_of; run_command.
"""
