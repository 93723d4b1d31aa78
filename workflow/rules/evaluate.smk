# What the networks are worth: predict every test set, score against the truth, check that the results can be right.
# Networks that differ by their seed alone share a job: importing torch costs as much as predicting a small test set.
# Other tools' label images are made and scored beside them. Packed, all experiments of a training set do; those trained on all datasets have a rule of the same kind for it.


rule predict:
    input:
        models=models_of,
        frames=frames_of(DATASETS),
        splits=test_splits_of,
    output:
        of_seeds(f"{RESULTS}/predictions/{RUN}.npz", SEPARATE),
    log:
        f"{LOGS}/predict/{PREDICTED}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict/{PREDICTED}.tsv"
    conda:
        "../../envs/train.yaml"
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=60,
    params:
        compute=COMPUTE,
        inference=inference_for,
        tests=lambda w: as_json(tests_of(w)),
        code=code_of("predict.py"),
    shell:
        "python workflow/scripts/predict.py --models {input.models:q} --frames {input.frames:q}"
        " --splits {input.splits:q} --tests {params.tests:q} --inference {params.inference:q}"
        " --compute {params.compute:q} --outputs {output:q} > {log:q} 2>&1"


rule score:
    input:
        predictions=of_seeds(f"{RESULTS}/predictions/{RUN}.npz", SEPARATE),
        frames=frames_of(DATASETS),
        splits=test_splits_of,
    output:
        of_seeds(f"{RESULTS}/scores/{RUN}.csv", SEPARATE),
    log:
        f"{LOGS}/score/{PREDICTED}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score/{PREDICTED}.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    params:
        tests=lambda w: as_json(tests_of(w)),
        settings=lambda w: as_json(
            {"threshold": config["threshold"], "datasets": SCORING}
            | {"windows": {name: WINDOWS.get(name, 0) for name in judged_by(w)}}
            | {"depths": {name: DEPTHS[name] for name in judged_by(w)}}
        ),
        code=code_of("score.py"),
    shell:
        "python workflow/scripts/score.py --predictions {input.predictions:q} --frames {input.frames:q} --splits {input.splits:q}"
        " --tests {params.tests:q} --settings {params.settings:q} --outputs {output:q} > {log:q} 2>&1"


if PACKED and JOINTLY:

    use rule predict as predict_joint with:
        input:
            models=models_of,
            frames=frames_of(DATASETS),
            splits=test_splits_of,
        output:
            of_seeds(f"{RESULTS}/predictions/{RUN}.npz", JOINTLY),

    use rule score as score_joint with:
        input:
            predictions=of_seeds(f"{RESULTS}/predictions/{RUN}.npz", JOINTLY),
            frames=frames_of(DATASETS),
            splits=test_splits_of,
        output:
            of_seeds(f"{RESULTS}/scores/{RUN}.csv", JOINTLY),


rule score_baselines:
    input:
        frames=frames_of(DATASETS),
        splits=splits_of(DATASETS, FOLDS),
    output:
        f"{RESULTS}/baselines.csv",
    log:
        f"{LOGS}/score_baselines.log",
    benchmark:
        f"{RESULTS}/benchmarks/score_baselines.tsv"
    conda:
        "../../envs/data.yaml"
    params:
        settings=as_json(SCORING),
        code=code_of("score_baselines.py"),
    shell:
        "python workflow/scripts/score_baselines.py --frames {input.frames:q} --splits {input.splits:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule run_external:
    input:
        frames=f"{RESOURCES}/datasets/{{dataset}}/frames.csv",
        split=lambda w: splits_of([w.dataset], [w.fold]),
        labels=lambda w: folder_of(w.external),
    output:
        f"{RESULTS}/external_tools/{{external}}/{{dataset}}/fold{{fold}}/labels.csv",
    log:
        f"{LOGS}/run_external/{{external}}/{{dataset}}-fold{{fold}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/run_external/{{external}}/{{dataset}}-fold{{fold}}.tsv"
    conda:
        lambda w: environment_of(w.external)
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=120,
    params:
        entry=lambda w: as_json(EXTERNALS[w.external]),
        tools=lambda w: tools_of(w.external),
        code=code_of("run_external.py"),
    shell:
        "python workflow/scripts/run_external.py --entry {params.entry:q} --frames {input.frames:q} --split {input.split:q}"
        " --output {output:q} > {log:q} 2>&1"


rule score_external:
    input:
        labels=expand(
            f"{RESULTS}/external_tools/{{external}}/{{dataset}}/fold{{fold}}/labels.csv",
            dataset=DATASETS,
            allow_missing=True,
        ),
        frames=frames_of(DATASETS),
        splits=lambda w: splits_of(DATASETS, [w.fold]),
    output:
        f"{RESULTS}/external_tools/{{external}}/fold{{fold}}.csv",
    log:
        f"{LOGS}/score_external/{{external}}-fold{{fold}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score_external/{{external}}-fold{{fold}}.tsv"
    conda:
        "../../envs/data.yaml"
    params:
        settings=as_json(SCORING),
        code=code_of("score_external.py"),
    shell:
        "python workflow/scripts/score_external.py --labels {input.labels:q} --frames {input.frames:q}"
        " --splits {input.splits:q} --external {wildcards.external:q} --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule check_results:
    input:
        scores=of_runs("scores/{}.csv"),
        externals=expand(f"{RESULTS}/external_tools/{{external}}/fold{{fold}}.csv", external=EXTERNALS, fold=FOLDS),
        facts=of_trained_runs("runs/{}/facts.json"),
        baselines=f"{RESULTS}/baselines.csv",
        splits=sorted({path for name in SPLITS for path in splits_of(DATASETS, FOLDS, name)}),
    output:
        scores=f"{RESULTS}/scores.csv",
        checks=f"{RESULTS}/checks.csv",
    log:
        f"{LOGS}/check_results.log",
    benchmark:
        f"{RESULTS}/benchmarks/check_results.tsv"
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        study=STUDY_JSON,
        code=code_of("check_results.py"),
    shell:
        "python workflow/scripts/check_results.py --study {params.study:q} --baselines {input.baselines:q}"
        " --scores {output.scores:q} --checks {output.checks:q} > {log:q} 2>&1"
