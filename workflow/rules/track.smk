# Cells in time: every frame of a test sequence predicted, its cells followed, scored and measured, their tracks drawn.
# Jobs take all seeds of a fold: importing torch costs as much as predicting a short film.
FILM = {
    "models": lambda w: [
        f"{RESULTS}/runs/{training_experiment(config, w.experiment)}/{w.train_dataset}/fold{w.fold}-seed{seed}/model.pt"
        for seed in SEEDS
    ],
    "frames": f"{RESOURCES}/datasets/{{train_dataset}}/frames.csv",
    "split": lambda w: splits_of([w.train_dataset], [w.fold], w.experiment),
}
FILMED = STUDY_FACTS["filmed"]
FIRST_FILMED = next(iter(FILMED["experiments"]), config["study"]["reference"])  # shown in pictures
FIRST_FILM = f"{FIRST_FILMED}/{{dataset}}/fold{FOLDS[0]}-seed{SEEDS[0]}"
TRAILS = ["tracks", "motion"]


rule predict_sequence:
    input:
        models=FILM["models"],
        frames=FILM["frames"],
        split=FILM["split"],
    output:
        expand(f"{RESULTS}/sequence_predictions/{RUN}.npz", seed=SEEDS, allow_missing=True),
    log:
        f"{LOGS}/predict_sequence/{FOLD}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_sequence/{FOLD}.tsv"
    conda:
        "../../envs/train.yaml"
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=60,
    params:
        compute=COMPUTE,
        inference=lambda w: as_json(inference_settings(config, w.experiment)),
        code=code_of("predict_sequence.py") + code_of("predict.py"),
    shell:
        "python workflow/scripts/predict_sequence.py --models {input.models:q} --frames {input.frames:q} --split {input.split:q}"
        " --inference {params.inference:q} --compute {params.compute:q} --outputs {output:q} > {log:q} 2>&1"


rule track:
    input:
        predictions=rules.predict_sequence.output,
        frames=FILM["frames"],
        split=FILM["split"],
    output:
        scores=expand(f"{RESULTS}/tracks/{RUN}.csv", seed=SEEDS, allow_missing=True),
        lines=expand(f"{RESULTS}/tracks/{RUN}/res_track.txt", seed=SEEDS, allow_missing=True),
        tracks=expand(f"{RESULTS}/tracks/{RUN}/tracks.csv", seed=SEEDS, allow_missing=True),
    log:
        f"{LOGS}/track/{FOLD}.log",
    benchmark:
        f"{RESULTS}/benchmarks/track/{FOLD}.tsv"
    conda:
        "../../envs/track.yaml"
    params:
        settings=lambda w: as_json(following(w.experiment, w.train_dataset)),
        code=code_of("track.py"),
    shell:
        "python workflow/scripts/track.py --predictions {input.predictions:q} --frames {input.frames:q}"
        " --split {input.split:q} --settings {params.settings:q} --scores {output.scores:q} > {log:q} 2>&1"


rule measure_cells:
    input:
        tracks=rules.track.output.lines,
        frames=FILM["frames"],
        split=FILM["split"],
    output:
        expand(f"{RESULTS}/measurements/{RUN}.csv", seed=SEEDS, allow_missing=True),
    log:
        f"{LOGS}/measure_cells/{FOLD}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_cells/{FOLD}.tsv"
    conda:
        "../../envs/data.yaml"
    params:
        code=code_of("measure_cells.py"),
    shell:
        "python workflow/scripts/measure_cells.py --tracks {input.tracks:q} --frames {input.frames:q} --split {input.split:q}"
        " --cells {output:q} > {log:q} 2>&1"


rule draw_tracks:
    input:
        cells=f"{RESULTS}/measurements/{FIRST_FILM}.csv",
        tracks=f"{RESULTS}/tracks/{FIRST_FILM}/tracks.csv",
        frames=f"{RESOURCES}/datasets/{{dataset}}/frames.csv",
        split=lambda w: splits_of([w.dataset], [FOLDS[0]], FIRST_FILMED),
    output:
        report(
            expand(f"{RESULTS}/figures/{{trail}}-{{dataset}}.png", trail=TRAILS, allow_missing=True),
            category="Images",
            subcategory="{dataset}",
            caption="../report/captions/trails.rst",
        ),
        expand(f"{RESULTS}/figures/{{trail}}-{{dataset}}.svg", trail=TRAILS, allow_missing=True),
    log:
        f"{LOGS}/draw_tracks/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw_tracks/{{dataset}}.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        figures=subpath(output[0], parent=True),
        code=code_of("draw_tracks.py"),
    shell:
        "python workflow/scripts/draw_tracks.py --cells {input.cells:q} --tracks {input.tracks:q} --frames {input.frames:q}"
        " --split {input.split:q} --figures {params.figures:q} > {log:q} 2>&1"
