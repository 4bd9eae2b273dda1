"""Records to rows of the documents table; ids from content, so that the same input gives the same ids everywhere."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from corpus.errors import UsageError, listed
from corpus.files import sha256_text
from corpus.tables import DOCUMENTS

if TYPE_CHECKING:
    from corpus.sources import Record


def doc_id(record: Record, text: str) -> str:
    """Hash of the record's id (else its url, else outlet and date), its target and its text.

    Without an id also of where in the text the target is, if that is known: two mentions are two documents. Never of a
    path or a place in a file: a document that comes again is known again.
    """
    fields = record.fields
    name: list[str | None]
    if fields["id"]:
        name = ["id", fields["id"]]
    elif fields["url"]:
        name = ["url", fields["url"]]
    else:
        date = record.published_at.isoformat() if record.published_at else None
        name = ["outlet", fields["outlet"], date]
    place = [] if fields["id"] or not fields.get("target_start") else [fields["target_start"]]
    return content_id(name, fields["target"], text, *place)


def sentence_id(doc: str, start: int, text: str) -> str:
    """Hash of the document's id, the sentence's offset in it and its text."""
    return content_id(doc, start, text)


def content_id(*parts: Any) -> str:
    """The first 24 hexadecimal digits of the SHA-256 of ``parts`` as canonical JSON: 96 bits, ample for any corpus."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:24]


class ExtraColumns:
    """Names of the columns that a source has beyond those understood: ``x_NAME``, clean and unique.

    Two names that clean to the same (``a b`` and ``a-b``) stay two columns: ``x_a_b`` and ``x_a_b_2``.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._names: dict[str, str] = dict(known or {})

    @property
    def known(self) -> dict[str, str]:
        """The names that were asked for so far."""
        return dict(self._names)

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            clean = "x_" + (re.sub(r"\W+", "_", name).strip("_") or "unnamed")
            taken, number, unique = set(self._names.values()), 1, clean
            while unique in taken:
                number += 1
                unique = f"{clean}_{number}"
            self._names[name] = unique
        return self._names[name]


def row(record: Record, text: str, title: str | None, names: Mapping[str, str] | ExtraColumns) -> dict[str, Any]:
    """A row of the documents table. ``text`` is what the sentences' offsets count in."""
    fields = {name: value for name, value in record.fields.items() if name not in ("id", "title", "target_start")}
    # A title that is a sentence of its own stands before the record's text.
    start = record.fields["target_start"]
    place = {} if start is None else {"target_start": int(start) + len(text) - len(record.text)}
    return {
        "doc_id": doc_id(record, text),
        "text": text,
        "source": record.source,
        "text_sha256": sha256_text(text),
        "record_id": record.fields["id"],
        "title": title,
        "published_at": record.published_at,
        **fields,
        **place,
        **{names[name]: value for name, value in record.extra.items()},
    }


def target_start(sentences: pd.DataFrame) -> pd.Series[float]:
    """Where the target begins in each sentence, counted from its first character; null where it is in another one.

    Parameters
    ----------
    sentences : DataFrame
        Columns ``start`` and ``text``, and ``target_start`` as the document of each has it.
    """
    place = sentences["target_start"].astype(float) - sentences["start"]
    return place.where((place >= 0) & (place < sentences["text"].str.len()))


def column(documents: pd.DataFrame, name: str) -> str:
    """The column of ``documents`` that a user means by ``name``: as it stands, or with ``x_`` before it.

    Raises
    ------
    UsageError
        There is none; the message lists those there are.
    """
    for candidate in (name, f"x_{name}"):
        if candidate in documents.columns:
            return candidate
    own = {"doc_id", "text", "source", "text_sha256"}
    known = [known for known in [*DOCUMENTS.optional, *documents.columns] if known not in own]
    raise UsageError(f"no column {name!r} in the documents; there are: {listed(dict.fromkeys(known), 30)}")
