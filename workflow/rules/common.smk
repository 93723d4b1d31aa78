# Names, paths and job settings that the rules share. What a run is lives in unetlib/study/runs.py.
import json
import os
from pathlib import Path

from snakemake.logging import logger

from unetlib.study.config_checks import check_study
from unetlib.study.experiments import (
    cache_settings,
    swept_levels,
    watershed_depths,
    inference_settings,
    share_identical_trainings,
    same_as_reference,
    experiment_settings,
    split_keys,
    split_settings,
    mirrored_windows,
)
from unetlib.datasets.source_digest import folder_source
from unetlib.datasets.unused_files import unused_line
from unetlib.study.external_tools import split_command
from unetlib.io.files import short_hash, sha256_of
from unetlib.study.tracked_runs import tracked_experiments, tracked_runs
from unetlib.study.code_fingerprint import code_of as fingerprint_of
from unetlib.study.runs import closing_line, progress
from unetlib.study.runs import (
    JOINT,
    StudyError,
    is_joint,
    runs,
    split_keys_for_testing,
    trained_runs,
    training_experiment,
    training_datasets,
)

try:
    check_study(config)
except StudyError as error:
    raise WorkflowError(f"config: {error}")
config = share_identical_trainings(config)  # from here on each experiment says whose networks it uses

# Scripts find the library without an installation (conda); spinning threads slow a busy machine down fivefold.
search_path = [workflow.basedir, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, search_path)), PYTHONUNBUFFERED="1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def as_json(value):
    return json.dumps(value, sort_keys=True)


STUDY = config["study"]["name"]
RESULTS = f"results/{STUDY}"
RESOURCES = f"resources/{STUDY}"
LOGS = f"logs/{STUDY}"
DATASETS = config["study"]["datasets"]
FOLDS = config["study"]["folds"]
RUNS = runs(config)
GPUS = 0 if config["compute"]["device"] == "cpu" else 1
SEEDS = config["study"]["seeds"]
FOLD = "{experiment}/{train_dataset}/fold{fold}"
RUN = f"{FOLD}-seed{{seed}}"

# compute.pack_jobs: what one job does for several values is an expanded output, else it stays a wildcard.
COMPUTE = as_json({key: value for key, value in config["compute"].items() if key != "pack_jobs"})
PACKED = config["compute"]["pack_jobs"]
TRAINED = FOLD if PACKED else RUN
PREDICTED = "{train_dataset}/fold{fold}" if PACKED else FOLD
EXPERIMENTS = config["study"]["experiments"]
SEPARATE, JOINTLY = ([name for name in EXPERIMENTS if is_joint(config, name) == joint] for joint in (False, True))

# Settings that are shared by what agrees in them stand under a key.
SPLITS = split_keys(config)  # experiment ("" = the study) → dataset → key
SPLIT_SETTINGS = {
    key: split_settings(config, dataset, name or None) for name in SPLITS for dataset, key in SPLITS[name].items()
}
CACHES = {name: cache_settings(config, name) for name in EXPERIMENTS}
CACHE_KEYS = {name: short_hash(chosen) for name, chosen in CACHES.items()}
CACHE_SETTINGS = {CACHE_KEYS[name]: chosen for name, chosen in CACHES.items()}
STUDY_SPLITS = sorted(set(SPLITS[""].values()))
STUDY_CACHES = sorted({CACHE_KEYS[name] for name in EXPERIMENTS if SPLITS[name] == SPLITS[""]})


wildcard_constraints:
    dataset="[A-Za-z0-9._-]+",
    experiment="[A-Za-z0-9._-]+",
    external="[A-Za-z0-9._-]+",
    train_dataset="[A-Za-z0-9._-]+",
    fold=r"\d+",
    seed=r"\d+",
    key="[0-9a-f]{8}",
    split="[0-9a-f]{8}",
    pin="[0-9a-z]+",


def code_of(script):
    return fingerprint_of(Path(workflow.basedir) / "workflow" / "scripts" / script)


def entry_of(dataset):
    return config["datasets"][dataset]


def source_of(dataset):
    """Where a dataset comes from: its folder, its synthetic archive, or its downloaded one."""
    entry = entry_of(dataset)
    if entry.get("folder"):
        return str(Path(entry["folder"]).expanduser())
    if entry.get("synthetic"):
        return f"resources/synthetic/{short_hash(entry['synthetic'])}/{dataset}.zip"
    return f"resources/archives/{pin_of(entry)}/{entry['archive']}"


def download_of(archive, pin):
    """What identifies a download: of all datasets, the one with this archive and this checksum."""
    entries = (e for e in config["datasets"].values() if e.get("archive") == archive and pin_of(e) == pin)
    return {key: value for key, value in next(entries).items() if key in ("archive", "url", "sha256")}


def files_of(dataset):
    """The archive that a dataset is prepared from. A pinned one cannot change: when it was fetched does not matter."""
    source = source_of(dataset)
    entry = entry_of(dataset)
    if entry.get("folder"):
        return []  # what is in it decides (FOLDERS), and no time stamp does
    return ancient(source) if entry.get("sha256") else source


def pin_of(entry):
    """What tells archives of one name apart: the checksum, or where it comes from as long as there is none."""
    sources = [entry.get("url"), *config["mirrors"]]
    return entry["sha256"][:12] if entry.get("sha256") else f"from{short_hash(sources)}"


