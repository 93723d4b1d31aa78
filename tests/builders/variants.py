"""Settings with which the tests make augmented variants and their weight maps."""

AUGMENTATION = {
    "policy": "full",
    "variants": 3,
    "elastic_grid": 3,
    "elastic_sigma_px": 4.0,
    "rotation_deg": 15.0,
    "scale": 0.1,
    "shift_px": 3.0,
    "interpolation": "bilinear",
    "gamma": 0.2,
    "contrast": 0.2,
    "brightness": 0.05,
    "noise": 0.02,
}
WEIGHTS = {"form": "paper", "w0": 10, "sigma_px": 5, "class_balance": 0.0, "background": 0.1, "sigma1_px": 10}
