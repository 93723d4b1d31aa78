"""A study's configuration as typed settings: its experiments and runs, where its files stand, and its checks.

- code_fingerprint: Fingerprint the code that a script's results depend on, without comments, docstrings and layout.
- config_checks: Check a study's configuration beyond its types: names are defined, folds exist, tiles fit.
- config_errors: Read a study's configuration; an error is one line that names file, key, value and remedy.
- experiments: Resolve what each experiment does: the study's sections, overridden by what the experiment states.
- external_inputs: Inputs of an external tool's label images: its environment, the files of its command, or its folder.
- external_scores: Score external tools and record their failures: a tool that fails does not stop the rest of the
  study.
- external_tools: Label images of another tool: run its command on a folder of images and find its files by name.
- facts: What scripts need to know about a whole study: names and their order, splits, and whose networks are used.
- layout: Paths of a study's files under resources/, results/ and logs/, for the rules and the scripts.
- overlays: Protect a study's results from overlays that change them without giving the study a name of its own.
- mistakes: Deliberate mistakes: the only list of settings that are wrong, and the experiments that may make them.
- names: Check that the names in a configuration are defined.
- own_league: A league on somebody's own images: what a file that names a folder leaves out, so that Snakemake can run
  it.
- progress: Progress of a study in lines for the terminal: networks trained, runs scored, results flagged by the checks.
- protocol_checks: Check the protocols of a configuration beyond their types: names are defined, datasets take part in
  the study.
- protocols: Protocols: experiments that lead from what a document did to what we do, one flaw at a time.
- questions: What question an experiment answers: that of what it changes against the reference.
- renamed: Refuse names of earlier versions, with the name that each has today.
- result_checks: Sanity checks of a study's results: complete coverage, disjoint roles, better than trivial baselines.
- runs: A run of a study: one network, identified by experiment, training dataset, fold and seed.
- settings: A study's configuration as typed settings: every section, every experiment, every external tool.
- shared_across: Find images that two datasets of a study share: what trained a network must not test it in another
  dataset.
- shared_settings: What several experiments share: the settings of splits and caches by key, and the files of all
  splits.
- shared_trainings: Decide whose networks each experiment uses, so that no network is trained twice.
- sources: Sources of a study's datasets: a downloaded archive, synthetic microscopy, or a folder.
- stated_settings: Settings of an experiment by dotted name, such as validation.images: stated ones and effective ones.
- sweeps: Sweeps of a study: the number of training images, or the size of the network.
- tool_checks: Check the tools and external tools of a study: their names and commands.
- tracked_runs: Select the experiments and datasets whose cells are tracked through whole test sequences.

For other packages: read_study; StudySettings, StudyFacts; run_settings and its like; run_of; Layout; check_results.
"""
