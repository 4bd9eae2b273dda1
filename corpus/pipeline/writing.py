"""The tables of a corpus, written partition by partition in the order of their keys."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.files import replacing
from corpus.pipeline.finding import links_between
from corpus.pipeline.laying import DROPPED_ORDER
from corpus.pipeline.stages import Advance
from corpus.pipeline.store import Store
from corpus.stats.summary import reasons
from corpus.tables import DOCUMENTS, DROPPED, LINKS, SENTENCES, Table, fitted_to

# However the work was divided, a file has row groups of so many rows.
_GROUP = 1 << 16
Range = tuple[Any, Any]


def write_tables(
    store: Store,
    folder: Path,
    documents: Sequence[Range],
    sources: Sequence[Range],
    extra: Sequence[str],
    advance: Advance,
) -> Counter[str]:
    """Write documents, sentences, links and dropped in place of those in ``folder``, once all are whole.

    Parameters
    ----------
    documents, sources : sequence of (low, high)
        Ranges of doc_id and of source, in order.
    extra : sequence of str
        Columns of the documents beyond the fixed ones.

    Returns
    -------
    Counter
        How many were dropped for each reason, as :func:`corpus.stats.summary.reasons`.
    """
    counts: Counter[str] = Counter()

    def dropped() -> Iterator[pa.Table]:
        for low, high in sources:
            tables = [store.between(name, "source", low, high) for name in ("laid-dropped", "dropped")]
            table = pa.concat_tables(tables).sort_by(DROPPED_ORDER)
            counts.update(reasons(table["reason"].to_pandas()))
            yield table

    tables: dict[str, tuple[Table, Sequence[str], Iterable[pa.Table]]] = {
        "sentences": (SENTENCES, (), _sentences(store, advance)),
        "links": (
            LINKS,
            (),
            (links_between(store, level, *own) for level in ("document", "sentence") for own in documents),
        ),
        "dropped": (DROPPED, (), dropped()),
        "documents": (DOCUMENTS, sorted(extra), (store.read("documents", part) for part in store.parts("documents"))),
    }
    with replacing_tables(folder) as beside:
        for name, (table, more, parts) in tables.items():
            _write(beside[name], table, more, parts)
    return counts


@contextmanager
def replacing_tables(folder: Path) -> Iterator[dict[str, Path]]:
    """Paths beside the tables of a corpus, by name; when all are written they take their place."""
    with ExitStack() as stack:
        # Left in reverse: the sentences take their place last.
        names = ("sentences", "links", "dropped", "documents")
        yield {name: stack.enter_context(replacing(folder / f"{name}.parquet")) for name in names}
        # Between the renames a killed build must leave no old sentences with new documents: rather none.
        (folder / "sentences.parquet").unlink(missing_ok=True)


def _sentences(store: Store, advance: Advance) -> Iterator[pa.Table]:
    linked = store.read("clusters", 0)
    codes = linked["code"].to_numpy()
    for part in store.parts("sentences"):
        own = store.read("own", part)
        at = np.searchsorted(codes, own["code"].to_numpy())
        found = np.append(codes, -1)[at] == own["code"].to_numpy()
        cluster = linked["cluster_id"].take(pa.array(at, mask=~found))
        yield store.read("sentences", part).append_column("cluster_id", pc.coalesce(cluster, own["id"]))
        advance(1)


def _write(path: Path, table: Table, extra: Sequence[str], parts: Iterable[pa.Table]) -> None:
    schema = table.schema(extra)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _grouped((fitted_to(schema, part) for part in parts), schema):
            writer.write_table(rows, row_group_size=_GROUP)


def _grouped(parts: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    held = schema.empty_table()
    for part in parts:
        held = pa.concat_tables([held, part])
        while len(held) >= _GROUP:
            yield held.slice(0, _GROUP).combine_chunks()
            held = held.slice(_GROUP)
    yield held.combine_chunks()
