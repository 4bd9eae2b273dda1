"""Sources to the corpus tables: documents, sentences with their clusters, links between copies, what was dropped."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.copies.duplicates import COPY_RULES, CopyRules
from corpus.documents import ExtraColumns
from corpus.errors import InputError
from corpus.files import lock, sha256_text
from corpus.pipeline.engines import Engine
from corpus.pipeline.finding import find
from corpus.pipeline.laying import Laying, blocks, lay
from corpus.pipeline.reading import numbered
from corpus.pipeline.settling import settle
from corpus.pipeline.stages import Progress, Stages, silent
from corpus.pipeline.store import ranges
from corpus.pipeline.writing import replacing_tables, write_tables
from corpus.sources import Reading, Record, expand
from corpus.tables import DOCUMENTS, DROPPED, LINKS, SENTENCES
from corpus.tables import read as read_table
from corpus.tables import write as write_table
from corpus.text.filters import DEFAULTS, Filters
from corpus.text.units import Unit

# Sentences and bytes of text of a partition. With more partitions than these a shuffle would open millions of files.
_SENTENCES, _BYTES, _PARTS = 20_000, 32 << 20, 1000
_TABLES = (DOCUMENTS, SENTENCES, DROPPED, LINKS)
_BUSY = "another `stance corpus build` is writing to {}; wait for it to end"


@dataclass(frozen=True)
class Changes:
    """Documents of a build, compared with the tables that it replaced."""

    new: int
    kept: int
    gone: int


@dataclass(frozen=True)
class Summary:
    """What a build made, and what to tell the user."""

    documents: int
    sentences: int
    clusters: int
    dropped: Mapping[str, int]
    changes: Changes
    notes: list[str] = field(default_factory=list)

    @property
    def duplicates(self) -> int:
        """How many sentences are in the cluster of another one that counts already."""
        return self.sentences - self.clusters


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


def build(sources: Sequence[str], **rules: Any) -> Built:
    """The tables of a corpus, as frames: for what fits in memory. The rules are those of :func:`build_into`."""
    with tempfile.TemporaryDirectory() as folder:
        notes = build_into(Path(folder), sources, **rules, lasting=False).notes
        tables = {table.name: read_table(Path(folder) / f"{table.name}.parquet", table) for table in _TABLES}
    return Built(**tables, notes=notes)


def replace_tables(folder: Path, built: Built) -> Changes:
    """Write the tables of a build in place of those in ``folder``.

    Raises
    ------
    InUse
        Another build is writing there.
    """
    with lock(folder / ".lock", _BUSY.format(folder)):
        changes = _changes(_doc_ids(folder / "documents.parquet"), iter(built.documents["doc_id"].tolist()))
        with replacing_tables(folder) as beside:
            for table in _TABLES:
                write_table(getattr(built, table.name), beside[table.name], table)
    return changes


def build_into(
    folder: Path,
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
    engine: Engine | None = None,
    progress: Progress = silent,
    rows: int = _SENTENCES,
    lasting: bool = True,
) -> Summary:
    """Read, segment, filter and cluster; the tables in ``folder`` are replaced once all are whole.

    The same sources and settings give the same tables, whatever the engine. What is done is kept in ``folder/.build``
    until then: a build that was stopped goes on where it was, unless its sources, its settings or stancelab changed.

    Parameters
    ----------
    folder : Path
        Of the tables.
    sources : sequence of str
        Files, folders and globs.
    unit, titles, language, single_line_share, headline_words
        See :func:`corpus.text.units.lay_out`.
    strict : bool
        Stop at the first record that cannot be used, instead of dropping it.
    filters : Filters
        What is dropped or flagged; see :func:`corpus.text.filters.judge`.
    copies : CopyRules
        See :func:`corpus.copies.duplicates.find_links`.
    reading : Reading
        How sources are read.
    languages : sequence of str
        The languages that a document or a sentence can be in where its source does not say; see
        :func:`corpus.text.language.language`.
    engine : Engine or None
        Who works on the partitions; None: this process.
    progress : callable
        Shows how far each stage is.
    rows : int
        Sentences of a partition, about.
    lasting : bool
        Whether what is done must outlast a power cut.

    Raises
    ------
    InputError
        A source cannot be read, or none of the records can be used; with ``strict``, one of them.
    InUse
        Another build is writing there.
    """
    files = expand(sources)
    rules = Laying(unit, titles, language, single_line_share, headline_words, filters, tuple(languages))
    reading = reading or Reading()
    with lock(folder / ".lock", _BUSY.format(folder)):
        key = _key(files, [strict, asdict(rules), asdict(copies), asdict(reading), rows])
        stages = Stages(folder / ".build", key, engine, progress, lasting=lasting)
        try:
            return _build(stages, folder, files, strict, reading, rules, copies, rows)
        except InputError:
            stages.remove()
            raise


def _build(
    stages: Stages,
    folder: Path,
    files: dict[Path, bool],
    strict: bool,
    reading: Reading,
    rules: Laying,
    copies: CopyRules,
    rows: int,
) -> Summary:
    laid, names = _lay(stages, files, strict, reading, rules)
    parts = min(_PARTS, -(-max(sum(block["sentences"] for block in laid), 1) // rows))
    parts = min(_PARTS, max(parts, -(-sum(block["bytes"] for block in laid) // _BYTES)))
    documents = ranges([f"{part * 16**6 // parts:06x}" for part in range(parts)], parts)
    by_document = [(part, *between) for part, between in enumerate(documents)]
    settled = stages.map("documents and sentences", settle, by_document, parts)
    stages.forget("laid-documents", "laid-sentences")
    sample = [key for part in settled for key in part["keys"]]
    clusters = find(stages, sample, documents, parts=parts, rules=copies)
    sources = ranges([source for part in [*laid, *settled] for source in part["dropped"]], parts)
    with stages.progress("tables", parts) as advance:
        after = (name for part in range(parts) for name in stages.store.read("documents", part)["doc_id"].to_pylist())
        changes = _changes(_doc_ids(folder / "documents.parquet"), after)
        dropped = write_tables(stages.store, folder, documents, sources, names, advance)
    again = {order for part in settled for order in part["again"]}
    notes = ["went on with a build that was stopped"] if stages.resumed else []
    notes += [note for block in laid for order, note in block["notes"] if order not in again]
    stages.remove()
    return Summary(
        sum(part["documents"] for part in settled), sum(part["sentences"] for part in settled), clusters,
        dict(sorted(dropped.items())), changes, notes,
    )  # fmt: skip


def _lay(
    stages: Stages, files: dict[Path, bool], strict: bool, reading: Reading, rules: Laying
) -> tuple[list[dict[str, Any]], list[str]]:
    """Read what is not read yet, block by block: what each block gave, and the columns beyond the fixed ones."""
    done = {} if stages.finished("records") else stages.done("records")
    first = next(number for number in range(len(done) + 1) if number not in done)
    start: dict[str, Any] = done[first - 1] if first else {"file": 0, "read": 0, "names": {}}
    names = ExtraColumns(start["names"])

    def calls() -> Iterator[tuple[Any, ...]]:
        stream = numbered(files, strict, reading, start["file"], start["read"])
        for block in blocks(stream, first):
            for item in block.items:
                for name in item.extra if isinstance(item, Record) else ():
                    names[name]
            at = {"file": block.file, "read": block.read, "names": names.known}
            yield block.number, block.items, names.known, rules, at

    laid = stages.map("records", lay, calls())
    if not any(block["documents"] for block in laid):
        source, reason, text = next(block["rejected"][:3] for block in laid if block["rejected"])
        count = sum(block["rejected"][3] for block in laid if block["rejected"])
        got = f" in {text}" if text else ""
        raise InputError(source, f"{reason}{got}. None of the {count} records can be used")
    rare = sorted({name for block in laid for name in block["rare"]})
    return laid, [*laid[-1]["names"].values(), *rare]


def _key(files: Iterable[Path], settings: Any) -> dict[str, str]:
    """What a build depends on: the files as they are, the settings, and the code."""
    code = hashlib.sha256()
    for module in sorted(Path(__file__).parent.rglob("*.py")):
        code.update(module.read_bytes())
    known = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()]
    return {"files": sha256_text(repr(known)), "settings": repr(settings), "code": code.hexdigest()}


def _doc_ids(path: Path) -> Iterator[str]:
    """The doc_ids of a table of documents, in order; none where there is none that can be read."""
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["doc_id"]):
                yield from batch["doc_id"].to_pylist()
    except (OSError, pa.ArrowException, KeyError):
        return


def _changes(before: Iterator[str], after: Iterator[str]) -> Changes:
    """Compare two runs of sorted ids, neither of which is held."""
    counts: Counter[str] = Counter()
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old < new):
            counts["gone"] += 1
            old = next(before, None)
        elif old is None or new < old:
            counts["new"] += 1
            new = next(after, None)
        else:
            counts["kept"] += 1
            old, new = next(before, None), next(after, None)
    return Changes(counts["new"], counts["kept"], counts["gone"])
