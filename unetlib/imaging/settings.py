"""Settings of normalisation, weight maps and instances."""

from typing import Annotated, Literal, Self

from pydantic import Field

from unetlib.io.settings import Settings, option

Normalisation = Literal["zscore", "percentile", "stretch_2_98", "unit_range", "none"]
NORMALISATIONS = (
    "How the grey values of each image are normalised. zscore: mean 0, deviation 1. percentile: the 1st and the 99.8th"
    " percentile become 0 and 1. stretch_2_98: so do the 2nd and the 98th, and values beyond are cut off. unit_range: 0"
    " and the largest value of the pixel type become -1 and 1, whatever the image holds (for fractional values, the"
    " smallest of 1, 255 and 65535 that none exceeds counts as the largest). none: as they are."
)
InstanceMethod = Literal["components", "watershed", "seeds"]
Probability = Annotated[float, Field(gt=0, lt=1)]


class WeightMapSettings(Settings):
    """The loss weight of every pixel (Ronneberger et al. 2015, equation 2); see `imaging.weight_maps`."""

    form: Literal["paper", "plugin", "id_indexed"] = Field(
        "paper",
        description="paper: Ronneberger et al. 2015, equation 2; plugin: the authors' later Fiji plugin;"
        " id_indexed: a mistake, for the flawed arm of a pitfall alone.",
    )
    w0: float = Field(10, ge=0, description="Height of the border term; 0 = none.")
    sigma_px: float = Field(5, gt=0, description="Width of the border term in px (`datasets.NAME.lengths`).")
    class_balance: float = Field(
        0, ge=0, le=1, description="paper form: exponent of the class ratio; 0 = none, 1 = both classes weigh the same."
    )
    class_mean_one: bool = option(
        False,
        "paper form: class weights are divided by their mean over the image's pixels instead of the commoner class's"
        " weight; with class_balance 1 they are inverse frequencies, n / (2 · n of the class).",
    )
    border_inside_cells: bool = option(
        False,
        "Whether cells get the border term too (there d1 is 0 and d2 the distance to the next cell): a mistake, for the"
        " flawed arm of a pitfall alone.",
    )
    background: float = Field(0.1, ge=0, le=1, description="plugin form: weight far from cells (lambda).")
    sigma1_px: float = Field(10, gt=0, description="plugin form: how far the weight of the foreground reaches, px.")

    def scaled(self, scale: float) -> Self:
        """Return the settings with every length multiplied by scale."""
        return self.model_copy(update={"sigma_px": self.sigma_px * scale, "sigma1_px": self.sigma1_px * scale})


class TargetSettings(Settings):
    """What a network learns to say of a pixel; see `imaging.distance_targets`."""

    kind: Literal["mask", "distances"] = Field(
        "mask",
        description="mask: whether it is foreground. distances: also how far it lies from its cell's edge and from the"
        " next cell (Scherr et al. 2020), by two more outputs, for instance_method seeds.",
    )
    loss: Literal["smooth_l1", "mse"] = Field(
        "smooth_l1", description="distances: their loss. smooth_l1: the error itself from 0.1 on; mse: its square."
    )
    weight: float = Field(1.0, ge=0, description="distances: what their loss is multiplied by beside the mask's.")

    @property
    def outputs(self) -> int:
        """How many numbers a network says of a pixel: two of its classes, and two distances."""
        return 4 if self.kind == "distances" else 2


class ResampleSettings(Settings):
    """At which size networks see objects; see `imaging.object_size`."""

    object_diameter_px: float | None = Field(
        None,
        gt=0,
        description="Images are resampled so that their objects have this median diameter in px, of a disc of equal"
        " area: training images by their labels, others as prediction says. Their binning then does not matter. null:"
        " images keep their size.",
    )
    prediction: Literal["first_pass", "training"] = Field(
        "first_pass",
        description="How large the objects of an image are that is predicted: as in the training images, or as a first"
        " prediction at that size finds them.",
    )
    image_diameter_px: float | None = Field(
        None,
        gt=0,
        description="Median diameter of the objects in the training images in px, before binning; null: as their labels"
        " say, which a network records.",
    )


class SeedSettings(Settings):
    """How distances become instances; see `imaging.seeds`."""

    depth: Probability = Field(
        0.05,
        description="Two maxima of the predicted height are two cells if the saddle between is this far below.",
    )
    smoothing_px: float = Field(4.0, ge=0, description="SD in px by which it is smoothed before; 0: not at all.")


class InstanceSettings(Settings):
    """How a foreground probability becomes instances; see `imaging.instances`."""

    threshold: Probability = Field(0.5, description="Foreground probability from which a pixel is foreground.")
    min_area_px: int = Field(0, ge=0, description="Predicted objects of a smaller area in px are removed.")
    watershed_depth_px: float = Field(
        0,
        ge=0,
        description="Depth in px of the necks at which a watershed cuts instances; 0: connected components.",
    )
    seeds: SeedSettings | None = option(
        None, "If given, instances grow from seeds instead, which a network with distance targets finds."
    )

    def scaled(self, scale: float) -> Self:
        """Return the settings for pixels that are so many times smaller: every length and area is larger."""
        seeds = self.seeds
        if seeds is not None:
            seeds = seeds.model_copy(update={"smoothing_px": seeds.smoothing_px * scale})
        lengths = {"watershed_depth_px": self.watershed_depth_px * scale, "seeds": seeds}
        return self.model_copy(update={"min_area_px": round(self.min_area_px * scale**2), **lengths})
