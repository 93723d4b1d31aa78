# What the networks are worth: predict every test set, score against the truth, check that the results can be right.
# Networks that differ by their seed alone share a job: importing torch costs as much as predicting a small test set.
# Packed, all experiments of a training set do; those trained on all datasets have a rule of the same kind for it.


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
        settings=as_json({"threshold": config["threshold"], "min_area_px": MIN_AREA_PX}),
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


rule baseline:
    input:
        frames=frames_of(DATASETS),
        splits=splits_of(DATASETS, FOLDS),
    output:
        f"{RESULTS}/baselines.csv",
    log:
        f"{LOGS}/baseline.log",
    benchmark:
        f"{RESULTS}/benchmarks/baseline.tsv"
    conda:
        "../../envs/data.yaml"
    params:
        settings=as_json({"min_area_px": {name: entry_of(name)["min_area_px"] for name in DATASETS}}),
        code=code_of("baseline.py"),
    shell:
        "python workflow/scripts/baseline.py --frames {input.frames:q} --splits {input.splits:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule check:
    input:
        scores=of_runs("scores/{}.csv"),
        facts=of_trained_runs("runs/{}/facts.json"),
        baselines=f"{RESULTS}/baselines.csv",
        splits=sorted({path for name in SPLITS for path in splits_of(DATASETS, FOLDS, name)}),
    output:
        scores=f"{RESULTS}/scores.csv",
        checks=f"{RESULTS}/checks.csv",
    log:
        f"{LOGS}/check.log",
    benchmark:
        f"{RESULTS}/benchmarks/check.tsv"
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        study=STUDY_JSON,
        code=code_of("check.py"),
    shell:
        "python workflow/scripts/check.py --study {params.study:q} --baselines {input.baselines:q}"
        " --scores {output.scores:q} --checks {output.checks:q} > {log:q} 2>&1"
