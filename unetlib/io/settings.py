"""The base of all settings: frozen, closed, with their ranges, and read with errors in one line."""

import difflib
import json
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Value = TypeVar("Value")


class SettingsError(ValueError):
    """Settings with an unknown key, a value out of range or of another type: which, where, and what to do."""


class Settings(BaseModel):
    """A section of settings: an unknown key, NaN and infinity are errors, and nothing changes after construction.

    Defaults in code are those of the 2015 paper; config.yaml states every one of them again, for a reader to change.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=False)

    @classmethod
    def read(cls, values: object, where: str = "") -> Self:
        """Return the settings of a mapping as YAML or JSON gives it; SettingsError, one line, names key and value."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(first_fault(error, cls, where)) from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the settings of a JSON object on a command line; SettingsError for anything else."""
        try:
            return cls.read(json.loads(text))
        except json.JSONDecodeError as error:
            raise SettingsError(f"not JSON ({error})") from error

    def plain(self) -> dict[str, Any]:
        """Return every value in JSON's own types, in the order of the fields."""
        return self.model_dump(mode="json")

    def identity(self) -> dict[str, Any]:
        """Return what a result depends on: the plain values, without options (see `option`) that are at rest.

        So a new option changes no key, fingerprint or cache of the settings that do not use it.
        """
        found: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            extra = field.json_schema_extra
            if isinstance(extra, Mapping) and extra.get("rests") and value == field.default:
                continue
            if isinstance(value, Settings):
                found[name] = value.identity()
            else:
                found[name] = self.model_dump(mode="json", include={name})[name]
        return found


def option(default: Value, description: str, **bounds: Any) -> Value:
    """Return a field that was added later: at its default it does nothing and leaves every identity as it was."""
    return Field(default, description=description, json_schema_extra={"rests": True}, **bounds)


def first_fault(error: ValidationError, model: type[BaseModel], where: str = "") -> str:
    """Return one line for the first error: the key, what was found, and the nearest valid key or what is allowed."""
    fault = error.errors(include_url=False, include_context=False)[0]
    path = [str(part) for part in fault["loc"]]
    place = ".".join([where, *path]).strip(".")
    if fault["type"] == "extra_forbidden":
        known = keys_at(model, path[:-1])
        close = difflib.get_close_matches(path[-1], known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
        return f"{place} is not a known key; {hint}"
    if fault["type"] == "missing":
        return f"{place} is missing; set it"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error":  # of a validator of ours, which names key and value
        return f"{where}: {message}" if where else message
    return f"{place} is {fault['input']!r}: {message[:1].lower()}{message[1:]}"


def keys_at(model: Any, path: list[str]) -> list[str]:
    """Return the keys that the section at this path may have."""
    from typing import get_args

    for part in path:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            arguments = get_args(model)
            model = next((a for a in reversed(arguments) if a is not type(None) and a is not str), None)
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[part].annotation if part in model.model_fields else None
        while model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
            if getattr(model, "__origin__", None) is dict or "Mapping" in str(getattr(model, "__origin__", "")):
                break
            model = next((a for a in get_args(model) if a is not type(None)), None)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
