"""Which column of a table holds what: as configured, by its name, or by a usual synonym that its values confirm."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from corpus.errors import listed
from corpus.sources.dates import DateOrder, ambiguous, order, parse
from corpus.sources.record import UNDERSTOOD, Note, Reading
from corpus.text.language import code

# The first that is there is taken. Compared without case, with _ for spaces and hyphens.
SYNONYMS = {
    "text": (
        "text", "full_text", "fulltext", "maintext", "main_text", "article_text", "body", "article_body", "articlebody",
        "content", "contents", "article", "story", "sentence", "desc", "description", "summary", "abstract", "lead",
        "текст", "текст_статьи", "полный_текст", "статья", "новость", "содержание", "предложение", "описание",
        "аннотация",
    ),
    "title": ("title", "headline", "heading", "article_title", "заголовок", "название"),
    "id": ("id", "record_id", "article_id", "document_id", "uuid", "guid"),
    "published_at": (
        "published_at", "published", "publish_date", "published_date", "publication_date", "date_published",
        "datepublished", "date_publish", "pubdate", "pub_date", "date", "datetime", "timestamp", "time", "created_at",
        "дата", "дата_публикации", "опубликовано", "время",
    ),
    "url": ("url", "link", "href", "uri", "permalink", "article_url", "news_link", "src", "source", "ссылка", "адрес"),
    "outlet": (
        "outlet", "site", "site_name", "sitename", "source", "source_name", "publisher", "publication", "newspaper",
        "media", "domain", "website", "издание", "источник", "сайт", "сми", "газета",
    ),
    "byline": ("byline", "author", "authors", "writer", "автор", "авторы"),
    "language": ("language", "lang", "язык"),
    "event": ("event", "событие"),
    "target": ("target",),
    "target_start": ("target_start",),
    "split": ("split",),
}  # fmt: skip

_URL = re.compile(r"\s*(https?://|www\.)\S+\s*\Z", re.IGNORECASE)
# So many of the values must be what the name promises; with so many it is said that it was not believed.
_MOST, _SOME = 0.8, 0.3


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
    doubtful: dict[str, tuple[str, str]] = {}
    plain = {re.sub(r"[\s-]+", "_", name.strip().casefold()): name for name in reversed(names)}
    for role, synonyms in SYNONYMS.items():
        configured = reading.columns.get(role)
        if configured is not None and configured in names:
            roles[configured] = role
        elif role in names:
            roles[role] = role
        else:
            for column in (plain[name] for name in synonyms if name in plain and plain[name] not in roles):
                holding, values = _holding(role, _values(rows, column))
                if holding >= _MOST * values and (values or role != "url"):
                    roles[column], guessed[role] = role, column
                    break
                if values and holding >= _SOME * values:
                    doubtful[column] = (role, f"{values - holding} of {values} values")
    # What was configured away from its own name must not come back under it.
    roles |= {name: f"{name}_" for name in (*UNDERSTOOD, "text") if name in names and name not in roles}
    dates = _values(rows, next((column for column, role in roles.items() if role == "published_at"), ""))
    date_order: DateOrder = "mdy" if reading.date_order == "auto" else reading.date_order
    told = order(map(str, dates)) if reading.date_order == "auto" else date_order
    notes = []
    if guessed:
        pairs = [f"{role} from {column!r}" for role, column in guessed.items()]
        notes.append(Note(source, f"columns taken by their names: {listed(pairs)}. Set others with sources.columns"))
    for column, (role, wrong) in doubtful.items():
        if column not in roles and role not in guessed:
            said = f"column {column!r} is not taken for {role}: {wrong} are none. Say with sources.columns if it is"
            notes.append(Note(source, said))
    if told is None and any(ambiguous(str(value)) for value in dates):
        notes.append(Note(source, "dates such as 03/04/2026 are taken as month first; sources.date_order says else"))
    return Columns(roles, told or date_order), notes


def looks_like_url(value: str) -> bool:
    """Whether a value is a web address and nothing else."""
    return _URL.match(value) is not None


def _values(rows: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
    values = (row.get(column) for row in rows)
    return [value for value in values if value is not None and str(value).strip()]


def _holding(role: str, values: Sequence[Any]) -> tuple[int, int]:
    """How many of the values may be what the role wants, and how many there are."""
    checks = {
        "text": lambda value: isinstance(value, str) and not looks_like_url(value),
        "title": lambda value: isinstance(value, str),
        "url": lambda value: isinstance(value, str) and looks_like_url(value),
        "outlet": lambda value: isinstance(value, str) and len(value) <= 80 and "//" not in value,
        "language": lambda value: isinstance(value, str) and code(value) is not None,
        "published_at": lambda value: isinstance(value, date) or parse(str(value)) is not None,
    }
    check = checks.get(role)
    return (len(values) if check is None else sum(map(check, values))), len(values)
