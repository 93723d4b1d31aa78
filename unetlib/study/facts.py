"""What scripts need to know about a whole study: names and their order, splits, and whose networks are used."""

from pydantic import Field

from unetlib.datasets.settings import Metric
from unetlib.evaluation.settings import PitfallSettings, ProtocolSteps
from unetlib.io.settings import Settings, option
from unetlib.study.experiments import (
    TRAINED_BY,
    datasets_of,
    is_joint,
    run_settings,
    same_as_reference,
    split_keys,
    split_settings,
    training_experiment,
    training_split_settings,
)
from unetlib.study.mistakes import set_apart
from unetlib.study.protocols import protocol_steps
from unetlib.study.questions import question_of
from unetlib.study.runs import EXTERNAL, JOINT, NO_SEED, Run
from unetlib.study.settings import ABOUT, StudySettings
from unetlib.study.sweeps import swept_levels
from unetlib.study.tracked_runs import tracked_datasets, tracked_experiments


class DatasetFacts(Settings):
    """A dataset of a study."""

    primary_metric: Metric = Field(description="The metric it is judged by.")
    background: str | None = Field(description="Name of the background class when it is one.")
    folds: int | None = Field(None, description="How many folds its split has.")


class ExperimentFacts(Settings):
    """An experiment of a study."""

    joint: bool = Field(description="Whether one network is trained on all its datasets together.")
    datasets: list[str] = Field(description="The datasets that its networks are trained on.")
    trained_by: str = Field(description="The experiment that trains its networks: mostly itself.")
    base_filters: int = Field(description="Filters of the first level of its networks.")
    tiles: int | None = Field(None, description="Tiles that a network of it is trained on: updates × batch.")
    silver_truth: list[str] = Field([], description="Datasets on which it trains with silver truth where there is any.")
    same_as_reference: list[str] = Field(description="Datasets on which it equals the reference by construction.")
    question: str = Field("", description="What its comparison with the reference is an answer to.")
    named_before: bool = Field(False, description="Whether its comparison was chosen before any result was seen.")


class ToolEntry(Settings):
    """A tool that a study trains."""

    pretrained: bool = Field(False, description="Whether it starts from weights that were trained on other images.")
    budget_seconds: float = Field(description="Seconds that its training may take.")
    datasets: list[str] = option([], "The datasets that it is trained on, where they are not all of the study.")


class StudyFacts(Settings):
    """A study as its tables and figures need it; mappings and lists keep the order of the configuration."""

    name: str = Field(description="The study's name.")
    reference: str = Field(description="The experiment all others are compared with.")
    folds: list[int] = Field(description="The folds that are run.")
    seeds: list[int] = Field(description="One network per seed.")
    datasets: dict[str, DatasetFacts] = Field(description="The datasets that take part.")
    experiments: dict[str, ExperimentFacts] = Field(description="The experiments that take part.")
    external_tools: list[str] = Field(description="The external tools that take part.")
    tools: dict[str, ToolEntry] = option({}, "The tools that are trained beside the networks.")
    tool_transfer: bool = option(True, "Whether a tool predicts the test images of all datasets.")
    splits: dict[str, dict[str, str]] = Field(
        description='Experiment ("": the study) → dataset → key of the split that tests.'
    )
    training_splits: dict[str, dict[str, str]] = Field(
        description="The same of the split that trains: another number of test frames is the same training."
    )
    pitfalls: dict[str, PitfallSettings] = Field(description="Pairs of experiments that measure a pitfall.")
    protocols: dict[str, ProtocolSteps] = Field(description="What documents did, step by step towards what we do.")
    set_apart: list[str] = Field(description="Experiments with mistakes or of protocols: not in the ordinary tables.")
    tracked_experiments: list[str] = Field(description="Experiments whose cells are linked through time.")
    tracked_datasets: list[str] = Field(description="Datasets whose test sequences are tracked.")
    sweeps: dict[str, dict[str, int | None]] = Field(description="What is varied in steps: sweep → experiment → level.")
    aliases: dict[str, str] = Field(
        description="Experiments that are left out, as their settings are those of one that takes part: its name."
    )

    def runs(self) -> list[Run]:
        """Return every run that is predicted and scored."""
        return [
            Run(name, dataset, fold, seed)
            for name, experiment in self.experiments.items()
            for dataset in ([JOINT] if experiment.joint else experiment.datasets)
            for fold in self.folds
            for seed in self.seeds
        ]

    def training_run(self, run: Run) -> Run:
        """Return the run whose network a run uses, usually itself."""
        return Run(self.experiments[run.experiment].trained_by, run.train_dataset, run.fold, run.seed)

    def trained_runs(self) -> list[Run]:
        """Return the runs that are trained: those that do not use another experiment's networks."""
        return [run for run in self.runs() if self.training_run(run) == run]

    def tracked_runs(self) -> list[Run]:
        """Return the runs whose test sequence is tracked."""
        return [
            run
            for run in self.runs()
            if run.experiment in self.tracked_experiments and run.train_dataset in self.tracked_datasets
        ]

    def external_runs(self) -> list[Run]:
        """Return external tools as runs: one per fold, without a training set of ours and without a seed."""
        return [Run(name, EXTERNAL, fold, NO_SEED) for name in self.external_tools for fold in self.folds]

    def tool_runs(self) -> list[Run]:
        """Return the trainings of tools: each on all of its datasets, every fold and every seed."""
        return [
            Run(name, dataset, fold, seed)
            for name, entry in self.tools.items()
            for dataset in entry.datasets or self.datasets
            for fold in self.folds
            for seed in self.seeds
        ]

    def split_keys_for_testing_tool(self, train_dataset: str) -> dict[str, str]:
        """Return dataset → key of the split whose test frames score a tool that was trained on `train_dataset`."""
        return {n: key for n, key in self.splits[""].items() if self.tool_transfer or n == train_dataset}

    def training_datasets(self, experiment: str, train_dataset: str) -> list[str]:
        """Return the datasets in a training set of an experiment."""
        return self.experiments[experiment].datasets if train_dataset == JOINT else [train_dataset]

    def training_splits_of(self, experiment: str, train_dataset: str) -> dict[str, str]:
        """Return the key of the training split for each dataset that a run is trained on."""
        return {
            name: self.training_splits[experiment][name] for name in self.training_datasets(experiment, train_dataset)
        }

    def split_keys_for_testing(self, experiment: str, train_dataset: str) -> dict[str, str]:
        """Return dataset → key of the split whose test frames score a run.

        On the datasets that it was trained on, a network is tested by its own experiment's split; on all others by the
        study's. Experiments that only protocols need are tested on their training data and the protocols' datasets.
        """
        own = self.training_datasets(experiment, train_dataset)
        tested = {*own, *self._test_datasets_of_protocols().get(experiment, self.datasets)}
        return {name: self.splits[experiment if name in own else ""][name] for name in self.datasets if name in tested}

    def _test_datasets_of_protocols(self) -> dict[str, list[str]]:
        """Return the test datasets of each experiment that only protocols need."""
        found: dict[str, list[str]] = {}
        for protocol in self.protocols.values():
            for step in protocol.steps:
                if step.experiment in self.set_apart:
                    found.setdefault(step.experiment, []).append(protocol.test_dataset)
        return found


