# One network per job, or one per seed (compute.pack_jobs). The checkpoint is no declared output, so that a killed job goes on from it.


rule train:
    input:
        caches=caches_of,
        frames=lambda w: frames_of(training_datasets(config, w.train_dataset)),
        splits=lambda w: splits_of(training_datasets(config, w.train_dataset), [w.fold], w.experiment),
    output:
        model=expand(f"{RESULTS}/runs/{RUN}/model.pt", seed=SEEDS if PACKED else "{seed}", allow_missing=True),
        history=expand(f"{RESULTS}/runs/{RUN}/history.csv", seed=SEEDS if PACKED else "{seed}", allow_missing=True),
        facts=expand(f"{RESULTS}/runs/{RUN}/facts.json", seed=SEEDS if PACKED else "{seed}", allow_missing=True),
    log:
        f"{LOGS}/train/{TRAINED}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{TRAINED}.tsv"
    conda:
        "../../envs/train.yaml"
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
        inference=lambda w: as_json(inference_settings(config, w.experiment)),  # not params: it trains nothing, models tell it
    params:
        settings=lambda w: as_json(experiment_settings(config, w.experiment, w.train_dataset)),
        compute=COMPUTE,
        code=code_of("train.py"),
    shell:
        "python workflow/scripts/train.py --caches {input.caches:q} --frames {input.frames:q} --splits {input.splits:q}"
        " --settings {params.settings:q} --compute {params.compute:q} --inference {resources.inference:q} --code {params.code}"
        " --models {output.model:q} > {log:q} 2>&1"
