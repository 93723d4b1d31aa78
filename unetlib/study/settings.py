"""A study's configuration as typed settings: every section, every experiment, every external tool."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationInfo, create_model, field_validator

from unetlib.datasets.settings import DatasetSettings, SplitSettings
from unetlib.evaluation.settings import PitfallSettings, ProtocolSettings, Question, ScoringSettings
from unetlib.imaging.settings import (
    InstanceMethod,
    Normalisation,
    ResampleSettings,
    SeedSettings,
    TargetSettings,
    WeightMapSettings,
)
from unetlib.io.settings import LimitSettings, Settings, SettingsError, option
from unetlib.networks.settings import ComputeSettings, InferenceSettings, ModelSettings
from unetlib.tracking.settings import TrackingSettings
from unetlib.training.settings import (
    AugmentationSettings,
    BatchSettings,
    LossSettings,
    RunSettings,
    TrainingSettings,
    ValidationSettings,
)


class StudyError(SettingsError):
    """The configuration cannot be run; `key` is the path of the fault in it."""

    def __init__(self, message: str, *key: str) -> None:
        super().__init__(message)
        self.key = key


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Unsigned = Annotated[int, Field(ge=0)]


def differences(section: type[Settings]) -> type[Settings]:
    """Return a variant of a section's settings for experiments, in which every field may be omitted."""
    fields: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        fields[name] = (annotation | None, Field(None, description=field.description))
    return create_model(f"{section.__name__}Differences", __base__=Settings, __doc__=section.__doc__, **fields)


if TYPE_CHECKING:  # what a type checker needs to know of them
    SplitDifferences: TypeAlias = Settings
    InferenceDifferences: TypeAlias = Settings
    ScoringDifferences: TypeAlias = Settings
    WeightMapDifferences: TypeAlias = Settings
    AugmentationDifferences: TypeAlias = Settings
    ModelDifferences: TypeAlias = Settings
    LossDifferences: TypeAlias = Settings
    TrainingDifferences: TypeAlias = Settings
    ValidationDifferences: TypeAlias = Settings
    BatchDifferences: TypeAlias = Settings
    TargetDifferences: TypeAlias = Settings
    ResampleDifferences: TypeAlias = Settings
    SeedDifferences: TypeAlias = Settings
else:
    SplitDifferences = differences(SplitSettings)
    InferenceDifferences = differences(InferenceSettings)
    ScoringDifferences = differences(ScoringSettings)
    WeightMapDifferences = differences(WeightMapSettings)
    AugmentationDifferences = differences(AugmentationSettings)
    ModelDifferences = differences(ModelSettings)
    LossDifferences = differences(LossSettings)
    TrainingDifferences = differences(TrainingSettings)
    ValidationDifferences = differences(ValidationSettings)
    BatchDifferences = differences(BatchSettings)
    TargetDifferences = differences(TargetSettings)
    ResampleDifferences = differences(ResampleSettings)
    SeedDifferences = differences(SeedSettings)


ABOUT = ("question", "named_before")  # what an experiment is asked for: changes nothing that it does


class ExperimentSettings(Settings):
    """An experiment: its differences from the study's sections; it shares everything that it does not state."""

    train_on: Literal["all"] | None = Field(None, description="all: one network on all its datasets together.")
    networks_of: str | None = Field(
        None,
        description="Uses the networks of this experiment and trains none; only inference, instance_method and scoring"
        " may differ.",
    )
    datasets: Annotated[list[str], Field(min_length=1)] | None = option(
        None, "Datasets of the study that its networks are trained on; left out: all of them."
    )
    split: SplitDifferences | None = Field(None, description="As split, for its own training dataset.")
    inference: InferenceDifferences | None = Field(None, description="As inference.")
    instance_method: InstanceMethod | None = Field(None, description="As instance_method.")
    seeds: SeedDifferences | None = option(None, "As seeds.")
    scoring: ScoringDifferences | None = Field(None, description="As scoring.")
    validation: ValidationDifferences | None = Field(None, description="As validation.")
    separate_touching: bool | None = Field(None, description="As separate_touching.")
    normalisation: Normalisation | None = Field(None, description="As normalisation.")
    weight_map: WeightMapDifferences | None = Field(None, description="As weight_map.")
    augmentation: AugmentationDifferences | None = Field(None, description="As augmentation.")
    model: ModelDifferences | None = Field(None, description="As model.")
    loss: LossDifferences | None = Field(None, description="As loss; params replaces all parameters.")
    training: TrainingDifferences | None = Field(None, description="As training.")
    batch: BatchDifferences | None = Field(None, description="As batch.")
    target: TargetDifferences | None = option(None, "As target.")
    resample: ResampleDifferences | None = option(None, "As resample.")
    start_from: str | None = option(None, "As start_from.")
    question: Question | None = option(
        None,
        "What its comparison with the reference is an answer to: p-values are corrected among those of one question;"
        " left out: what it changes, and training recipe where that is several things.",
    )
    named_before: bool | None = option(
        None, "true: its comparison was chosen before any result was seen, and is corrected among such alone."
    )


