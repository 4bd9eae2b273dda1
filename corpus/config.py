"""YAML settings, checked: an unknown or doubled key fails and is named."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from corpus.errors import ConfigError, listed


class Settings(BaseModel):
    """Base of every configuration model: no unknown keys, no number without end, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


S = TypeVar("S", bound=Settings)


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice, where PyYAML lets the last one win."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.MarkedYAMLError(problem=f"key {key!r} is written twice", problem_mark=key_node.start_mark)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load(path: Path, model: type[S]) -> S:
    """Read a YAML file into ``model``.

    Raises
    ------
    ConfigError
        The file is missing, is not YAML, or breaks the model; the message names the file and the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(path, "", "is not UTF-8") from None
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else ""
        raise ConfigError(path, where, f"is not valid YAML: {getattr(error, 'problem', error)}") from None
    return checked({} if value is None else value, model, path)


def checked(value: Any, model: type[S], path: Path | str) -> S:
    """``value`` as ``model``; ``path`` is named in the error."""
    if not isinstance(value, dict):
        raise ConfigError(path, "", f"expected a mapping of settings, got {type(value).__name__}")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # A misspelt key comes as two errors, of which "unknown" helps and "missing" does not.
        errors = error.errors()
        first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise ConfigError(path, key, _problem(first, model)) from None


def _problem(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with a setting, in words for whoever wrote the YAML."""
    if error["type"] == "extra_forbidden":
        allowed = _fields_at(model, error["loc"][:-1])
        return "unknown key" + (f"; allowed: {listed(allowed)}" if allowed else "")
    if error["type"] == "missing":
        return "this key is required, and missing"
    value = error["input"]
    if error["type"] in ("dict_type", "mapping_type", "model_type"):
        return f"expected `key: value` pairs, got {value!r:.80}"
    if error["type"] == "string_type":
        return f"expected text, got {value!r:.80}: put it in quotes (YAML reads yes, no, on, off and 1 as other things)"
    problem = error["msg"].removeprefix("Value error, ")
    return problem if isinstance(value, dict) else f"{problem}, got {value!r:.80}"


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Field names of the model that ``loc`` leads to; empty where it cannot be told."""
    current: Any = model
    for part in loc:
        if isinstance(current, type) and issubclass(current, BaseModel) and part in current.model_fields:
            current = current.model_fields[str(part)].annotation
        arguments = [a for a in getattr(current, "__args__", ()) if isinstance(a, type) and issubclass(a, BaseModel)]
        current = arguments[0] if arguments else current
    return sorted(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []
