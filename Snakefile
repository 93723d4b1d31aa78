# The whole study, from archives to report. Contents page: each phase has its file in workflow/rules.
from snakemake.utils import min_version, validate

min_version("9.14")


configfile: "config.yaml"


validate(config, "workflow/schemas/config.schema.yaml")


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/track.smk"
include: "workflow/rules/report.smk"


onsuccess:
    print(closing_line(config, Path(RESULTS)))


onerror:
    print("The study is not complete.", *progress(config, Path(RESULTS)), sep="\n")


rule all:
    default_target: True
    input:
        # asked for by name, for what is missing between others is not made again by itself: after a failed prepare
        expand(
            f"{RESOURCES}/datasets/{{dataset}}/{{table}}.csv",
            dataset=DATASETS,
            table=["frames", "pixel_sizes", "unused"],
        ),
        rules.report.output,
        rules.report.input,  # a table or figure that was deleted is made again though the report still stands
    localrule: True
