"""Settings of tracking: which experiments' cells are linked through whole test sequences, and how."""

from pydantic import Field

from unetlib.io.settings import Settings


class LinkSettings(Settings):
    """How cells are linked from frame to frame; see `tracking.linking.link`."""

    max_distance_px: float | None = Field(
        None,
        gt=0,
        description="Farthest that a centroid moves from one frame to the next, px; null = the median cell's diameter.",
    )
    max_gap: int = Field(1, ge=0, description="Frames that a cell may be missing and still be the same.")
    divisions: bool = Field(True, description="Whether cells may divide.")


class TrackingSettings(LinkSettings):
    """Tracking of cells through whole test sequences of Cell Tracking Challenge datasets."""

    networks_of: list[str] = Field(
        default_factory=list,
        description="Experiments of the study whose networks find the cells; empty = nothing is tracked.",
    )


class SequenceSettings(Settings):
    """How the test sequences of one dataset are tracked."""

    link: LinkSettings = Field(default_factory=LinkSettings, description="How cells are linked.")
    frame_interval_min: float | None = Field(None, gt=0, description="Minutes between frames; null = not known.")
    field_of_interest_px: int | None = Field(
        None, ge=0, description="Cells that lie wholly within so many px of the image's edge are not tracked."
    )
