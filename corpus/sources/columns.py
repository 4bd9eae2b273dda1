"""Which column of a table holds what: as configured, by its name, or by a usual synonym that its values confirm."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from corpus.dates import DateOrder, ambiguous, order, parse
from corpus.errors import listed
from corpus.sources.record import UNDERSTOOD, Note, Reading

# The first that is there is taken. Compared without case, with _ for spaces and hyphens.
SYNONYMS = {
    "text": (
        "text", "full_text", "fulltext", "maintext", "main_text", "article_text", "body", "article_body", "articlebody",
        "content", "contents", "article", "story", "sentence", "desc", "description", "summary", "abstract", "lead",
    ),
    "title": ("title", "headline", "heading", "article_title"),
    "id": ("id", "record_id", "article_id", "document_id", "uuid", "guid"),
    "published_at": (
        "published_at", "published", "publish_date", "published_date", "publication_date", "date_published",
        "datepublished", "date_publish", "pubdate", "pub_date", "date", "datetime", "timestamp", "time", "created_at",
    ),
    "url": ("url", "link", "href", "uri", "permalink", "article_url", "news_link", "src", "source"),
    "outlet": (
        "outlet", "site", "site_name", "sitename", "source", "source_name", "publisher", "publication", "newspaper",
        "media", "domain", "website",
    ),
    "byline": ("byline", "author", "authors", "writer"),
    "language": ("language", "lang"),
    "event": ("event",),
    "target": ("target",),
    "split": ("split",),
}  # fmt: skip

_URL = re.compile(r"\s*(https?://|www\.)\S+\s*\Z", re.IGNORECASE)
# So many of the values must be what the name promises.
_MOST = 0.8


@dataclass(frozen=True)
class Columns:
    """Which column is what in one file.

    Parameters
    ----------
    roles : mapping of str to str
        Column to what it is understood as; a column that is not here keeps its name.
    date_order : "dmy" or "mdy"
        Of its dates.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    date_order: DateOrder = "mdy"

    def named(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """``row`` with the names that are understood. A column that is taken for something else gives way."""
        return {self.roles.get(name, name): value for name, value in row.items()}


def understand(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], reading: Reading, source: str
) -> tuple[Columns, list[Note]]:
    """Tell the columns of a file from their names and its first rows; the notes say what was guessed."""
    roles: dict[str, str] = {}
    guessed: dict[str, str] = {}
    plain = {re.sub(r"[\s-]+", "_", name.strip().casefold()): name for name in reversed(names)}
    for role, synonyms in SYNONYMS.items():
        configured = reading.columns.get(role)
        if configured is not None and configured in names:
            roles[configured] = role
        elif role in names:
            roles[role] = role
        else:
            found = (plain[name] for name in synonyms if name in plain)
            column = next((name for name in found if name not in roles and _holds(role, _values(rows, name))), None)
            if column is not None:
                roles[column], guessed[role] = role, column
    # What was configured away from its own name must not come back under it.
    roles |= {name: f"{name}_" for name in (*UNDERSTOOD, "text") if name in names and name not in roles}
    dates = _values(rows, next((column for column, role in roles.items() if role == "published_at"), ""))
    date_order: DateOrder = "mdy" if reading.date_order == "auto" else reading.date_order
    told = order(map(str, dates)) if reading.date_order == "auto" else date_order
    notes = []
    if guessed:
        pairs = [f"{role} from {column!r}" for role, column in guessed.items()]
        notes.append(Note(source, f"columns taken by their names: {listed(pairs)}. Set others with sources.columns"))
    if told is None and any(ambiguous(str(value)) for value in dates):
        notes.append(Note(source, "dates such as 03/04/2026 are taken as month first; sources.date_order says else"))
    return Columns(roles, told or date_order), notes


def _values(rows: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
    values = (row.get(column) for row in rows)
    return [value for value in values if value is not None and str(value).strip()]


def _holds(role: str, values: Sequence[Any]) -> bool:
    """Whether values may be what the role wants; without any there is nothing to say against it."""
    if not values:
        return role != "url"
    checks = {
        "text": lambda value: isinstance(value, str) and not _URL.match(value),
        "title": lambda value: isinstance(value, str),
        "url": lambda value: isinstance(value, str) and bool(_URL.match(value)),
        "outlet": lambda value: isinstance(value, str) and len(value) <= 80 and "//" not in value,
        "language": lambda value: isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z]{2,3}([-_]\w+)?", value)),
        "published_at": lambda value: isinstance(value, date) or parse(str(value)) is not None,
    }
    check = checks.get(role)
    return check is None or sum(map(check, values)) >= _MOST * len(values)
