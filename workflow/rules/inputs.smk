# The inputs and settings of jobs by their wildcards.
from snakemake.logging import logger

from unetlib.datasets.unused_files import unused_line
from unetlib.models.registry import find_network
from unetlib.study.external_inputs import labels_content
from unetlib.study.sources import folder_content, hint_of_few, source_files, source_of


def of_seeds(pattern, experiments="{experiment}"):
    """The pattern for every seed, and for each of the experiments where jobs are packed."""
    return expand(pattern, seed=SEEDS, experiment=experiments if PACKED else "{experiment}", allow_missing=True)


def splits_of(datasets, folds, experiment=""):
    """The split files of an experiment, or of the study."""
    return [LAYOUT.split(name, FACTS.splits[experiment][name], fold) for name in datasets for fold in folds]


def files_of(wildcards):
    """The archive of a dataset. A pinned one cannot change: when it was fetched does not matter."""
    files = source_files(STUDY, wildcards.dataset)
    return ancient(files) if STUDY.datasets[wildcards.dataset].sha256 else files


def checked(check, *arguments):
    """What a check of the study's sources returns; a source that is not there is an error now."""
    try:
        return check(*arguments)
    except StudyError as error:
        raise WorkflowError(str(error)) from None


def folder_of(dataset):
    """What is in a dataset's own folder, by content."""
    found = checked(folder_content, STUDY, dataset)
    told = [unused_line(source_of(STUDY, dataset), found.unused), hint_of_few(STUDY, dataset, found.groups)]
    for line in filter(None, told if workflow.is_main_process else []):
        logger.info(f"datasets.{dataset}: {line}")
    return found


def content_of_labels(tool, dataset):
    """What identifies a tool's label images of a dataset."""
    cache = Path(LAYOUT.external_checksums(tool, dataset))
    return checked(labels_content, tool, STUDY.external_tools[tool], dataset, cache)


def training_splits_of(wildcards):
    """The split files that a network is trained by, in the order of its datasets."""
    keys = FACTS.training_splits_of(wildcards.experiment, wildcards.train_dataset)
    return [LAYOUT.split(name, key, wildcards.fold) for name, key in keys.items()]


TOOL_RUN = RUN.replace("{experiment}", "{tool}")


def tool_tests(wildcards):
    """Dataset → key of the split whose test images a tool predicts."""
    return FACTS.split_keys_for_testing_tool(wildcards.train_dataset)


def tool_run_of(wildcards):
    """The run of a tool that a job is of."""
    return TOOL_RUN.format(**wildcards)


def started_from(wildcards):
    """The file of the network whose weights a training starts from, if any."""
    name = run_settings(STUDY, wildcards.experiment).start_from
    return [find_network(name).path] if name else []


def caches_of(wildcards):
    key, splits = CACHE_KEYS[wildcards.experiment], FACTS.training_splits_of(
        wildcards.experiment, wildcards.train_dataset
    )
    return [LAYOUT.cache(name, split, wildcards.fold, key) for name, split in splits.items()]


def experiments_of_job(wildcards):
    """The experiments that one job predicts or scores."""
    if "experiment" in wildcards.keys():
        return [wildcards.experiment]
    return JOINTLY if wildcards.train_dataset == JOINT else SEPARATE


def models_of(wildcards):
    """The networks that a job predicts with, in the order of its outputs; an experiment may use those of another."""
    place = f"{wildcards.train_dataset}/fold{wildcards.fold}"
    trainers = [training_experiment(STUDY, name) for name in experiments_of_job(wildcards)]
    return [LAYOUT.model(f"{name}/{place}-seed{seed}") for seed in SEEDS for name in trainers]


def tests_of(wildcards):
    """The split that tests each experiment of a job: experiment → dataset → key."""
    return {name: FACTS.split_keys_for_testing(name, wildcards.train_dataset) for name in experiments_of_job(wildcards)}


def test_splits_of(wildcards):
    found = {pair for keys in tests_of(wildcards).values() for pair in keys.items()}
    return [LAYOUT.split(dataset, key, wildcards.fold) for dataset, key in sorted(found)]


def models_of_fold(wildcards):
    """The networks of all seeds, whoever trained them."""
    place = f"{training_experiment(STUDY, wildcards.experiment)}/{wildcards.train_dataset}/fold{wildcards.fold}"
    return [LAYOUT.model(f"{place}-seed{seed}") for seed in SEEDS]