class StudyList(Settings):
    """What takes part in a study."""

    name: Name = Field(description="Names the folders results/<name> and resources/<name>.")
    datasets: list[str] = Field(min_length=1, description="Names under datasets that take part.")
    experiments: list[str] = Field(min_length=1, description="Names under experiments that take part.")
    reference: str = Field(description="The experiment with which all others are compared.")
    folds: list[Unsigned] = Field(min_length=1, description="Which folds are run (from 0).")
    seeds: list[Unsigned] = Field(min_length=1, description="One network per seed.")
    external_tools: list[str] = Field(description="Names under external_tools that take part.")

    protocols: list[str] = option([], "Names under protocols that take part: their experiments are added.")
    tools: list[str] = option([], "Names under tools that are trained beside the networks.")
    tool_transfer: bool = option(
        True, "false: a tool predicts the test images of its own dataset alone; true: of all, for the transfer table."
    )

    @field_validator("datasets", "experiments", "folds", "seeds", "external_tools", "protocols", "tools")
    @classmethod
    def _each_once(cls, values: list[Any], info: ValidationInfo) -> list[Any]:
        if twice := [value for number, value in enumerate(values) if value in values[:number]]:
            raise ValueError(f"study.{info.field_name} lists {twice[0]} twice; remove one")
        return values


class ExternalTool(Settings):
    """Label images of another tool. They come from exactly one of command and folder."""

    command: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Run once per dataset and fold, without a shell; {images} becomes a folder of the test images"
        " (<frame>.tif, grey) and {output} an empty folder for label images.",
    )
    folder: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Instead of a command: a folder of label images (TIFF or PNG, whole numbers, 0 = background) made"
        " beforehand; it may hold more frames than are tested.",
    )
    pattern: Annotated[str, Field(pattern=r"\{frame\}[^/]*$")] | None = Field(
        None,
        description="Where the label image of a frame stands in {output} or the folder, with {frame} and maybe"
        " {dataset}; left out it is {frame}.tif of a command and {dataset}/{frame}.tif of a folder.",
    )
    masks: bool = option(
        False, "The label images are masks whose connected components are the instances, as in a dataset's options."
    )
    conda: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Environment file of the command for --sdm conda, from the project's root."
    )


class ToolSettings(Settings):
    """A tool of others that is trained on the study's own training images: a folder in workflow/tools."""

    tool: Name | None = option(None, "Its folder in workflow/tools; left out, it has the name of the entry.")
    datasets: list[Name] | None = option(None, "Datasets of the study that it is trained on; left out: all.")
    budget_s: Annotated[float, Field(gt=0)] | None = option(None, "As tool_budget_s, for this tool alone.")
    predict_s: Annotated[float, Field(gt=0)] = option(
        3600.0, "Seconds that the prediction of a test set may take: of the processor, or of the wall on a GPU."
    )
    options: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], bool | int | float | str] = option(
        {}, "Further options of its script, by name: in its card."
    )
    masks: bool = option(
        False, "Its label images are masks whose connected components are the instances, as in a dataset's options."
    )
    pretrained: bool = option(False, "It starts from weights that were trained on other images; its rows say so.")


class StudySettings(RunSettings):
    """The configuration of a study; an unknown key is an error."""

    study: StudyList = Field(description="What takes part in this study.")
    mirrors: list[str] = Field(description="Folders or http(s) URLs tried by archive name before a dataset's own url.")
    limits: LimitSettings = Field(description="Limits of downloads and archives.")
    datasets: dict[Name, DatasetSettings] = Field(description="Datasets by name; only those in study.datasets count.")
    split: SplitSettings = Field(description="Which frames train, validate and test.")
    instance_method: InstanceMethod = Field(
        "components",
        description="How the foreground is divided into instances. components: all that is connected over pixel sides;"
        " watershed: cut at necks deeper than its dataset's watershed_depth_px; seeds: grown from the middles of cells,"
        " which networks with target.kind distances find.",
    )
    seeds: SeedSettings = option(SeedSettings(), "How instance_method seeds finds the middles of cells.")
    compute: ComputeSettings = Field(description="Where and how networks run.")
    inference: InferenceSettings = Field(description="How the test images are predicted.")
    scoring: ScoringSettings = Field(description="The part of the test images that is scored.")
    tracking: TrackingSettings = Field(description="Cells linked through whole test sequences.")
    experiments: dict[Name, ExperimentSettings] = Field(description="Experiments by name.")
    pitfalls: dict[Name, PitfallSettings] = Field(
        description="Pairs of experiments that measure what a mistake seems to gain; a pair counts if both are in the"
        " study."
    )
    protocols: dict[Name, ProtocolSettings] = option(
        {}, "Protocols of documents, step by step towards ours; those in study.protocols are run."
    )
    external_tools: dict[Name, ExternalTool] = Field(description="External tools by name.")
    tool_budget_s: float = option(
        780.0,
        "Seconds that the training of a tool may take, everything included: of the processor, or of the wall on a GPU."
        " It is stopped at 1.2 times as many.",
        gt=0,
    )
    tools: dict[Name, ToolSettings] = option({}, "Tools that are trained, by name.")

    def plain(self) -> dict[str, Any]:
        """Return the stated configuration in JSON types; sections that an experiment omits stay omitted.

        As null they would count as differences when the result is read again.
        """
        return self.model_dump(mode="json", exclude_unset=True)

    def identity(self) -> dict[str, Any]:
        """Return the same as `plain`: scripts over a whole study take all of it."""
        return self.plain()
