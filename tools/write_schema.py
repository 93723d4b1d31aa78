"""Write the JSON schema of a study's configuration from its typed settings: python -m tools.write_schema"""

from pathlib import Path
from typing import Any

import yaml

from unetlib.study.settings import StudySettings

SCHEMA = Path(__file__).parents[1] / "workflow/schemas/config.schema.yaml"
HEADER = "# Written by `python -m tools.write_schema` from the models in unetlib/study/settings.py; for editors.\n"
DROPPED = ("default", "title", "rests")  # defaults are stated in config.yaml alone


def schema() -> dict[str, Any]:
    """Return the schema: closed, with a description of every key, without defaults."""
    found = _tidied(StudySettings.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A study", **found}


def text() -> str:
    """Return the schema as the file holds it."""
    return HEADER + yaml.safe_dump(schema(), sort_keys=False, width=120, allow_unicode=True)


def _tidied(node: Any) -> Any:
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("properties", "$defs", "patternProperties"):  # their keys are names
            found[key] = {name: _tidied(child) for name, child in value.items()}
        elif key not in DROPPED:
            found[key] = _tidied(value)
    if "patternProperties" in found:
        found["additionalProperties"] = False
    return found


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8")
