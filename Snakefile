# The whole study, from archives to report. Contents page: each phase has its file in workflow/rules.
from pathlib import Path

from snakemake.utils import min_version

min_version("9.14")

if not Path("workflow/rules").exists() or Path.cwd().resolve() != Path(workflow.basedir).resolve():
    raise WorkflowError(f"Snakemake runs in {Path.cwd()}, but paths start at {workflow.basedir}; change to that folder")


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/tools.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/track.smk"
include: "workflow/rules/report.smk"


onstart:
    record_overlays(Path(LAYOUT.overlays), UNNAMED)


onsuccess:
    print(closing_line(FACTS))


onerror:
    print("The study is not complete.", *progress(FACTS), sep="\n")


rule all:
    default_target: True
    input:
        # requested by name: Snakemake does not remake missing intermediate files on its own, as after a failed prepare
        expand(
            [LAYOUT.frames("{dataset}"), LAYOUT.pixel_sizes("{dataset}"), LAYOUT.unused_files("{dataset}")],
            dataset=DATASETS,
        ),
        rules.report.output,
        rules.report.input,  # a deleted table or figure is made again even if the report still exists
        rules.write_prediction_settings.output,
        rules.check_external.output if TOOLS or TRAINED_TOOLS else [],
    localrule: True
