"""What each role may ask of the server: ``endpoints.csv``, read once. What is not in it is closed to all but owners.

The table names every operation of the server's OpenAPI schema, and the pages. ``limit`` (a function of ``limits``) says
what of an open one is somebody's own, ``answer`` (of ``answers``) what of its answer. A line that is open to nobody
closes an address to owners too. Decision 0018 says why.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("endpoints.csv")
ANYONE = "anyone"  # who is not signed in


@dataclass(frozen=True)
class Endpoint:
    """A method and an address, and who may use it."""

    method: str
    path: str
    open_to: frozenset[str]
    limit: str
    answer: str
    why: str


def path_of(route: str) -> str:
    """A Django route as the table writes it: ``^api/^users/(?P<pk>[^/.]+)/$`` is ``/api/users/<pk>/``."""
    named = re.sub(r"\(\?P<(\w+)>(?:[^()\[\]]|\[[^\]]*\])*\)", r"<\1>", route)
    typed = re.sub(r"<\w+:(\w+)>", r"<\1>", named)
    return "/" + re.sub(r"[\^$?\\]", "", typed)


def read(path: Path = TABLE) -> Mapping[tuple[str, str], Endpoint]:
    """The table, by method and path.

    Raises
    ------
    ValueError
        A line that cannot be read, or stands twice: a server that guesses who may do what must not start.
    """
    found: dict[tuple[str, str], Endpoint] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            said = {role: row[role] for role in (ANYONE, "annotator", "adjudicator", "owner")}
            key = row["method"], row["path"]
            if key in found or not row["why"] or not set(said.values()) <= {"yes", "no"}:
                raise ValueError(
                    f"{path.name}: {' '.join(key)}: expected once, each role yes or no, and why; got {row}"
                )
            open_to = frozenset(role for role, answer in said.items() if answer == "yes")
            found[key] = Endpoint(*key, open_to, row["limit"], row["answer"], row["why"])
    return found
