# Tables and figures, made from score files alone, and the report that joins them.
TABLES = ["comparison", "ablation", "transfer", "power", "costs", "tracking"]
PROTOCOLS = ["waterfall"] if FACTS.protocols else []  # the table and the figure of protocols, if there are any
LEAGUE = ["league"] if FACTS.tools else []  # those of the tools that are trained
FIGURES = ["learning-curves", "ablation", "transfer", *FACTS.sweeps, *PROTOCOLS, *LEAGUE]
EXAMPLES = ["examples", "weight-map", "augmentation"]
FIRST_RUN = f"{FACTS.reference}/{{dataset}}/fold{FOLDS[0]}-seed{SEEDS[0]}"  # shown in pictures


rule make_tables:
    input:
        scores=LAYOUT.all_scores,
        baselines=LAYOUT.baselines,
        facts=RUN_FACTS,
        frames=FRAMES,
        tracks=[LAYOUT.track_scores(run.path) for run in FACTS.tracked_runs()],
        failures=[*FAILURE_LISTS, *TOOL_FAILURES],
    output:
        csv=report(
            [LAYOUT.table(name) for name in [*TABLES, *LEAGUE]],
            category="Tables",
            caption="../report/captions/tables.rst",
            labels=lambda wildcards, output: {"study": FACTS.name},
        ),
        differences=LAYOUT.table("differences"),
        markdown=[LAYOUT.table(name, "md") for name in [*TABLES, *LEAGUE]],
    log:
        LAYOUT.log("make_tables"),
    benchmark:
        LAYOUT.benchmark("make_tables")
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=FACTS_JSON,
        code=code_of("make_tables.py"),
    shell:
        "python workflow/scripts/make_tables.py --study {params.study:q} --scores {input.scores:q}"
        " --baselines {input.baselines:q} --frames {input.frames:q} > {log:q} 2>&1"


rule compare_claims:
    input:
        literature="workflow/literature.csv",
        errors="workflow/known-errors.csv",
        tables=[LAYOUT.table(name) for name in ("comparison", "ablation", "transfer", *PROTOCOLS)],
        history=[LAYOUT.history(path) for path in TRAINED_RUNS],
        scores=LAYOUT.all_scores,
        baselines=LAYOUT.baselines,
        frames=FRAMES,
    output:
        csv=report(
            LAYOUT.table("claims"),
            category="Tables",
            caption="../report/captions/claims.rst",
            labels={"study": FACTS.name},
        ),
        markdown=LAYOUT.table("claims", "md"),
    log:
        LAYOUT.log("compare_claims"),
    benchmark:
        LAYOUT.benchmark("compare_claims")
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=FACTS_JSON,
        code=code_of("compare_claims.py"),
    shell:
        "python workflow/scripts/compare_claims.py --study {params.study:q} --literature {input.literature:q}"
        " --errors {input.errors:q} --scores {input.scores:q} --baselines {input.baselines:q} --frames {input.frames:q}"
        " > {log:q} 2>&1"


rule score_pitfalls:
    input:
        scores=LAYOUT.all_scores,
        facts=RUN_FACTS,
        frames=FRAMES,
    output:
        csv=report(
            LAYOUT.table("pitfalls"),
            category="Tables",
            caption="../report/captions/tables.rst",
            labels=lambda wildcards, output: {"study": FACTS.name},
        ),
        markdown=LAYOUT.table("pitfalls", "md"),
    log:
        LAYOUT.log("score_pitfalls"),
    benchmark:
        LAYOUT.benchmark("score_pitfalls")
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=FACTS_JSON,
        code=code_of("score_pitfalls.py"),
    shell:
        "python workflow/scripts/score_pitfalls.py --study {params.study:q} --scores {input.scores:q}"
        " --frames {input.frames:q} --csv {output.csv:q} > {log:q} 2>&1"


rule score_waterfall:
    input:
        scores=LAYOUT.all_scores,
        facts=RUN_FACTS,
        frames=FRAMES,
    output:
        csv=report(
            LAYOUT.table("waterfall"),
            category="Tables",
            caption="../report/captions/waterfall.rst",
            labels=lambda wildcards, output: {"study": FACTS.name},
        ),
        markdown=LAYOUT.table("waterfall", "md"),
    log:
        LAYOUT.log("score_waterfall"),
    benchmark:
        LAYOUT.benchmark("score_waterfall")
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=FACTS_JSON,
        code=code_of("score_waterfall.py"),
    shell:
        "python workflow/scripts/score_waterfall.py --study {params.study:q} --scores {input.scores:q}"
        " --frames {input.frames:q} --csv {output.csv:q} > {log:q} 2>&1"