def study_facts(study: StudySettings) -> StudyFacts:
    """Return the facts of a checked study."""
    chosen = study.study
    return StudyFacts(
        name=chosen.name,
        reference=chosen.reference,
        folds=chosen.folds,
        seeds=chosen.seeds,
        datasets={
            name: DatasetFacts(
                primary_metric=study.datasets[name].primary_metric,
                background=study.datasets[name].background,
                folds=split_settings(study, name).folds,
            )
            for name in chosen.datasets
        },
        experiments={
            name: ExperimentFacts(
                joint=is_joint(study, name),
                datasets=datasets_of(study, name),
                trained_by=training_experiment(study, name),
                base_filters=run_settings(study, name).model.base_filters,
                tiles=tiles(study, name),
                silver_truth=silver_truth(study, name),
                same_as_reference=same_as_reference(study, name),
                question=question_of(study, name),
                named_before=bool(study.experiments[name].named_before),
            )
            for name in chosen.experiments
        },
        external_tools=chosen.external_tools,
        tools={
            name: ToolEntry(
                pretrained=entry.pretrained,
                budget_seconds=entry.budget_s or study.tool_budget_s,
                datasets=[each for each in chosen.datasets if each in (entry.datasets or [])],
            )
            for name, entry in ((name, study.tools[name]) for name in chosen.tools)
        },
        tool_transfer=chosen.tool_transfer,
        splits=split_keys(study),
        training_splits=split_keys(study, training_split_settings),
        pitfalls=study.pitfalls,
        protocols={name: protocol_steps(study, name) for name in chosen.protocols},
        set_apart=set_apart(study),
        tracked_experiments=tracked_experiments(study),
        tracked_datasets=tracked_datasets(study),
        sweeps=swept_levels(study),
        aliases=aliases(study),
    )


def tiles(study: StudySettings, experiment: str) -> int:
    """Return the number of tiles that a network of an experiment is trained on, without early stopping."""
    chosen = run_settings(study, experiment)
    training = chosen.training.for_datasets(len(datasets_of(study, experiment)))
    return training.updates * training.accumulation_steps * chosen.batch.size


def silver_truth(study: StudySettings, experiment: str) -> list[str]:
    """Return the datasets on which an experiment trains with silver truth if their frames have any."""
    return [
        name
        for name in datasets_of(study, experiment)
        if study.datasets[name].training_truth == "silver"
        and study.datasets[name].format == "ctc"
        and not split_settings(study, name, experiment).gold_only
    ]


def aliases(study: StudySettings) -> dict[str, str]:
    """Return omitted experiment → the study's reference, for experiments with the same settings."""
    reference = study.study.reference
    same = run_settings(study, reference)
    return {
        name: reference
        for name, entry in study.experiments.items()
        if name not in study.study.experiments
        and entry.model_fields_set <= {*TRAINED_BY, *ABOUT}
        and run_settings(study, name) == same
    }
