# Shared by all rules: the study, the paths of its files, its settings as arguments of scripts, and the packing of jobs.
import json
import os

from unetlib.io.files import short_hash
from unetlib.study import layout
from unetlib.study.code_fingerprint import code_of as fingerprint_of
from unetlib.study.config_errors import read_study
from unetlib.study.experiments import (
    cache_settings,
    dataset_scoring,
    inference_settings,
    instance_settings,
    network_scoring,
    run_settings,
    training_experiment,
    view_settings,
)
from unetlib.study.facts import study_facts
from unetlib.study.layout import FOLD, RUN, Layout
from unetlib.study.overlays import check_overlays, record_overlays, unnamed_overlays
from unetlib.study.progress import closing_line, progress
from unetlib.study.runs import JOINT
from unetlib.study.settings import StudyError
from unetlib.study.shared_settings import split_files, split_settings_by_key

overlays, base = workflow.configfiles[:-1], workflow.configfiles[-1]
UNNAMED = unnamed_overlays(overlays)
try:
    STUDY = read_study(config, [base, *overlays])
    LAYOUT = Layout(STUDY.study.name)
    check_overlays(Path(LAYOUT.overlays), STUDY.study.name, UNNAMED)
except StudyError as error:
    raise WorkflowError(str(error)) from None
FACTS = study_facts(STUDY)  # for scripts over the whole study
DATASETS, FOLDS, SEEDS, EXPERIMENTS = [*FACTS.datasets], FACTS.folds, FACTS.seeds, [*FACTS.experiments]

# Scripts find the library even if it is not installed (conda); spinning threads slow a busy machine down fivefold.
search_path = [workflow.basedir, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, search_path)), PYTHONUNBUFFERED="1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def as_json(value):
    """Settings, alone or in lists and dictionaries, as an argument of a script."""
    return json.dumps(value, sort_keys=True, default=lambda settings: settings.identity())


def code_of(script):
    return fingerprint_of(Path(workflow.basedir) / "workflow" / "scripts" / script)


# Thousands of paths would not fit on a command line: scripts ask LAYOUT for them.
FACTS_JSON = json.dumps(FACTS.plain())
COMPUTE = as_json({key: value for key, value in STUDY.compute.plain().items() if key != "pack_jobs"})
GPUS = 0 if STUDY.compute.device == "cpu" else 1

# With compute.pack_jobs, one job makes the outputs of several values, which are expanded; without, they stay wildcards.
PACKED = STUDY.compute.pack_jobs
TRAINED = FOLD if PACKED else RUN
PREDICTED = "{train_dataset}/fold{fold}" if PACKED else FOLD
RESTRICTED = [name for name in EXPERIMENTS if FACTS.experiments[name].datasets != DATASETS]  # to some datasets
JOINTLY = [name for name in EXPERIMENTS if FACTS.experiments[name].joint]
PARTIAL = [name for name in RESTRICTED if name not in JOINTLY]
SEPARATE = [name for name in EXPERIMENTS if name not in {*JOINTLY, *RESTRICTED}]

# Settings that several experiments share have a key.
SPLIT_SETTINGS = split_settings_by_key(STUDY, FACTS)
CACHE_KEYS = {name: short_hash(cache_settings(STUDY, name).identity()) for name in EXPERIMENTS}
CACHE_SETTINGS = {CACHE_KEYS[name]: cache_settings(STUDY, name) for name in EXPERIMENTS}


wildcard_constraints:
    dataset="[A-Za-z0-9._-]+",
    experiment="[A-Za-z0-9._-]+",
    tool="[A-Za-z0-9._-]+",
    train_dataset="[A-Za-z0-9._-]+",
    fold=r"\d+",
    seed=r"\d+",
    key="[0-9a-f]{8}",
    split="[0-9a-f]{8}",
    pin="[0-9a-z]+",


FRAMES = [LAYOUT.frames(name) for name in DATASETS]
TRAINED_RUNS = [run.path for run in FACTS.trained_runs()]
RUN_FACTS = [LAYOUT.run_facts(path) for path in TRAINED_RUNS]
SCORING = {name: dataset_scoring(STUDY, name) for name in DATASETS}
SPLITS = split_files(FACTS, LAYOUT)
