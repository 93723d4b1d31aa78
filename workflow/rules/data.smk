# From foreign archives to augmented caches: fetch or synthesise, prepare, split, cache.


rule fetch:
    output:
        "resources/archives/{pin}/{archive}",
    log:
        "logs/fetch/{pin}-{archive}.log",
    localrule: True
    conda:
        "../../envs/data.yaml"
    resources:  # not params: where and how patiently to look does not change what is fetched
        mirrors=as_json(config["mirrors"]),
        limits=as_json(config["limits"]),
    params:
        entry=lambda w: as_json(download_of(w.archive, w.pin)),
    shell:
        "python workflow/scripts/fetch.py --entry {params.entry:q} --limits {resources.limits:q}"
        " --mirrors {resources.mirrors:q} --output {output:q} > {log:q} 2>&1"


rule synthesise:
    output:
        "resources/synthetic/{key}/{dataset}.zip",
    log:
        "logs/synthesise/{key}-{dataset}.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthesise/{{key}}-{{dataset}}.tsv"
    conda:
        "../../envs/data.yaml"
    params:
        spec=lambda w: as_json(entry_of(w.dataset)["synthetic"]),
        code=code_of("synthesise.py"),
    shell:
        "python workflow/scripts/synthesise.py --spec {params.spec:q} --output {output:q} > {log:q} 2>&1"


checkpoint prepare:  # when it has ended, jobs are chosen anew: where frames.csv is what it was, nothing after it runs
    input:
        lambda w: files_of(w.dataset),
    output:
        frames=f"{RESOURCES}/datasets/{{dataset}}/frames.csv",
        pixel_sizes=f"{RESOURCES}/datasets/{{dataset}}/pixel_sizes.csv",
        unused=f"{RESOURCES}/datasets/{{dataset}}/unused.csv",
    log:
        f"{LOGS}/prepare/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare/{{dataset}}.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        limits=as_json(config["limits"]),
    params:
        source=lambda w: source_of(w.dataset),
        content=lambda w: FOLDERS[w.dataset].sha256 if w.dataset in FOLDERS else "",
        entry=lambda w: as_json({key: entry_of(w.dataset).get(key) for key in ("format", "options", "binning")}),
        code=code_of("prepare.py"),
    shell:
        "python workflow/scripts/prepare.py --source={params.source:q} --entry {params.entry:q} --limits {resources.limits:q}"
        " --frames {output.frames:q} > {log:q} 2>&1"


rule split:
    input:
        f"{RESOURCES}/datasets/{{dataset}}/frames.csv",
    output:
        f"{RESOURCES}/splits/{{dataset}}/{{split}}/fold{{fold}}.csv",
    log:
        f"{LOGS}/split/{{dataset}}-{{split}}-fold{{fold}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/split/{{dataset}}-{{split}}-fold{{fold}}.tsv"
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        settings=lambda w: as_json(SPLIT_SETTINGS[w.split]),
        code=code_of("split.py"),
    shell:
        "python workflow/scripts/split.py --frames {input:q} --settings {params.settings:q} --fold {wildcards.fold}"
        " --output {output:q} > {log:q} 2>&1"


rule cache:
    input:
        frames=f"{RESOURCES}/datasets/{{dataset}}/frames.csv",
        split=f"{RESOURCES}/splits/{{dataset}}/{{split}}/fold{{fold}}.csv",
    output:
        f"{RESOURCES}/caches/{{dataset}}/{{split}}/fold{{fold}}/{{key}}/index.csv",
    log:
        f"{LOGS}/cache/{{dataset}}-{{split}}-fold{{fold}}-{{key}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/cache/{{dataset}}-{{split}}-fold{{fold}}-{{key}}.tsv"
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        settings=lambda w: as_json([CACHE_SETTINGS[w.key]]),
        seed=config["split"]["seed"],
        code=code_of("cache.py"),
    shell:
        "python workflow/scripts/cache.py --frames {input.frames:q} --split {input.split:q}"
        " --settings {params.settings:q} --seed {params.seed} --code {params.code} --indexes {output:q} > {log:q} 2>&1"


if PACKED:  # all caches of the study's own split in one job; experiments with another split have theirs one by one

    use rule cache as cache_packed with:
        output:
            expand(
                f"{RESOURCES}/caches/{{dataset}}/{{split}}/fold{{fold}}/{{key}}/index.csv",
                key=STUDY_CACHES,
                allow_missing=True,
            ),
        log:
            f"{LOGS}/cache/{{dataset}}-{{split}}-fold{{fold}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/cache/{{dataset}}-{{split}}-fold{{fold}}.tsv"
        wildcard_constraints:
            split="|".join(STUDY_SPLITS),
        params:
            settings=as_json([CACHE_SETTINGS[key] for key in STUDY_CACHES]),
            seed=config["split"]["seed"],
            code=code_of("cache.py"),

    ruleorder: cache_packed > cache
