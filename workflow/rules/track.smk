# Track cells: predict every frame of a test sequence, link, score and measure its cells, draw their tracks.
# Jobs take all seeds of a fold: importing torch costs as much as predicting a short sequence.
from unetlib.study.experiments import sequence_settings

TRACKED = {  # inputs that the jobs of an experiment share
    "frames": LAYOUT.frames("{train_dataset}"),
    "pixel_sizes": LAYOUT.pixel_sizes("{train_dataset}"),
    "split": lambda w: splits_of([w.train_dataset], [w.fold], w.experiment),
}
FIRST_TRACKED = next(iter(FACTS.tracked_experiments), FACTS.reference)  # shown in pictures
FIRST_TRACKS = f"{FIRST_TRACKED}/{{dataset}}/fold{FOLDS[0]}-seed{SEEDS[0]}"
TRACK_FIGURES = ["tracks", "motion"]


rule predict_sequence:
    input:
        models=models_of_fold,
        frames=TRACKED["frames"],
        split=TRACKED["split"],
    output:
        expand(LAYOUT.sequence_predictions(RUN), seed=SEEDS, allow_missing=True),
    log:
        LAYOUT.log("predict_sequence", FOLD),
    benchmark:
        LAYOUT.benchmark("predict_sequence", FOLD)
    conda:
        "../../envs/train.yaml"
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=60,
    params:
        compute=COMPUTE,
        inference=lambda w: as_json(inference_settings(STUDY, w.experiment)),
        code=code_of("predict_sequence.py"),
    shell:
        "python workflow/scripts/predict_sequence.py --models {input.models:q} --frames {input.frames:q}"
        " --split {input.split:q} --inference {params.inference:q} --compute {params.compute:q}"
        " --outputs {output:q} > {log:q} 2>&1"


rule track:
    input:
        predictions=rules.predict_sequence.output,
        frames=TRACKED["frames"],
        pixel_sizes=TRACKED["pixel_sizes"],
        split=TRACKED["split"],
    output:
        scores=expand(LAYOUT.track_scores(RUN), seed=SEEDS, allow_missing=True),
        lines=expand(LAYOUT.track_lines(RUN), seed=SEEDS, allow_missing=True),
        tracks=expand(LAYOUT.tracks(RUN), seed=SEEDS, allow_missing=True),
    log:
        LAYOUT.log("track", FOLD),
    benchmark:
        LAYOUT.benchmark("track", FOLD)
    conda:
        "../../envs/track.yaml"
    params:
        instances=lambda w: as_json(instance_settings(STUDY, w.experiment, w.train_dataset)),
        tracking=lambda w: as_json(sequence_settings(STUDY, w.train_dataset)),
        code=code_of("track.py"),
    shell:
        "python workflow/scripts/track.py --predictions {input.predictions:q} --frames {input.frames:q}"
        " --split {input.split:q} --instances {params.instances:q} --tracking {params.tracking:q}"
        " --scores {output.scores:q} > {log:q} 2>&1"


rule measure_cells:
    input:
        tracks=rules.track.output.lines,
        frames=TRACKED["frames"],
        pixel_sizes=TRACKED["pixel_sizes"],
        split=TRACKED["split"],
    output:
        expand(LAYOUT.measurements(RUN), seed=SEEDS, allow_missing=True),
    log:
        LAYOUT.log("measure_cells", FOLD),
    benchmark:
        LAYOUT.benchmark("measure_cells", FOLD)
    conda:
        "../../envs/data.yaml"
    params:
        code=code_of("measure_cells.py"),
    shell:
        "python workflow/scripts/measure_cells.py --tracks {input.tracks:q} --frames {input.frames:q}"
        " --split {input.split:q} --measurements {output:q} > {log:q} 2>&1"


rule draw_tracks:
    input:
        measurements=LAYOUT.measurements(FIRST_TRACKS),
        tracks=LAYOUT.tracks(FIRST_TRACKS),
        frames=LAYOUT.frames("{dataset}"),
        pixel_sizes=LAYOUT.pixel_sizes("{dataset}"),
        split=lambda w: splits_of([w.dataset], [FOLDS[0]], FIRST_TRACKED),
    output:
        report(
            expand(LAYOUT.figure("{figure}-{{dataset}}", "png"), figure=TRACK_FIGURES),
            category="Images",
            subcategory="{dataset}",
            caption="../report/captions/tracks.rst",
        ),
        expand(LAYOUT.figure("{figure}-{{dataset}}", "svg"), figure=TRACK_FIGURES),
    log:
        LAYOUT.log("draw_tracks", "{dataset}"),
    benchmark:
        LAYOUT.benchmark("draw_tracks", "{dataset}")
    conda:
        "../../envs/report.yaml"
    params:
        figures=subpath(output[0], parent=True),
        code=code_of("draw_tracks.py"),
    shell:
        "python workflow/scripts/draw_tracks.py --measurements {input.measurements:q} --tracks {input.tracks:q}"
        " --frames {input.frames:q} --split {input.split:q} --figures {params.figures:q} > {log:q} 2>&1"
