# From foreign archives to augmented caches: fetch or synthesise, prepare, split, augment.
from unetlib.study.sources import archive_entry, check_archives, source_of

if workflow.is_main_process:
    checked(check_archives, STUDY)

FOLDERS = {name: folder_of(name) for name in DATASETS if STUDY.datasets[name].folder}


rule fetch:
    output:
        layout.archive("{pin}", "{archive}"),
    log:
        "logs/fetch/{pin}-{archive}.log",
    localrule: True
    conda:
        "../../envs/data.yaml"
    resources:  # not params: mirrors and limits do not change what is fetched
        mirrors=as_json(STUDY.mirrors),
        limits=as_json(STUDY.limits),
    params:
        url=lambda w: archive_entry(STUDY, w.archive, w.pin).url or "",
        sha256=lambda w: archive_entry(STUDY, w.archive, w.pin).sha256 or "",
    shell:
        "python workflow/scripts/fetch.py --archive {wildcards.archive:q} --url={params.url:q} --sha256={params.sha256:q}"
        " --limits {resources.limits:q} --mirrors {resources.mirrors:q} --output {output:q} > {log:q} 2>&1"


rule synthesise:
    output:
        layout.synthetic_archive("{key}", "{dataset}"),
    log:
        "logs/synthesise/{key}-{dataset}.log",
    benchmark:
        LAYOUT.benchmark("synthesise", "{key}-{dataset}")
    conda:
        "../../envs/data.yaml"
    params:
        settings=lambda w: as_json(STUDY.datasets[w.dataset].synthetic),
        code=code_of("synthesise.py"),
    shell:
        "python workflow/scripts/synthesise.py --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


checkpoint prepare:  # after it, Snakemake plans again: if frames.csv has not changed, nothing that depends on it runs
    input:
        files_of,
    output:
        frames=LAYOUT.frames("{dataset}"),
        pixel_sizes=LAYOUT.pixel_sizes("{dataset}"),
        unused=LAYOUT.unused_files("{dataset}"),
    log:
        LAYOUT.log("prepare", "{dataset}"),
    benchmark:
        LAYOUT.benchmark("prepare", "{dataset}")
    conda:
        "../../envs/data.yaml"
    resources:
        limits=as_json(STUDY.limits),
    params:
        source=lambda w: source_of(STUDY, w.dataset),
        content=lambda w: FOLDERS[w.dataset].sha256 if w.dataset in FOLDERS else "",
        format=lambda w: STUDY.datasets[w.dataset].format,
        options=lambda w: as_json(STUDY.datasets[w.dataset].options),
        view=lambda w: as_json(view_settings(STUDY, w.dataset)),
        code=code_of("prepare.py"),
    shell:
        "python workflow/scripts/prepare.py --source={params.source:q} --format {params.format} --options {params.options:q}"
        " --view {params.view:q} --limits {resources.limits:q} --frames {output.frames:q} > {log:q} 2>&1"


rule split:
    input:
        LAYOUT.frames("{dataset}"),
    output:
        LAYOUT.split("{dataset}", "{split}", "{fold}"),
    log:
        LAYOUT.log("split", "{dataset}-{split}-fold{fold}"),
    benchmark:
        LAYOUT.benchmark("split", "{dataset}-{split}-fold{fold}")
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        settings=lambda w: as_json(SPLIT_SETTINGS[w.split]),
        code=code_of("split.py"),
    shell:
        "python workflow/scripts/split.py --frames {input:q} --settings {params.settings:q} --fold {wildcards.fold}"
        " --output {output:q} > {log:q} 2>&1"


rule augment:
    input:
        frames=LAYOUT.frames("{dataset}"),
        split=LAYOUT.split("{dataset}", "{split}", "{fold}"),
    output:
        LAYOUT.cache("{dataset}", "{split}", "{fold}", "{key}"),
    log:
        LAYOUT.log("augment", "{dataset}-{split}-fold{fold}-{key}"),
    benchmark:
        LAYOUT.benchmark("augment", "{dataset}-{split}-fold{fold}-{key}")
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        settings=lambda w: as_json([CACHE_SETTINGS[w.key]]),
        seed=STUDY.split.seed,
        code=code_of("augment.py"),
    shell:
        "python workflow/scripts/augment.py --frames {input.frames:q} --split {input.split:q}"
        " --settings {params.settings:q} --seed {params.seed} --code {params.code} --indexes {output:q} > {log:q} 2>&1"


if PACKED:  # one job makes all caches of the study's own split; caches of other splits have a job each
    STUDY_CACHES = sorted(
        {
            CACHE_KEYS[name]
            for name in set(EXPERIMENTS) - set(RESTRICTED)
            if FACTS.training_splits[name] == FACTS.training_splits[""]
        }
    )

    use rule augment as augment_packed with:
        output:
            expand(LAYOUT.cache("{dataset}", "{split}", "{fold}", "{key}"), key=STUDY_CACHES, allow_missing=True),
        log:
            LAYOUT.log("augment", "{dataset}-{split}-fold{fold}"),
        benchmark:
            LAYOUT.benchmark("augment", "{dataset}-{split}-fold{fold}")
        wildcard_constraints:
            split="|".join(sorted(set(FACTS.training_splits[""].values()))),
        params:
            settings=as_json([CACHE_SETTINGS[key] for key in STUDY_CACHES]),
            seed=STUDY.split.seed,
            code=code_of("augment.py"),

    ruleorder: augment_packed > augment
