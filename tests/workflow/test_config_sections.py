"""config.yaml states every setting there is, and the choices of the settings are those of the code."""

from pathlib import Path
from typing import get_args

import yaml

from unetlib.io.settings import Settings
from unetlib.study.settings import StudySettings
from unetlib.training.settings import LOSS_PARAMETERS, LossParameters, LossSettings

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def test_the_configuration_states_every_setting():
    """A reader changes any number in config.yaml: no default stands in code alone (but of a dataset's own options)."""

    def walk(model, stated, path):
        for name, field in model.model_fields.items():
            if (field.json_schema_extra or {}).get("rests"):
                continue
            assert name in stated, f"config.yaml does not state {path}{name}"
            if isinstance(field.annotation, type) and issubclass(field.annotation, Settings) and name != "params":
                walk(field.annotation, stated[name], f"{path}{name}.")

    walk(StudySettings, CONFIG, "")


def test_every_loss_and_every_parameter_of_one_can_be_set():
    from unetlib.training.losses import LOSSES

    assert set(get_args(LossSettings.model_fields["name"].annotation)) == set(LOSSES) == set(LOSS_PARAMETERS)
    assert set().union(*LOSS_PARAMETERS.values()) == set(LossParameters.model_fields)
