# Predict every test set, score it against the ground truth, and check the results.
# Networks that differ only by their seed share a job: importing torch takes as long as predicting a small test set.
# With pack_jobs, one job handles all experiments of a training set; jointly trained experiments have rules of their own.
# External tools make label images of the same test sets, which are scored alike.
from unetlib.study.external_inputs import command_fingerprints, environment_file
from unetlib.study.external_tools import failures_of

TOOLS = {name: STUDY.external_tools[name] for name in FACTS.external_tools}
LABELS = {(tool, name): content_of_labels(tool, name) for tool in TOOLS for name in DATASETS}
FAILURES = {  # failures so far: a failed tool is tried again
    (tool, name, str(fold)): failures_of(Path(LAYOUT.external_labels(tool, name, fold)))
    for tool in TOOLS
    for name in DATASETS
    for fold in FOLDS
}
FAILURE_LISTS = [LAYOUT.external_failures(tool, fold) for tool in TOOLS for fold in FOLDS]


rule predict:
    input:
        models=models_of,
        frames=FRAMES,
        splits=test_splits_of,
    output:
        of_seeds(LAYOUT.predictions(RUN), SEPARATE),
    log:
        LAYOUT.log("predict", PREDICTED),
    benchmark:
        LAYOUT.benchmark("predict", PREDICTED)
    conda:
        "../../envs/train.yaml"
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=60,
    params:
        compute=COMPUTE,
        inference=lambda w: as_json({name: inference_settings(STUDY, name) for name in experiments_of_job(w)}),
        tests=lambda w: as_json(tests_of(w)),
        code=code_of("predict.py"),
    shell:
        "python workflow/scripts/predict.py --models {input.models:q} --frames {input.frames:q}"
        " --splits {input.splits:q} --tests {params.tests:q} --inference {params.inference:q}"
        " --compute {params.compute:q} --outputs {output:q} > {log:q} 2>&1"


rule score:
    input:
        predictions=of_seeds(LAYOUT.predictions(RUN), SEPARATE),
        frames=FRAMES,
        splits=test_splits_of,
    output:
        of_seeds(LAYOUT.scores(RUN), SEPARATE),
    log:
        LAYOUT.log("score", PREDICTED),
    benchmark:
        LAYOUT.benchmark("score", PREDICTED)
    conda:
        "../../envs/data.yaml"
    threads: 1
    params:
        tests=lambda w: as_json(tests_of(w)),
        scoring=lambda w: as_json({name: network_scoring(STUDY, name) for name in experiments_of_job(w)}),
        datasets=as_json(SCORING),
        code=code_of("score.py"),
    shell:
        "python workflow/scripts/score.py --predictions {input.predictions:q} --frames {input.frames:q}"
        " --splits {input.splits:q} --tests {params.tests:q} --scoring {params.scoring:q}"
        " --datasets {params.datasets:q} --outputs {output:q} > {log:q} 2>&1"


if PACKED and JOINTLY:

    use rule predict as predict_joint with:
        input:
            models=models_of,
            frames=FRAMES,
            splits=test_splits_of,
        output:
            of_seeds(LAYOUT.predictions(RUN), JOINTLY),

    use rule score as score_joint with:
        input:
            predictions=of_seeds(LAYOUT.predictions(RUN), JOINTLY),
            frames=FRAMES,
            splits=test_splits_of,
        output:
            of_seeds(LAYOUT.scores(RUN), JOINTLY),


if PACKED and PARTIAL:  # experiments of only some datasets have a job each

    use rule predict as predict_partial with:
        output:
            expand(LAYOUT.predictions(RUN), seed=SEEDS, allow_missing=True),
        log:
            LAYOUT.log("predict", FOLD),
        benchmark:
            LAYOUT.benchmark("predict", FOLD)
        wildcard_constraints:
            experiment="|".join(PARTIAL),

    use rule score as score_partial with:
        input:
            predictions=expand(LAYOUT.predictions(RUN), seed=SEEDS, allow_missing=True),
            frames=FRAMES,
            splits=test_splits_of,
        output:
            expand(LAYOUT.scores(RUN), seed=SEEDS, allow_missing=True),
        log:
            LAYOUT.log("score", FOLD),
        benchmark:
            LAYOUT.benchmark("score", FOLD)
        wildcard_constraints:
            experiment="|".join(PARTIAL),


