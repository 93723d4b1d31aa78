# Tools of others, trained on the study's own training images in environments of their own (docs/add-a-tool.md).
# Training, prediction and scores of a tool have a job each per dataset, fold and seed. A tool that fails leaves its reason
# and is tried again by the next command; everything else goes on.
from unetlib.trained_tools.tool_inputs import check_tools, tool_conda, tool_files, tool_folder, tool_settings
from unetlib.trained_tools.tool_runs import failures_of as tool_failures_of

if workflow.is_main_process:
    checked(check_tools, STUDY)

TRAINED_TOOLS = {name: STUDY.tools[name] for name in FACTS.tools}
TOOL_FAILURES = [LAYOUT.tool_failures(run.path) for run in FACTS.tool_runs()]
# In a conda environment the script's own Python is the tool's.
TOOL_PYTHON = "python" if "CONDA" in {method.name for method in workflow.deployment_settings.deployment_method} else ""

TRIED = {
    run.path: [tool_failures_of(Path(path(run.path))) for path in (LAYOUT.tool_training, LAYOUT.tool_predictions)]
    for run in FACTS.tool_runs()
}


rule stage_images:
    input:
        frames=LAYOUT.frames("{dataset}"),
        split=LAYOUT.split("{dataset}", "{split}", "{fold}"),
    output:
        LAYOUT.staged("{dataset}", "{split}", "{fold}", "{part}"),
    log:
        LAYOUT.log("stage_images", "{dataset}-{split}-fold{fold}-{part}"),
    benchmark:
        LAYOUT.benchmark("stage_images", "{dataset}-{split}-fold{fold}-{part}")
    wildcard_constraints:
        part="training|test",
    conda:
        "../../envs/data.yaml"
    params:
        code=code_of("stage_images.py"),
    shell:
        "python workflow/scripts/stage_images.py --frames {input.frames:q} --split {input.split:q}"
        " --part {wildcards.part} --index {output:q} > {log:q} 2>&1"


rule train_tool:
    input:
        staged=lambda w: LAYOUT.staged(w.train_dataset, FACTS.splits[""][w.train_dataset], w.fold, "training"),
        split=lambda w: splits_of([w.train_dataset], [w.fold]),
    output:
        LAYOUT.tool_training(TOOL_RUN),
    log:
        LAYOUT.log("train_tool", TOOL_RUN),
    benchmark:
        LAYOUT.benchmark("train_tool", TOOL_RUN)
    conda:
        lambda w: tool_conda(TRAINED_TOOLS[w.tool], w.tool, Path(workflow.basedir))
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=12000,
        runtime=240,
        python=TOOL_PYTHON,
    params:
        tool=lambda w: tool_folder(TRAINED_TOOLS[w.tool], w.tool),
        settings=lambda w: tool_settings(STUDY, w.tool),
        files=lambda w: tool_files(TRAINED_TOOLS[w.tool], w.tool),
        failures=lambda w: TRIED[tool_run_of(w)][0],
        code=code_of("train_tool.py"),
    shell:
        "python workflow/scripts/train_tool.py --tool {params.tool:q} --python={resources.python:q}"
        " --settings {params.settings:q} --staged {input.staged:q} --split {input.split:q}"
        " --failures {params.failures} --output {output:q} > {log:q} 2>&1"


rule predict_tool:
    input:
        training=LAYOUT.tool_training(TOOL_RUN),
        staged=lambda w: [LAYOUT.staged(name, key, w.fold, "test") for name, key in tool_tests(w).items()],
    output:
        LAYOUT.tool_predictions(TOOL_RUN),
    log:
        LAYOUT.log("predict_tool", TOOL_RUN),
    benchmark:
        LAYOUT.benchmark("predict_tool", TOOL_RUN)
    conda:
        lambda w: tool_conda(TRAINED_TOOLS[w.tool], w.tool, Path(workflow.basedir))
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=12000,
        runtime=240,
        python=TOOL_PYTHON,
    params:
        tool=lambda w: tool_folder(TRAINED_TOOLS[w.tool], w.tool),
        settings=lambda w: tool_settings(STUDY, w.tool),
        failures=lambda w: TRIED[tool_run_of(w)][1],
        code=code_of("predict_tool.py"),
    shell:
        "python workflow/scripts/predict_tool.py --tool {params.tool:q} --python={resources.python:q}"
        " --settings {params.settings:q} --training {input.training:q} --staged {input.staged:q}"
        " --failures {params.failures} --output {output:q} > {log:q} 2>&1"


rule score_tool:
    input:
        predictions=LAYOUT.tool_predictions(TOOL_RUN),
        frames=lambda w: [LAYOUT.frames(name) for name in tool_tests(w)],
        splits=lambda w: splits_of([*tool_tests(w)], [w.fold]),
    output:
        scores=LAYOUT.tool_scores(TOOL_RUN),
        failures=LAYOUT.tool_failures(TOOL_RUN),
    log:
        LAYOUT.log("score_tool", TOOL_RUN),
    benchmark:
        LAYOUT.benchmark("score_tool", TOOL_RUN)
    conda:
        "../../envs/data.yaml"
    threads: 1
    params:
        masks=lambda w: as_json(TRAINED_TOOLS[w.tool].masks),
        datasets=as_json(SCORING),
        code=code_of("score_tool.py"),
    shell:
        "python workflow/scripts/score_tool.py --predictions {input.predictions:q} --frames {input.frames:q}"
        " --splits {input.splits:q} --masks {params.masks} --datasets {params.datasets:q} --scores {output.scores:q}"
        " --failures {output.failures:q} > {log:q} 2>&1"
