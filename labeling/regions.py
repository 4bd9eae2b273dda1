"""The parts of an annotation's ``result``: which of them can be read, whoever sent them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

# Neither PostgreSQL nor UTF-8 can hold these.
_NOWHERE = re.compile("[\x00\ud800-\udfff]")


def _text(value: Any) -> bool:
    return isinstance(value, str) and not _NOWHERE.search(value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_VALUES: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "choices": lambda value: _texts(value.get("choices")) and len(value["choices"]) <= 1,
    "textarea": lambda value: _texts(value.get("text")),
    "labels": lambda value: _number(value.get("start")) and _number(value.get("end")) and _text(value.get("text", "")),
}


def well_formed(region: Any) -> bool:
    """Whether a region is of the form in which the page sends it.

    That is: an object with the texts ``type``, ``from_name`` and ``to_name`` (which may be left out), and in ``value``
    for ``choices`` one text at most, for ``textarea`` texts, for ``labels`` whole numbers ``start`` and ``end``. Of
    other types, which are no answers, ``value`` is an object; a relation has none, and no names.
    """
    if not isinstance(region, Mapping) or not _text(region.get("type")):
        return False
    if region["type"] == "relation":
        return True
    value, fits = region.get("value"), _VALUES.get(region["type"])
    named = _text(region.get("from_name")) and _text(region.get("to_name", ""))
    return named and isinstance(value, Mapping) and (fits is None or fits(value))
