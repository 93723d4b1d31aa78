# What people read: tables and figures from score files alone, and the report that joins them.
TABLES = ["comparison", "ablation", "transfer", "costs", "tracking"]
CURVES = swept_levels(config)
FIGURES = ["learning-curves", "ablation", "transfer", *CURVES]
PANELS = ["examples", "weight-map", "augmentation"]
FIRST_RUN = f"{config['study']['reference']}/{{dataset}}/fold{FOLDS[0]}-seed{SEEDS[0]}"  # shown in pictures


rule tabulate:
    input:
        scores=f"{RESULTS}/scores.csv",
        baselines=f"{RESULTS}/baselines.csv",
        facts=of_trained_runs("runs/{}/facts.json"),
        frames=frames_of(DATASETS),
        tracks=[f"{RESULTS}/tracks/{run.path}.csv" for run in tracked_runs(STUDY_FACTS)],
    output:
        csv=report(
            expand(f"{RESULTS}/tables/{{table}}.csv", table=TABLES),
            category="Tables",
            caption="../report/captions/tables.rst",
            labels=lambda wildcards, output: {"study": STUDY},
        ),
        differences=f"{RESULTS}/tables/differences.csv",
        markdown=expand(f"{RESULTS}/tables/{{table}}.md", table=TABLES),
    log:
        f"{LOGS}/tabulate.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate.tsv"
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=STUDY_JSON,
        tables=subpath(output.differences, parent=True),
        code=code_of("tabulate.py"),
    shell:
        "python workflow/scripts/tabulate.py --study {params.study:q} --scores {input.scores:q}"
        " --baselines {input.baselines:q} --frames {input.frames:q} --tables {params.tables:q} > {log:q} 2>&1"


rule compare_claims:
    input:
        ledger="workflow/literature.csv",
        errors="workflow/known-errors.csv",
        tables=expand(
            f"{RESULTS}/tables/{{table}}.csv",
            table=["comparison", "ablation", "transfer"],
        ),
    output:
        csv=report(
            f"{RESULTS}/tables/claims.csv",
            category="Tables",
            caption="../report/captions/claims.rst",
            labels={"study": STUDY},
        ),
        markdown=f"{RESULTS}/tables/claims.md",
    log:
        f"{LOGS}/compare_claims.log",
    benchmark:
        f"{RESULTS}/benchmarks/compare_claims.tsv"
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        config=lambda w: as_json(config),  # a function: braces in it are no wildcards
        tables=subpath(output.csv, parent=True),
        code=code_of("compare_claims.py"),
    shell:
        "python workflow/scripts/compare_claims.py --config {params.config:q} --ledger {input.ledger:q} --errors {input.errors:q}"
        " --tables {params.tables:q} > {log:q} 2>&1"


rule score_pitfalls:
    input:
        scores=f"{RESULTS}/scores.csv",
        facts=of_trained_runs("runs/{}/facts.json"),
        frames=frames_of(DATASETS),
    output:
        csv=report(
            f"{RESULTS}/tables/pitfalls.csv",
            category="Tables",
            caption="../report/captions/tables.rst",
            labels=lambda wildcards, output: {"study": STUDY},
        ),
        markdown=f"{RESULTS}/tables/pitfalls.md",
    log:
        f"{LOGS}/score_pitfalls.log",
    benchmark:
        f"{RESULTS}/benchmarks/score_pitfalls.tsv"
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=STUDY_JSON,
        code=code_of("score_pitfalls.py"),
    shell:
        "python workflow/scripts/score_pitfalls.py --study {params.study:q} --scores {input.scores:q} --frames {input.frames:q}"
        " --csv {output.csv:q} --markdown {output.markdown:q} > {log:q} 2>&1"


