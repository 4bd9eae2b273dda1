"""The first stage: blocks of records to documents and sentences, each judged; and what could not be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from corpus.documents import row, sentence_id
from corpus.pipeline.store import Store
from corpus.sources import Item, Note, Record, Rejected
from corpus.tables import DOCUMENTS, DROPPED, INT, SENTENCES, STRING
from corpus.text.filters import Filters, judge
from corpus.text.language import language as language_of
from corpus.text.units import Unit, lay_out

# Records of a block, and bytes of text, at most; every so many blocks they may hold more, so that a large corpus does
# not end in a million files. (What is read is the same each time: a block is known by its number.)
_RECORDS, _BYTES, _GROWING = 2048, 4 << 20, 256


@dataclass(frozen=True)
class Laying:
    """How records become sentences; see :func:`corpus.build.build`."""

    unit: Unit
    titles: bool
    language: str
    single_line_share: float
    headline_words: int
    filters: Filters
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Some records in a row, with how many items of which file were read when it ended, for those who go on there."""

    number: int
    items: list[Item]
    file: int
    read: int


def blocks(items: Iterator[tuple[int, int, Item]], first: int) -> Iterator[Block]:
    """Cut a stream of (number of the file, items of it read so far, item) into blocks, the first of them ``first``."""
    number, held, size, file, read = first, [], 0, 0, 0
    for file, read, item in items:
        held.append(item)
        size += 0 if isinstance(item, Note) else len(item.text or "")
        more = 1 + number // _GROWING
        if len(held) >= _RECORDS * more or size >= _BYTES * more:
            yield Block(number, held, file, read)
            number, held, size = number + 1, [], 0
    if held:
        yield Block(number, held, file, read)


def lay(
    store: Store, part: int, items: Sequence[Item], names: Mapping[str, str], rules: Laying, at: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay out a block of records: tables ``laid-documents``, ``laid-sentences`` and ``laid-dropped``.

    Rows carry ``order``, their record's place among all; a sentence that is dropped has its reason. Which of the
    records that are one document is kept is left to the next stage, which sees them all.

    Returns
    -------
    dict
        ``records``, ``documents``, ``sentences``, ``bytes``; ``rare``, which of these columns it has; ``rejected`` (of
        the first one source, reason and text, and how many) or null; ``dropped``, a sample of the sources of what was
        rejected; ``notes``, each with its order; and ``at``.
    """
    documents: list[dict[str, Any]] = []
    sentences: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    notes: list[tuple[int, str]] = []
    seen: set[str] = set()
    for place, item in enumerate(items):
        order = (part << 32) + place
        if isinstance(item, Note):
            notes.append((order, f"{item.source}: {item.message}"))
            continue
        if isinstance(item, Rejected):
            dropped.append(_dropped(item.source, 0, item.text, "read", item.reason, order))
            continue
        document, own, note = _document(item, names, rules, order)
        documents.append(document)
        if document["doc_id"] not in seen:
            seen.add(document["doc_id"])
            sentences += own
            notes += [(order, note)] if note else []
    extra = sorted(set().union(*documents).intersection((*names.values(), *DOCUMENTS.rare)))
    schema = DOCUMENTS.schema(extra).append(pa.field("order", INT))
    store.write(
        "laid-documents",
        part,
        pa.Table.from_pylist(documents, schema).sort_by([("doc_id", "ascending"), ("order", "ascending")]),
    )
    store.write(
        "laid-sentences",
        part,
        pa.Table.from_pylist(sentences, _SENTENCES).sort_by([("doc_id", "ascending"), ("start", "ascending")]),
    )
    store.write("laid-dropped", part, pa.Table.from_pylist(dropped, DROPPED_ROWS).sort_by(DROPPED_ORDER))
    first = dropped[0] if dropped else None
    return {
        "records": sum(not isinstance(item, Note) for item in items),
        "documents": len(documents),
        "sentences": len(sentences),
        "bytes": sum(len(document["text"]) for document in documents),
        "rare": [name for name in extra if name in DOCUMENTS.rare],
        "rejected": first and [first["source"], first["reason"], (first["text"] or "")[:80], len(dropped)],
        "dropped": [row["source"] for row in dropped[:: 1 + len(dropped) // _SAMPLE]],
        "notes": notes,
        **at,
    }


_SAMPLE = 32
DROPPED_ROWS = pa.schema([*DROPPED.columns.items(), ("order", INT)])
DROPPED_ORDER = [(name, "ascending") for name in ("source", "start", "reason", "order")]
_SENTENCES = pa.schema(
    [
        *((name, kind) for name, kind in SENTENCES.columns.items() if name != "cluster_id"),
        ("order", INT), ("source", STRING), ("reason", STRING),
    ]
)  # fmt: skip


def _dropped(source: str, start: int, text: str | None, step: str, reason: str, order: int) -> dict[str, Any]:
    return {"source": source, "start": start, "text": text, "step": step, "reason": reason, "order": order}


def _document(
    record: Record, names: Mapping[str, str], rules: Laying, order: int
) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    spoken = record.fields["language"] or language_of(record.text, rules.languages)
    layout = lay_out(
        record, rules.unit, titles=rules.titles, language=spoken or rules.language,
        single_line_share=rules.single_line_share, headline_words=rules.headline_words,
    )  # fmt: skip
    document = row(record, layout.text, layout.title, names) | {"language": spoken, "order": order}
    sentences = []
    for index, (start, end) in enumerate(layout.spans):
        text = layout.text[start:end]
        here = _of_sentence(text, rules.languages) or spoken
        verdict = judge(text, here, rules.filters)
        sentences.append(
            {
                "sentence_id": sentence_id(document["doc_id"], start, text), "doc_id": document["doc_id"],
                "index": index, "start": start, "end": end, "text": text, "language": here, "flags": verdict.flags,
                "order": order, "source": record.source, "reason": verdict.dropped,
            }
        )  # fmt: skip
    return document, sentences, layout.note


def _of_sentence(text: str, languages: Sequence[str]) -> str | None:
    # A sentence is in the language of its document, unless it is long enough to tell and clearly in another one.
    return language_of(text, languages, min_letters=40, min_probability=0.98)
