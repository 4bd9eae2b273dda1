"""A request that the guard looks at, and what it may hold to be let through."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from labeling.server.roles import projects_of


class Refused(Exception):
    """A request that is not let through; what is somebody else's does not exist (404)."""

    def __init__(self, reason: str, status: int = 403) -> None:
        self.status = status
        super().__init__(reason)


@dataclass
class Asked:
    """A request, who asks, and what the address names."""

    request: Any
    user: Any
    kwargs: Mapping[str, Any]
    answer: str = ""
    reduced: bool = False

    @cached_property
    def projects(self) -> set[int]:
        """The projects of whoever asks."""
        return projects_of(self.user)

    def project(self, number: int) -> int:
        """The project's number, if it is one of theirs, and the query means no other."""
        if number not in self.projects:
            raise gone()
        if self.request.GET.get("project", str(number)) != str(number):
            raise Refused("the query names another project")
        return number

    def query(self, *allowed: str) -> Mapping[str, str]:
        """The query, if it has these parameters only, and each once."""
        for name, values in self.request.GET.lists():
            if name not in allowed or len(values) > 1:
                raise Refused(f"the query parameter {name!r} is not yours to set")
        return {name: values[0] for name, values in self.request.GET.lists()}

    def body(self, allowed: Mapping[str, Callable[[Any], bool]]) -> Mapping[str, Any]:
        """The body, if it is a JSON object of these fields only, each with a value that its test lets through.

        The type and the character set must be plain: the view must not read another text than we did.
        """
        kind = self.request.META.get("CONTENT_TYPE", "").lower().replace(" ", "")
        if kind not in ("application/json", "application/json;charset=utf-8"):
            raise Refused("expected application/json in UTF-8", 415)
        try:
            found = json.loads(self.request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Refused("the body is no JSON", 400) from None
        if not isinstance(found, dict):
            raise Refused("the body is no JSON object", 400)
        for name, value in found.items():
            if name not in allowed or not allowed[name](value):
                raise Refused(f"the field {name!r} is not yours to set so")
        return found


def gone() -> Refused:
    """What is somebody else's does not exist."""
    return Refused("there is no such thing among your work", 404)