rule draw_charts:
    input:
        tables=expand(
            f"{RESULTS}/tables/{{table}}.csv",
            table=["ablation", "transfer", "differences", "comparison"],
        ),
        facts=of_trained_runs("runs/{}/facts.json"),
        history=of_trained_runs("runs/{}/history.csv"),
    output:
        report(
            expand(f"{RESULTS}/figures/{{figure}}.png", figure=FIGURES),
            category="Figures",
            caption="../report/captions/figures.rst",
        ),
        expand(f"{RESULTS}/figures/{{figure}}.svg", figure=FIGURES),
    log:
        f"{LOGS}/draw_charts.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw_charts.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        study=STUDY_JSON,
        curves=as_json(CURVES),
        code=code_of("draw_charts.py"),
    shell:
        "python workflow/scripts/draw_charts.py --study {params.study:q} --curves {params.curves:q} --tables {input.tables:q}"
        " > {log:q} 2>&1"


rule draw_examples:
    input:
        prediction=f"{RESULTS}/predictions/{FIRST_RUN}.npz",
        scores=f"{RESULTS}/scores/{FIRST_RUN}.csv",
        frames=f"{RESOURCES}/datasets/{{dataset}}/frames.csv",
        split=lambda w: splits_of([w.dataset], [FOLDS[0]], config["study"]["reference"]),
        cache=lambda w: cache_of(config["study"]["reference"], w.dataset, FOLDS[0]),
    output:
        report(
            expand(
                f"{RESULTS}/figures/{{panel}}-{{dataset}}.png",
                panel=PANELS,
                allow_missing=True,
            ),
            category="Images",
            subcategory="{dataset}",
            caption="../report/captions/panels.rst",
        ),
        expand(
            f"{RESULTS}/figures/{{panel}}-{{dataset}}.svg",
            panel=PANELS,
            allow_missing=True,
        ),
    log:
        f"{LOGS}/draw_examples/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw_examples/{{dataset}}.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        settings=as_json(experiment_settings(config, config["study"]["reference"], "")),
        dataset=lambda w: as_json(
            {key: entry_of(w.dataset)[key] for key in ("headline", "min_area_px")}
            | {"watershed_depth_px": DEPTHS[config["study"]["reference"]][w.dataset]}
        ),
        figures=subpath(output[0], parent=True),
        code=code_of("draw_examples.py"),
    shell:
        "python workflow/scripts/draw_examples.py --settings {params.settings:q} --dataset {params.dataset:q}"
        " --prediction {input.prediction:q} --scores {input.scores:q} --frames {input.frames:q} --split {input.split:q}"
        " --cache {input.cache:q} --figures {params.figures:q} > {log:q} 2>&1"


rule report:
    input:
        tables=expand(f"{RESULTS}/tables/{{table}}.csv", table=[*TABLES, "differences"]),
        claims=f"{RESULTS}/tables/claims.csv",
        audits=f"{RESULTS}/tables/pitfalls.csv",
        figures=expand(f"{RESULTS}/figures/{{figure}}.svg", figure=FIGURES),
        panels=expand(
            f"{RESULTS}/figures/{{panel}}-{{dataset}}.png",
            panel=PANELS,
            dataset=DATASETS,
        ),
        trails=expand(f"{RESULTS}/figures/{{trail}}-{{dataset}}.svg", trail=TRAILS, dataset=FILMED["datasets"]),
        cells=[f"{RESULTS}/measurements/{run.path}.csv" for run in tracked_runs(STUDY_FACTS)],
        checks=f"{RESULTS}/checks.csv",
        facts=of_trained_runs("runs/{}/facts.json"),
        template="workflow/report/report.html.j2",
        parts=["workflow/report/report.css", "workflow/report/report.js"],
        citation="CITATION.cff",
    output:
        f"{RESULTS}/report.html",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        config=lambda wildcards: as_json(config),  # a function: commands hold braces
        code=code_of("report.py"),
    shell:
        "python workflow/scripts/report.py --config {params.config:q} --checks {input.checks:q} --template {input.template:q}"
        " --citation {input.citation:q} --output {output:q} > {log:q} 2>&1"
