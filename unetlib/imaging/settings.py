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
InstanceMethod = Literal["components", "watershed"]
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


class InstanceSettings(Settings):
    """How a foreground probability becomes instances; see `imaging.instances`."""

    threshold: Probability = Field(0.5, description="Foreground probability from which a pixel is foreground.")
    min_area_px: int = Field(0, ge=0, description="Predicted objects under this area in px are dropped.")
    watershed_depth_px: float = Field(
        0,
        ge=0,
        description="Depth in px of the necks at which a watershed cuts instances; 0: connected components.",
    )
