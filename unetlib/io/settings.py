"""The base class of all settings: immutable, no unknown keys, validated ranges, errors in one line."""

import difflib
import json
from collections.abc import Mapping
from typing import Any, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Value = TypeVar("Value")


class SettingsError(ValueError):
    """Settings with an unknown key or a value of the wrong type or range: which, where, and what to do."""


class Settings(BaseModel):
    """A section of settings: immutable; unknown keys, NaN and infinity are errors.

    Defaults in code are those of the 2015 paper; config.yaml repeats them, so that readers can see and change them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=False)

    @classmethod
    def read(cls, values: object, where: str = "") -> Self:
        """Return the settings read from a mapping of YAML or JSON; SettingsError names key and value in one line."""
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
        """Return all values as JSON types, in the order of the fields."""
        return self.model_dump(mode="json")

    def identity(self) -> dict[str, Any]:
        """Return the plain values without those options (see `option`) that have their default.

        Keys and caches are derived from this, so that a new option leaves those of settings that do not use it.
        """
        found: dict[str, object] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            extra = field.json_schema_extra
            if isinstance(extra, Mapping) and extra.get("rests") and value == field.default:
                continue
            if isinstance(value, Settings):
                found[name] = value.identity()
            elif isinstance(value, Mapping) and all(isinstance(each, Settings) for each in value.values()):
                found[name] = {key: each.identity() for key, each in value.items()}
            else:
                found[name] = self.model_dump(mode="json", include={name})[name]
        return found


class LimitSettings(Settings):
    """Limits of downloads and archives."""

    archive_bytes: int = Field(ge=1, description="Maximum bytes of an archive, packed or unpacked.")
    archive_members: int = Field(ge=1, description="Maximum number of files in an archive.")
    fetch_timeout_s: float = Field(
        gt=0, description="Seconds without an answer after which a connection counts as broken."
    )
    fetch_attempts: int = Field(ge=1, description="How often each source is tried.")


def option(default: Value, description: str, **bounds: Any) -> Value:
    """Return a field that was added later: its default has no effect and is left out of `Settings.identity`."""
    return Field(default, description=description, json_schema_extra={"rests": True}, **bounds)


def first_fault(error: ValidationError, model: type[BaseModel], where: str = "") -> str:
    """Return one line about the first error: the key, its value, and the nearest valid key or the allowed values."""
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
    if fault["type"] == "value_error":  # raised by one of our validators, which name key and value themselves
        return f"{where}: {message}" if where else message
    return f"{place} is {fault['input']!r}: {message[:1].lower()}{message[1:]}"


def keys_at(model: Any, path: list[str]) -> list[str]:
    """Return the valid keys of the section at this path; none if there is no section."""
    found = _section(model)
    for part in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(part)
            found = _section(field.annotation) if field else None
        else:  # a mapping or a list: this part of the path is a key or an index
            found = _section(get_args(found)[-1]) if found else None
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _section(annotation: Any) -> Any:
    """Return the model, mapping or list that an annotation allows, without None and metadata; None if there is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (dict, list):
        return annotation
    return next(filter(None, map(_section, get_args(annotation))), None)
