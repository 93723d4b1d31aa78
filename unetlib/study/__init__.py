"""A study's configuration as typed settings: its experiments and runs, where its files stand, and its checks.

- code_fingerprint: Fingerprints of code: what a script's results depend on, blind to comments, docstrings and layout.
- config_checks: What a study's configuration must be beyond its types: names that are defined, folds that exist, tiles
  that fit.
- config_errors: Read a study's configuration; an error is one line that names the file, the key, the value and what to
  do.
- experiments: What each experiment of a study does: the study's sections with the experiment's differences laid over
  them.
- external_inputs: What the label images of an external tool are made from: its environment, the files of its command,
  its folder.
- external_scores: Scores of external tools, and what of them failed: a tool that fails takes no other result with it.
- external_tools: Label images that another tool makes: its command run on a folder of images, its files found by name.
- facts: What the scripts over a whole study need to know of its configuration: names, order, splits, and whose
  networks.
- layout: Where the files of a study stand under resources/, results/ and logs/: for the rules and for the scripts.
- overlays: Which configuration files make a study's results: an overlay without a study name of its own replaces no
  others'.
- mistakes: Deliberate mistakes: the one list of settings that are wrong, and the experiments that may make them.
- names: Names in a configuration, each of which must be defined.
- progress: How far a study is, in lines for the terminal: networks trained, runs scored, what the checks flagged.
- protocol_checks: What the protocols of a configuration must be beyond their types: names that are defined, datasets of
  the study.
- protocols: Protocols: experiments that go from what a document did to what we do, one flaw at a time.
- renamed: Names of an earlier version, with the name that each has today, which a study that still uses one is told.
- result_checks: Sanity checks of a study's results: complete coverage, disjoint roles, better than trivial baselines.
- runs: A run of a study: one network, known by experiment, training dataset, fold and seed.
- settings: A study's configuration as typed settings: every section, every experiment, every external tool.
- shared_across: Images that two datasets of a study share: one that trained a network is no test of it in the other
  dataset.
- shared_settings: What several experiments share: the settings of splits and caches by key, and the files of
  all splits.
- shared_trainings: Whose networks each experiment uses: no network is trained twice.
- sources: Where the datasets of a study come from: an archive that is downloaded, synthetic microscopy, or a folder.
- stated_settings: The settings of an experiment by their dotted names, such as validation.images: what it states, and
  what it does.
- sweeps: What a study varies in steps: the number of training images, or the size of the network.
- tracked_runs: Which experiments and datasets of a study are tracked: their cells are linked through whole test
  sequences.

For other packages: read_study; StudySettings, StudyFacts; run_settings and its like; run_of; Layout; check_results.
"""
