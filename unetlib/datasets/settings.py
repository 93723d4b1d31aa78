"""Settings of a dataset: its source, how it is read, and how its frames are split."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from unetlib.io.settings import Settings, option

Truth = Literal["silver", "gold"]
Lengths = Literal["pixels", "micrometres"]
DrawnBy = Literal["frame", "objects"]
SplitBy = Literal["sequence", "block", "group", "random"]
Metric = Literal["iou", "dice", "seg", "map", "ap50", "v_rand", "seg_ctc", "det", "v_rand_thinned", "v_info_thinned"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ +-]{0,99}$")]


class SyntheticSettings(Settings):
    """Synthetic microscopy, generated in the layout of a public dataset."""

    modality: Literal["phase", "fluorescence", "membranes"] = Field(
        description="The kind of microscopy that it imitates."
    )
    seed: int = Field(ge=0, description="The same seed gives the same bytes.")
    frames: int | None = Field(None, ge=4, description="Frames per sequence; images; slices.")
    height: int | None = Field(None, ge=32, description="Rows in px.")
    width: int | None = Field(None, ge=32, description="Columns in px.")


class ReaderOptions(Settings):
    """Options of the reader; see `datasets.readers.read`."""

    pixel_size_um: float | None = Field(None, gt=0, description="Side of a pixel in micrometres.")
    modality: str | None = Field(None, description="Name of the imaging modality (ctc and pairs).")
    images: str | None = Field(None, description="pairs: name of the folder of images.")
    labels: str | None = Field(None, description="pairs: name of the folder of label images.")
    masks: bool | None = Field(
        None,
        description="pairs, ctc and dsb: label images are masks whose connected components are the instances.",
    )
    channel: int | None = Field(
        None,
        ge=1,
        description="Which channel of images that hold several, from 1; of colour images red, green or blue.",
    )
    allow_empty: bool | None = Field(
        None, description="Accept label images without any object as negatives; false: refuse them."
    )
    near_duplicates: bool | None = Field(
        None, description="Whether images that look alike count as duplicates; false: only equal ones do."
    )


class ViewSettings(Settings):
    """How a dataset is presented to networks; see `DatasetSettings`."""

    binning: int = Field(1, ge=1, description="Side of the blocks of pixels that are averaged into one.")
    training_truth: Truth = option("silver", "The truth to train on if a frame has silver and gold truth.")
    lengths: Lengths = option("pixels", "The unit of lengths.")


class DatasetSettings(Settings):
    """One dataset; its source is exactly one of archive, folder and synthetic."""

    format: Literal["ctc", "isbi", "dsb", "pairs"] = Field(
        description="Layout of the archive: Cell Tracking Challenge, ISBI-2012, DSB2018, or a folder of images and a"
        " folder of label images."
    )
    archive: FileName | None = Field(None, description="File name of the archive at the mirrors and in resources/.")
    url: Annotated[str, Field(pattern=r"^(https?|file)://")] | None = Field(None, description="URL of the archive.")
    sha256: Sha256 | None = Field(
        None, description="Checksum of the archive; null = recorded on first use and enforced from then on."
    )
    folder: str | None = Field(None, description="Instead of an archive: a folder of your own (format pairs).")
    synthetic: SyntheticSettings | None = Field(None, description="Instead of an archive: synthetic microscopy.")
    options: ReaderOptions = Field(default_factory=ReaderOptions, description="Options of the reader.")
    split: SplitBy = Field(
        description="What keeps training and test apart: whole sequences, contiguous blocks, groups of similar images,"
        " or (for the leakage pitfall alone) random frames."
    )
    folds: int | None = Field(None, ge=2, description="Number of folds of this dataset, instead of split.folds.")
    dense_only: bool = option(
        False, "As split.dense_only, for this dataset, whose gold truth mostly draws a few of the cells in a frame."
    )
    primary_metric: Metric = Field(description="The metric by which networks are compared on this dataset.")
    background: str | None = Field(None, description="Name of the background class when it is one (membrane).")
    min_area_px: int = Field(
        ge=0,
        description="Objects under this area in px, true and predicted, are not scored as objects; their pixels are.",
    )
    watershed_depth_px: float | None = Field(
        None,
        gt=0,
        description="Where instances are cut by watershed: necks deeper than this are cut, in px of the distance to the"
        " edge; left out, instances are connected components.",
    )
    field_of_interest_px: int | None = Field(
        None,
        ge=0,
        description="If given, SEG and DET are also reported by the rules of the Cell Tracking Challenge (seg_ctc,"
        " det): objects that lie wholly within so many px of the image's edge do not count; 0 = all count.",
    )
    frame_interval_min: float | None = Field(
        None, gt=0, description="ctc: minutes between frames; left out, speeds are in pixels per frame alone."
    )
    thinning_thresholds: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1)] | None = Field(
        None,
        description="If given, V_rand and V_info after border thinning (v_rand_thinned, v_info_thinned) and the"
        " older rand_error and pixel_error are reported, each at the one of these foreground probabilities that is best"
        " on the test images, as ISBI-2012 does.",
    )
    binning: int = Field(
        1,
        ge=1,
        description="A network sees this many pixels squared averaged into one, and its probability enlarged again; all"
        " else is at full size. 1 = off.",
    )
    training_truth: Truth = option(
        "silver",
        "The truth to train on if a frame has silver and gold truth. silver: silver, which is dense; gold: gold where"
        " it is complete.",
    )
    lengths: Lengths = option(
        "pixels",
        "What sigma_px, sigma1_px, elastic_sigma_px, shift_px and watershed_depth_px are counted in on this dataset."
        " pixels: of the image itself, whatever its binning; micrometres: µm, which needs options.pixel_size_um.",
    )
    tile_px: int | None = Field(
        None, ge=4, description="Side in px of the output tile when a network is trained on this dataset alone."
    )
    draw_frames_by: DrawnBy | None = option(
        None, "Replaces batch.draw_frames_by when a network is trained on this dataset alone."
    )


class SplitSettings(Settings):
    """How frames are divided into training, validation and test; see `datasets.splits.split`."""

    by: SplitBy | None = Field(
        None, description="What keeps training and test apart, on every dataset; null = each dataset's own split."
    )
    folds: int = Field(2, ge=2, description="Number of folds.")
    validation_fraction: float = Field(
        0.15,
        ge=0,
        lt=1,
        description="Share of the training frames that validates; 0 if the test frames validate instead.",
    )
    gap_frames: int = Field(2, ge=0, description="Unused frames between training and validation.")
    max_train: int | None = Field(
        None, ge=1, description="Most training frames (evenly spaced; 1, 2, 4, 8 … are nested); null = all."
    )
    max_validation: int | None = Field(None, ge=1, description="Most validation frames; null = all.")
    max_test: int | None = Field(None, ge=1, description="Most test frames; null = all.")
    seed: int = Field(0, ge=0, description="Seed of random splits and of the cached copies.")
    test_frames_also: Literal["none", "validate", "train"] = option(
        "none",
        "What else the test frames do (a mistake, for the flawed arm of a pitfall and for protocols alone). validate:"
        " they are the validation frames, so that the network is chosen on its test; train: they train and validate."
        " The frames that would have validated stay unused.",
    )

    dense_only: bool = option(
        False,
        "Whether only frames whose gold truth is complete, or knows at least 90 % of the pixels, validate and test;"
        " others may train.",
    )

    gold_only: bool = option(
        False,
        "Whether frames that have only silver truth stay unused, so that networks train on frames with gold truth.",
    )

    @model_validator(mode="after")
    def _some_frames_validate(self) -> Self:
        if self.validation_fraction == 0 and self.test_frames_also == "none":
            raise ValueError("validation_fraction is 0, so that no frame chooses the network; set it above 0")
        return self