rule score_baselines:
    input:
        frames=FRAMES,
        splits=splits_of(DATASETS, FOLDS),
    output:
        baselines=LAYOUT.baselines,
        silver=LAYOUT.table("silver"),
    log:
        LAYOUT.log("score_baselines"),
    benchmark:
        LAYOUT.benchmark("score_baselines")
    conda:
        "../../envs/data.yaml"
    params:
        datasets=as_json(SCORING),
        code=code_of("score_baselines.py"),
    shell:
        "python workflow/scripts/score_baselines.py --frames {input.frames:q} --splits {input.splits:q}"
        " --datasets {params.datasets:q} --output {output.baselines:q} --silver {output.silver:q} > {log:q} 2>&1"


rule run_external:
    input:
        frames=LAYOUT.frames("{dataset}"),
        split=lambda w: splits_of([w.dataset], [w.fold]),
    output:
        LAYOUT.external_labels("{tool}", "{dataset}", "{fold}"),
    log:
        LAYOUT.log("run_external", "{tool}/{dataset}-fold{fold}"),
    benchmark:
        LAYOUT.benchmark("run_external", "{tool}/{dataset}-fold{fold}")
    conda:
        lambda w: environment_file(TOOLS[w.tool], Path(workflow.basedir))
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=120,
    params:
        command=lambda w: TOOLS[w.tool].command or "",
        folder=lambda w: TOOLS[w.tool].folder or "",
        pattern=lambda w: TOOLS[w.tool].pattern or "",
        tools=lambda w: command_fingerprints(TOOLS[w.tool]),
        labels=lambda w: LABELS[w.tool, w.dataset],
        failures=lambda w: FAILURES[w.tool, w.dataset, w.fold],
        code=code_of("run_external.py"),
    shell:
        "python workflow/scripts/run_external.py --command={params.command:q} --folder={params.folder:q}"
        " --pattern={params.pattern:q} --frames {input.frames:q} --split {input.split:q} --failures {params.failures}"
        " --output {output:q} > {log:q} 2>&1"


rule score_external:
    input:
        labels=expand(LAYOUT.external_labels("{tool}", "{dataset}", "{fold}"), dataset=DATASETS, allow_missing=True),
        frames=FRAMES,
        splits=lambda w: splits_of(DATASETS, [w.fold]),
    output:
        scores=LAYOUT.external_scores("{tool}", "{fold}"),
        failures=LAYOUT.external_failures("{tool}", "{fold}"),
    log:
        LAYOUT.log("score_external", "{tool}-fold{fold}"),
    benchmark:
        LAYOUT.benchmark("score_external", "{tool}-fold{fold}")
    conda:
        "../../envs/data.yaml"
    params:
        datasets=as_json(SCORING),
        masks=lambda w: as_json(TOOLS[w.tool].masks),
        code=code_of("score_external.py"),
    shell:
        "python workflow/scripts/score_external.py --labels {input.labels:q} --frames {input.frames:q}"
        " --splits {input.splits:q} --tool {wildcards.tool:q} --masks {params.masks} --datasets {params.datasets:q}"
        " --scores {output.scores:q} --failures {output.failures:q} > {log:q} 2>&1"


rule check_results:
    input:
        scores=[LAYOUT.scores(run.path) for run in FACTS.runs()],
        external=expand(LAYOUT.external_scores("{tool}", "{fold}"), tool=TOOLS, fold=FOLDS),
        tools=[LAYOUT.tool_scores(run.path) for run in FACTS.tool_runs()],
        failures=[*FAILURE_LISTS, *TOOL_FAILURES],
        facts=RUN_FACTS,
        baselines=LAYOUT.baselines,
        frames=FRAMES,
        splits=SPLITS,
    output:
        scores=LAYOUT.all_scores,
        checks=LAYOUT.checks,
    log:
        LAYOUT.log("check_results"),
    benchmark:
        LAYOUT.benchmark("check_results")
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        study=FACTS_JSON,
        code=code_of("check_results.py"),
    shell:
        "python workflow/scripts/check_results.py --study {params.study:q} --scores {output.scores:q}"
        " --checks {output.checks:q} > {log:q} 2>&1"
