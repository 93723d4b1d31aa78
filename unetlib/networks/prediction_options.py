"""Prediction settings of the command line: those of the model's study, unless the user overrides them."""

from pathlib import Path

from unetlib.networks.settings import PredictionSettings
from unetlib.networks.trained_network import PREDICTION_FILE, TrainedNetwork, prediction_beside


def prediction_settings(
    model: Path,
    network: TrainedNetwork,
    *,
    threshold: float | None = None,
    min_area_px: int | None = None,
    watershed_depth_px: float | None = None,
    test_time_augmentation: int | None = None,
    binning: int | None = None,
) -> tuple[PredictionSettings, str]:
    """Return the settings for predicting with a model.pt, and a line that says where they come from.

    The study's settings are in prediction.json beside the model; without it, model.pt's own record counts, which has no
    minimum area and no watershed. Arguments that are not None override them. With another binning, pixel_size_um is
    that of images which, binned, look like the training images.
    """
    recorded = prediction_beside(model, network.record)
    chosen = (recorded or network.prediction).plain()
    instances = {"threshold": threshold, "min_area_px": min_area_px, "watershed_depth_px": watershed_depth_px}
    chosen["instances"] |= {name: value for name, value in instances.items() if value is not None}
    if watershed_depth_px is not None:
        chosen["instances"]["seeds"] = None
    if test_time_augmentation is not None:
        chosen["inference"]["test_time_augmentation"] = test_time_augmentation
    if binning is not None:
        if chosen["pixel_size_um"] is not None:
            chosen["pixel_size_um"] *= chosen["binning"] / binning
        chosen["binning"] = binning
    settings = PredictionSettings.read(chosen)
    origin = f"as in {model.with_name(PREDICTION_FILE)}"
    if network.record.prediction is not None:
        origin = f"as {model} says"
    elif recorded is None:
        origin = f"as {model} records, for there is no {PREDICTION_FILE} beside it"
    cut = settings.instances
    way = f"watershed depth {cut.watershed_depth_px:g} px"
    if cut.seeds:
        way = f"watershed from seeds, maxima of depth {cut.seeds.depth:g}"
    return settings, (
        f"predicting {origin}: threshold {cut.threshold:g}, minimum area {cut.min_area_px} px, {way},"
        f" test-time augmentation {settings.inference.test_time_augmentation}"
    )
