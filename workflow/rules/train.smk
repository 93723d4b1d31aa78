# One network per job. The checkpoint is no declared output, so that a killed job goes on from it.


rule train:
    input:
        caches=caches_of,
        frames=lambda w: frames_of(training_datasets(config, w.train_dataset)),
        splits=lambda w: splits_of(training_datasets(config, w.train_dataset), [w.fold]),
    output:
        model=f"{RESULTS}/runs/{RUN}/model.pt",
        history=f"{RESULTS}/runs/{RUN}/history.csv",
        facts=f"{RESULTS}/runs/{RUN}/facts.json",
    log:
        f"{LOGS}/train/{RUN}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{RUN}.tsv"
    conda:
        "../../envs/train.yaml"
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        settings=lambda w: as_json(settings(config, w.experiment, w.train_dataset)),
        compute=as_json(config["compute"]),
        code=code_of("train.py"),
    shell:
        "python workflow/scripts/train.py --run {wildcards.experiment:q} {wildcards.train_dataset:q} {wildcards.fold}"
        " {wildcards.seed} --caches {input.caches:q} --frames {input.frames:q} --splits {input.splits:q}"
        " --settings {params.settings:q} --compute {params.compute:q} --code {params.code}"
        " --output {output.model:q} > {log:q} 2>&1"
