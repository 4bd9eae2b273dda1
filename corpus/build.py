"""Sources to the corpus tables: documents, sentences with their clusters, links between copies, what was dropped."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from corpus.documents import ExtraColumns, row, sentence_id
from corpus.duplicates import COPY_RULES, CopyRules, cluster_ids, find_links
from corpus.errors import InputError, NotFound, TableError
from corpus.files import lock, replacing
from corpus.filters import DEFAULTS, Filters, judge
from corpus.language import language as language_of
from corpus.sources import Note, Reading, Record, Rejected, expand, read
from corpus.tables import DOCUMENTS, DROPPED, LINKS, SENTENCES, Table
from corpus.tables import read as read_table
from corpus.tables import write as write_table
from corpus.units import Unit, lay_out


@dataclass(frozen=True)
class Built:
    """The corpus tables, sorted by key, and what to tell the user."""

    documents: pd.DataFrame
    sentences: pd.DataFrame
    dropped: pd.DataFrame
    links: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    @property
    def clusters(self) -> int:
        """How many clusters there are: sentences that differ."""
        return int(self.sentences["cluster_id"].nunique())

    @property
    def duplicates(self) -> int:
        """How many sentences are in the cluster of another one that counts already."""
        return len(self.sentences) - self.clusters


@dataclass(frozen=True)
class Changes:
    """Documents of a build, compared with the tables that it replaced."""

    new: int
    kept: int
    gone: int


def build(
    sources: Sequence[str],
    *,
    unit: Unit = "auto",
    titles: bool = False,
    strict: bool = False,
    language: str = "en",
    single_line_share: float = 0.9,
    headline_words: int = 25,
    filters: Filters = DEFAULTS,
    copies: CopyRules = COPY_RULES,
    reading: Reading | None = None,
    languages: Sequence[str] = ("en", "ru"),
    advance: Callable[[int], None] = lambda _: None,
) -> Built:
    """Read, segment, filter and cluster. The same sources and settings give the same tables.

    Parameters
    ----------
    sources : sequence of str
        Files, folders and globs.
    unit, titles, language, single_line_share, headline_words
        See :func:`corpus.units.lay_out`.
    strict : bool
        Stop at the first record that cannot be used, instead of dropping it.
    filters : Filters
        What is dropped or flagged; see :func:`corpus.filters.judge`.
    copies : CopyRules
        See :func:`corpus.duplicates.find_links`.
    reading : Reading
        How sources are read.
    languages : sequence of str
        The languages that a document or a sentence can be in where its source does not say; see
        :func:`corpus.language.language`.
    advance : callable
        Called with 1 after each record.

    Raises
    ------
    InputError
        A source cannot be read, or none of the records can be used; with ``strict``, one of them.
    """
    documents: dict[str, dict[str, Any]] = {}
    sentences: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    notes: list[str] = []
    names = ExtraColumns()
    for record in records(expand(sources), strict, reading or Reading()):
        if isinstance(record, Note):
            notes.append(f"{record.source}: {record.message}")
            continue
        advance(1)
        if isinstance(record, Rejected):
            dropped.append(_dropped(record.source, 0, record.text, "read", record.reason))
            continue
        spoken = record.fields["language"] or language_of(record.text, languages)
        layout = lay_out(
            record, unit, titles=titles, language=spoken or language,
            single_line_share=single_line_share, headline_words=headline_words,
        )  # fmt: skip
        document = row(record, layout.text, layout.title, names) | {"language": spoken}
        if document["doc_id"] in documents:
            dropped.append(_dropped(record.source, 0, layout.text, "documents", "same document"))
            continue
        documents[document["doc_id"]] = document
        notes += [layout.note] if layout.note else []
        for index, (start, end) in enumerate(layout.spans):
            text = layout.text[start:end]
            spoken_here = _of_sentence(text, languages) or spoken
            verdict = judge(text, spoken_here, filters)
            if verdict.dropped:
                dropped.append(_dropped(record.source, start, text, "filter", verdict.dropped))
                continue
            sentences.append(
                {
                    "sentence_id": sentence_id(document["doc_id"], start, text), "doc_id": document["doc_id"],
                    "index": index, "start": start, "end": end, "text": text, "language": spoken_here,
                    "flags": verdict.flags,
                }
            )  # fmt: skip
    if not documents:
        first = dropped[0]
        got = f" in {first['text'][:80]}" if first["text"] else ""
        raise InputError(first["source"], f"{first['reason']}{got}. None of the {len(dropped)} records can be used")
    return _tables(documents.values(), sentences, dropped, notes, copies)


def _of_sentence(text: str, languages: Sequence[str]) -> str | None:
    # A sentence is in the language of its document, unless it is long enough to tell and clearly in another one.
    return language_of(text, languages, min_letters=40, min_probability=0.98)


def records(files: dict[Path, bool], strict: bool, reading: Reading) -> Iterator[Record | Rejected | Note]:
    """The records of all files. A file that cannot be read is left out, and said; an error if it is the only one."""
    for path, named in files.items():
        given = False
        try:
            for item in read(path, reading):
                if strict and isinstance(item, Rejected):
                    line = item.source.rpartition(":")[2]
                    raise InputError(
                        path,
                        item.reason,
                        line=int(line) if line.isdecimal() else None,
                        todo="Mend it, or leave out --strict",
                    )
                given = given or isinstance(item, Record)
                yield item
        except InputError as error:
            if strict or (named and len(files) == 1 and not given):
                raise
            where = f"{path.name}:{error.line}" if error.line else path.name
            if named:
                yield Note(where, f"{error.problem}; left out" + (" from there on" if given else ""))
            yield Rejected(where, f"{error.problem}; the file is left out from there on")


def _dropped(source: str, start: int, text: str | None, step: str, reason: str) -> dict[str, Any]:
    return {"source": source, "start": start, "text": text, "step": step, "reason": reason}


def _tables(
    documents: Iterable[dict[str, Any]],
    sentences: list[dict[str, Any]],
    dropped: list[dict[str, Any]],
    notes: list[str],
    copies: CopyRules,
) -> Built:
    document_table = _frame(documents, DOCUMENTS, ["doc_id"])
    document_table["published_at"] = pd.to_datetime(document_table["published_at"], utc=True).astype(
        "datetime64[us, UTC]"
    )
    sentence_table = _frame(sentences, SENTENCES, ["doc_id", "start"])
    links = find_links(sentence_table, copies)
    sentence_table["cluster_id"] = cluster_ids(sentence_table, links)
    return Built(document_table, sentence_table, _frame(dropped, DROPPED, ["source", "start", "reason"]), links, notes)


def _frame(rows: Iterable[dict[str, Any]], table: Table, key: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows))
    extra = sorted(set(frame.columns) - set(table.columns))
    return frame.reindex(columns=[*table.columns, *extra]).sort_values(key, kind="stable", ignore_index=True)


def replace_tables(folder: Path, built: Built) -> Changes:
    """Write the tables of a build in place of those in ``folder``.

    Raises
    ------
    InUse
        Another build is writing there.
    """
    with lock(folder / ".lock", f"another `stance corpus build` is writing to {folder}; wait for it to end"):
        before = _doc_ids(folder / "documents.parquet")
        with ExitStack() as stack:
            # Left in reverse: the sentences take their place last.
            beside = {name: stack.enter_context(replacing(folder / f"{name}.parquet")) for name in _TABLES}
            for name, table in _TABLES.items():
                write_table(getattr(built, name), beside[name], table)
            # Between the renames a killed build must leave no old sentences with new documents: rather none.
            (folder / "sentences.parquet").unlink(missing_ok=True)
    after = set(built.documents["doc_id"])
    return Changes(len(after - before), len(after & before), len(before - after))


_TABLES = {"sentences": SENTENCES, "links": LINKS, "dropped": DROPPED, "documents": DOCUMENTS}


def _doc_ids(path: Path) -> set[str]:
    try:
        return set(read_table(path, DOCUMENTS)["doc_id"])
    except (NotFound, TableError):
        return set()