rule draw_charts:
    input:
        tables=[LAYOUT.table(name) for name in ("ablation", "transfer", "differences", "comparison")],
        protocols=[LAYOUT.table(name) for name in ("waterfall", "claims") if PROTOCOLS],
        league=[LAYOUT.table(name) for name in LEAGUE],
        facts=RUN_FACTS,
        history=[LAYOUT.history(path) for path in TRAINED_RUNS],
    output:
        report(
            [LAYOUT.figure(name, "png") for name in FIGURES],
            category="Figures",
            caption="../report/captions/figures.rst",
        ),
        [LAYOUT.figure(name, "svg") for name in FIGURES],
    log:
        LAYOUT.log("draw_charts"),
    benchmark:
        LAYOUT.benchmark("draw_charts")
    conda:
        "../../envs/report.yaml"
    params:
        study=FACTS_JSON,
        code=code_of("draw_charts.py"),
    shell:
        "python workflow/scripts/draw_charts.py --study {params.study:q} > {log:q} 2>&1"


rule draw_examples:
    input:
        prediction=LAYOUT.predictions(FIRST_RUN),
        scores=LAYOUT.scores(FIRST_RUN),
        frames=LAYOUT.frames("{dataset}"),
        pixel_sizes=LAYOUT.pixel_sizes("{dataset}"),
        cache=lambda w: LAYOUT.cache(
            w.dataset, FACTS.training_splits[FACTS.reference][w.dataset], FOLDS[0], CACHE_KEYS[FACTS.reference]
        ),
    output:
        report(
            expand(LAYOUT.figure("{figure}-{{dataset}}", "png"), figure=EXAMPLES),
            category="Images",
            subcategory="{dataset}",
            caption="../report/captions/examples.rst",
        ),
        expand(LAYOUT.figure("{figure}-{{dataset}}", "svg"), figure=EXAMPLES),
    log:
        LAYOUT.log("draw_examples", "{dataset}"),
    benchmark:
        LAYOUT.benchmark("draw_examples", "{dataset}")
    conda:
        "../../envs/report.yaml"
    params:
        settings=as_json(CACHE_SETTINGS[CACHE_KEYS[FACTS.reference]]),
        instances=lambda w: as_json(instance_settings(STUDY, FACTS.reference, w.dataset)),
        metric=lambda w: FACTS.datasets[w.dataset].primary_metric,
        figures=subpath(output[0], parent=True),
        code=code_of("draw_examples.py"),
    shell:
        "python workflow/scripts/draw_examples.py --settings {params.settings:q} --instances {params.instances:q}"
        " --metric {params.metric} --prediction {input.prediction:q} --scores {input.scores:q} --frames {input.frames:q}"
        " --cache {input.cache:q} --figures {params.figures:q} > {log:q} 2>&1"


rule report:
    input:
        tables=[LAYOUT.table(name) for name in [*TABLES, *LEAGUE, "differences"]],
        claims=LAYOUT.table("claims"),
        pitfalls=LAYOUT.table("pitfalls"),
        silver=LAYOUT.table("silver"),
        protocols=[LAYOUT.table(name) for name in PROTOCOLS],
        figures=[LAYOUT.figure(name, "svg") for name in FIGURES],
        examples=[LAYOUT.figure(f"{name}-{dataset}", "png") for name in EXAMPLES for dataset in DATASETS],
        tracks=[
            LAYOUT.figure(f"{name}-{dataset}", "svg") for name in TRACK_FIGURES for dataset in FACTS.tracked_datasets
        ],
        measurements=[LAYOUT.measurements(run.path) for run in FACTS.tracked_runs()],
        checks=LAYOUT.checks,
        facts=RUN_FACTS,
        template="workflow/report/report.html.j2",
        parts=["workflow/report/report.css", "workflow/report/report.js"],
        citation="CITATION.cff",
    output:
        LAYOUT.report,
    log:
        LAYOUT.log("report"),
    benchmark:
        LAYOUT.benchmark("report")
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        study=FACTS_JSON,
        config=lambda w: as_json(STUDY.plain()),  # a function: braces in commands are no wildcards
        code=code_of("report.py"),
    shell:
        "python workflow/scripts/report.py --study {params.study:q} --config {params.config:q} --template {input.template:q}"
        " --citation {input.citation:q} > {log:q} 2>&1"


rule check_external:  # comes last, so that a failed tool stops nothing else
    input:
        failures=[*FAILURE_LISTS, *TOOL_FAILURES],
        report=LAYOUT.report,
        settings=rules.write_prediction_settings.output,
    output:
        LAYOUT.external_summary,
    log:
        LAYOUT.log("check_external"),
    localrule: True
    conda:
        "../../envs/data.yaml"
    params:
        study=FACTS_JSON,
        code=code_of("check_external.py"),
    shell:
        "python workflow/scripts/check_external.py --study {params.study:q} --output {output:q} > {log:q} 2>&1"