def folder_of_dataset(dataset):
    """What is in a dataset's own folder, by content; a folder that is not there is an error now."""
    options = {
        key: value for key, value in (entry_of(dataset).get("options") or {}).items() if key in ("images", "labels")
    }
    try:
        found = folder_source(
            Path(source_of(dataset)), **options, cache=Path(f"resources/checksums/{STUDY}/{dataset}.json")
        )
    except (ValueError, OSError) as error:
        raise WorkflowError(f"datasets.{dataset}: {error}")
    if workflow.is_main_process and (line := unused_line(source_of(dataset), found.unused)):
        logger.info(f"datasets.{dataset}: {line}")
    return found


def cache_of(experiment, dataset, fold):
    return f"{RESOURCES}/caches/{dataset}/{SPLITS[experiment][dataset]}/fold{fold}/{CACHE_KEYS[experiment]}/index.csv"


def caches_of(wildcards):
    names = training_datasets(config, wildcards.train_dataset)
    return [cache_of(wildcards.experiment, name, wildcards.fold) for name in names]


def frames_of(datasets):
    return [f"{RESOURCES}/datasets/{dataset}/frames.csv" for dataset in datasets]


def splits_of(datasets, folds, experiment=""):
    """The split files of an experiment, or of the study."""
    keys = SPLITS[experiment]
    return [f"{RESOURCES}/splits/{dataset}/{keys[dataset]}/fold{fold}.csv" for dataset in datasets for fold in folds]


def judged_by(wildcards):
    """The experiments that one job predicts or scores."""
    if not PACKED:
        return [wildcards.experiment]
    return JOINTLY if wildcards.train_dataset == JOINT else SEPARATE


def models_of(wildcards):
    """The networks that a job predicts with, in the order of its outputs; an experiment may use those of another."""
    place = f"{wildcards.train_dataset}/fold{wildcards.fold}"
    trainers = [training_experiment(config, name) for name in judged_by(wildcards)]
    return [f"{RESULTS}/runs/{name}/{place}-seed{seed}/model.pt" for seed in SEEDS for name in trainers]


def inference_for(wildcards):
    """How each experiment of a job predicts."""
    return as_json({name: inference_settings(config, name) for name in judged_by(wildcards)})


def tests_of(wildcards):
    """By which split each experiment of a job is tested: experiment → dataset → key."""
    return {name: split_keys_for_testing(STUDY_FACTS, name, wildcards.train_dataset) for name in judged_by(wildcards)}


def test_splits_of(wildcards):
    """The files of those splits."""
    found = {pair for keys in tests_of(wildcards).values() for pair in keys.items()}
    return [f"{RESOURCES}/splits/{dataset}/{key}/fold{wildcards.fold}.csv" for dataset, key in sorted(found)]


def of_seeds(pattern, experiments):
    """The pattern for every seed, and packed for each of the experiments too."""
    return expand(pattern, seed=SEEDS, experiment=experiments if PACKED else "{experiment}", allow_missing=True)


def of_runs(pattern):
    """The pattern, a path under the results with {} in the place of a run's path, for every run."""
    return [f"{RESULTS}/{pattern.format(run.path)}" for run in RUNS]


def of_trained_runs(pattern):
    """The same for every run that trained a network of its own."""
    return [f"{RESULTS}/{pattern.format(run.path)}" for run in trained_runs(config)]


FOLDERS = {name: folder_of_dataset(name) for name in DATASETS if entry_of(name).get("folder")}


# What the rules over the whole study need to know, in one argument: thousands of paths would not fit a command line.
STUDY_FACTS = {
    "study": config["study"],
    "experiments": {
        name: {
            "joint": is_joint(config, name),
            "trained_as": training_experiment(config, name),
            "same_as_reference": same_as_reference(config, name),
        }
        for name in EXPERIMENTS
    },
    "datasets": {name: {key: entry_of(name).get(key) for key in ("headline", "background")} for name in DATASETS},
    "splits": SPLITS,
    "audits": config["audits"],
    "filmed": tracked_experiments(config),
}
STUDY_JSON = as_json(STUDY_FACTS)
SCORING = {
    name: {key: entry_of(name).get(key) for key in ("min_area_px", "field_of_interest_px", "thinning_thresholds")}
    for name in DATASETS
}


DEPTHS, WINDOWS = watershed_depths(config), mirrored_windows(config)


def following(experiment, dataset):
    """How a dataset's cells are found and followed."""
    entry = entry_of(dataset)
    how = {key: value for key, value in config["tracking"].items() if key != "experiments"}
    cut = {key: entry.get(key) for key in ("min_area_px", "field_of_interest_px")}
    return {
        "tracking": how | {"interval_min": entry.get("frame_interval_min")},
        "labels": cut | {"threshold": config["threshold"], "watershed_depth_px": DEPTHS[experiment][dataset]},
    }


# Label images of other tools: what they are made by, and from.
EXTERNALS = {name: config["externals"][name] for name in config["study"]["externals"]}


def environment_of(external):
    """The tool's own environment file; Snakemake takes it from the folder of the rules unless it is absolute."""
    chosen = EXTERNALS[external].get("conda")
    return str(Path(workflow.basedir, chosen)) if chosen else None


def tools_of(external):
    """Fingerprints of the files that a tool's command names: an edited script runs again."""
    command = EXTERNALS[external].get("command")
    files = (
        [Path(word) for word in split_command(command, images=Path("images"), output=Path("output"))] if command else []
    )
    return {
        str(path): fingerprint_of(path) if path.suffix == ".py" else sha256_of(path) for path in files if path.is_file()
    }


def folder_of(external):
    folder = EXTERNALS[external].get("folder")
    return sorted(str(path) for path in Path(folder).rglob("*") if path.is_file()) or folder if folder else []
