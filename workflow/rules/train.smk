# One network per job, or one job for all seeds (compute.pack_jobs). The checkpoint is not a declared output, so that a
# killed job resumes from it.


rule train:
    input:
        caches=caches_of,
        frames=lambda w: [LAYOUT.frames(name) for name in FACTS.training_datasets(w.experiment, w.train_dataset)],
        splits=training_splits_of,
        start=started_from,
    output:
        model=expand(LAYOUT.model(RUN), seed=SEEDS if PACKED else "{seed}", allow_missing=True),
        history=expand(LAYOUT.history(RUN), seed=SEEDS if PACKED else "{seed}", allow_missing=True),
        facts=expand(LAYOUT.run_facts(RUN), seed=SEEDS if PACKED else "{seed}", allow_missing=True),
    log:
        LAYOUT.log("train", TRAINED),
    benchmark:
        LAYOUT.benchmark("train", TRAINED)
    conda:
        "../../envs/train.yaml"
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        settings=lambda w: as_json(run_settings(STUDY, w.experiment, w.train_dataset)),
        compute=COMPUTE,
        code=code_of("train.py"),
    shell:
        "python workflow/scripts/train.py --caches {input.caches:q} --frames {input.frames:q} --splits {input.splits:q}"
        " --settings {params.settings:q} --compute {params.compute:q} --code {params.code}"
        " --models {output.model:q} > {log:q} 2>&1"


# Prediction settings lie beside the weights: like the pixel sizes of datasets, they may change without a new training.
rule write_prediction_settings:
    input:
        [LAYOUT.pixel_sizes(name) for name in DATASETS],
    output:
        [LAYOUT.prediction_settings(path) for path in TRAINED_RUNS],
    log:
        LAYOUT.log("write_prediction_settings"),
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        study=lambda w: STUDY.model_dump_json(exclude_unset=True),  # a function: braces in commands are no wildcards
        code=code_of("write_prediction_settings.py"),
    shell:
        "python workflow/scripts/write_prediction_settings.py --study {params.study:q} > {log:q} 2>&1"
