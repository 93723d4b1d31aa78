"""Settings with which the tests make augmented variants and their weight maps."""

from unetlib.training.settings import AugmentationSettings, CacheSettings

AUGMENTATION = AugmentationSettings(copies=3, elastic_sigma_px=4, scale=0.1, shift_px=3, interpolation="bilinear")
STILL = {"elastic_sigma_px": 0.0, "rotation_deg": 0.0, "scale": 0.0, "shift_px": 0.0}  # moves nothing
PLAIN = {"gamma": 0.0, "contrast": 0.0, "brightness": 0.0, "noise": 0.0}  # changes no grey value
CACHE = CacheSettings(augmentation=AUGMENTATION)


def augmentation(**changes):
    """The augmentation of the tests with some settings replaced."""
    return AugmentationSettings(**{**AUGMENTATION.plain(), **changes})
