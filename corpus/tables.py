"""The tables that steps hand to each other: one schema, one checker, one reader and one writer for all of them.

Every table is a Parquet file. ``check`` states what must hold, and names table, column and row where it does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import NotFound, TableError, listed
from corpus.files import replacing

# 2: the column flags. Tables of 1 are read, with flags empty.
FORMAT_VERSION = 2

STRING, INT, FLOAT, BOOL = pa.string(), pa.int64(), pa.float64(), pa.bool_()
TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Table:
    """The schema of a table.

    Parameters
    ----------
    name : str
        As in messages.
    key : tuple of str
        Columns that together are unique and never null.
    required : dict of str to pyarrow type
        Columns that are never null.
    optional : dict of str to pyarrow type
        Columns that must be there and may hold nulls.
    prefixes : dict of str to pyarrow type
        Further columns are allowed when their name begins so (``x_`` for the columns of a source).
    made_by : str
        The command to run when the table is missing.
    since_2 : dict of str to pyarrow type
        Columns that came with format 2, and may hold nulls; a frame without them gets them, empty.
    rare : dict of str to pyarrow type
        Columns that are written only if a row has a value; who reads the table has them always.
    """

    name: str
    key: tuple[str, ...]
    required: dict[str, pa.DataType]
    optional: dict[str, pa.DataType] = field(default_factory=dict)
    prefixes: dict[str, pa.DataType] = field(default_factory=dict)
    made_by: str = ""
    since_2: dict[str, pa.DataType] = field(default_factory=dict)
    rare: dict[str, pa.DataType] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """Name and type of each fixed column, in order."""
        return self.required | self.optional | self.since_2

    def schema(self, extra: Iterable[str] = ()) -> pa.Schema:
        """The fixed columns in order, then those of ``extra`` that the table allows, as they stand.

        Raises
        ------
        TableError
            One is not allowed.
        """
        types = dict(self.columns)
        for name in extra:
            prefixed = next((kind for prefix, kind in self.prefixes.items() if name.startswith(prefix)), None)
            kind = self.rare.get(name, prefixed)
            if kind is None:
                raise TableError(self.name, f"not allowed; expected {listed(self.columns, 30)}", column=name)
            types[name] = kind
        return pa.schema(
            list(types.items()),
            metadata={"stancelab.table": self.name, "stancelab.format_version": str(FORMAT_VERSION)},
        )

    def completed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """``frame`` with the columns that an older format lacks, and the rare ones."""
        lacking = [name for name in (*self.since_2, *self.rare) if name not in frame.columns]
        return frame.assign(**{name: pd.Series(None, frame.index, "object") for name in lacking}) if lacking else frame


_ORIGIN = {
    "record_id": STRING, "title": STRING, "outlet": STRING, "byline": STRING, "published_at": TIME, "url": STRING,
    "event": STRING, "target": STRING, "split": STRING,
}  # fmt: skip
# Counted from the first character of the row's text.
_PLACE = {"target_start": INT}

DOCUMENTS = Table(
    "documents",
    ("doc_id",),
    {"doc_id": STRING, "text": STRING, "source": STRING, "text_sha256": STRING},
    _ORIGIN | {"language": STRING},
    {"x_": STRING},
    made_by="stance corpus build",
    rare=_PLACE,
)
SENTENCES = Table(
    "sentences",
    ("sentence_id",),
    {
        "sentence_id": STRING, "doc_id": STRING, "index": INT, "start": INT, "end": INT, "text": STRING,
        "cluster_id": STRING,
    },
    {"language": STRING},
    made_by="stance corpus build",
    since_2={"flags": STRING},
)  # fmt: skip
DROPPED = Table(
    "dropped",
    (),
    {"source": STRING, "start": INT, "step": STRING, "reason": STRING},
    {"text": STRING},
    made_by="stance corpus build",
)
LINKS = Table(
    "links",
    ("level", "a", "b"),
    {"a": STRING, "b": STRING, "level": STRING, "kind": STRING, "similarity": FLOAT},
    made_by="stance corpus build",
)
BATCH = Table(
    "batch",
    ("sentence_id",),
    {"sentence_id": STRING, "doc_id": STRING, "text": STRING, "cluster_id": STRING, "before": STRING, "after": STRING},
    _ORIGIN | {"language": STRING},
    made_by="stance corpus sample",
    rare=_PLACE,
)
ANNOTATIONS = Table(
    "annotations",
    ("annotation_id", "question"),
    {
        "annotation_id": STRING, "question": STRING, "sentence_id": STRING, "annotator": STRING, "state": STRING,
        "suggestion": BOOL, "revision": INT, "server": STRING,
    },
    {
        "label": STRING, "skip_reason": STRING, "created_at": TIME, "updated_at": TIME, "lead_time_s": FLOAT,
        "labels_version": STRING, "project": STRING,
    },
    made_by="stance label pull",
    since_2={"kind": STRING},
)  # fmt: skip
GOLD = Table(
    "gold",
    ("sentence_id", "question"),
    {"sentence_id": STRING, "question": STRING, "method": STRING, "votes": INT, "unanimous": BOOL},
    {"label": STRING, "probability": FLOAT, "adjudicator": STRING},
    made_by="stance label aggregate",
)
RELEASED = Table(
    "released sentences",
    ("sentence_id",),
    SENTENCES.required,
    _ORIGIN | {"language": STRING, "source": STRING},
    {"x_": STRING},
    made_by="stance label release",
    since_2=SENTENCES.since_2,
    rare=_PLACE,
)
REFERENCES = Table(
    "references",
    ("sentence_id",),
    {name: kind for name, kind in SENTENCES.required.items() if name != "text"} | {"text_sha256": STRING},
    {name: kind for name, kind in RELEASED.optional.items() if name != "title"} | SENTENCES.since_2,
    made_by="stance corpus export",
    rare=_PLACE,
)
SPLIT = Table(
    "split",
    ("sentence_id",),
    {"sentence_id": STRING, "split": STRING, "fold": INT, "group": STRING},
    made_by="stance label release",
)
PREDICTIONS = Table(
    "predictions",
    ("sentence_id", "question"),
    {"sentence_id": STRING, "question": STRING, "abstained": BOOL, "model_id": STRING},
    {"label": STRING},
    {"p_": FLOAT, "in_": BOOL},
    made_by="stance train fit",
    rare={"record_id": STRING, "text": STRING, "target": STRING},
)


def check(frame: pd.DataFrame, table: Table) -> pa.Table:
    """``frame`` as an Arrow table of exactly the schema: fixed columns in order, then the allowed extra ones by name.

    Raises
    ------
    TableError
        A column is missing, not allowed, of another type or null where it must not be; a key is doubled.
    """
    frame = table.completed(frame)
    frame = frame.drop(columns=[name for name in table.rare if frame[name].isna().all()])
    missing = [name for name in table.columns if name not in frame.columns]
    if missing:
        raise TableError(table.name, f"missing; expected the columns {listed(table.columns, 30)}", column=missing[0])
    schema = table.schema(sorted(name for name in frame.columns if name not in table.columns))
    arrays = [_array(frame[field.name], field.type, table, field.name) for field in schema]
    for name in table.required:
        if frame[name].isna().any():
            raise TableError(table.name, "is empty there", column=name, row=_first(frame[name].isna()))
    if table.key and (doubled := frame.duplicated(list(table.key))).any():
        row = _first(doubled)
        value = ", ".join(str(frame[name].iloc[row]) for name in table.key)
        raise TableError(table.name, f"the key {value} is doubled", column="+".join(table.key), row=row)
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(column: pd.Series, kind: pa.DataType, table: Table, name: str) -> pa.Array:
    try:
        array = pa.array(column, type=kind, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError) as error:
        raise TableError(table.name, f"expected {kind}, got {column.dtype} ({error})", column=name) from None
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _first(where: pd.Series) -> int:
    return int(where.to_numpy().argmax())


def fitted_to(schema: pa.Schema, rows: pa.Table) -> pa.Table:
    """``rows`` with the columns of a schema; those that they lack are null."""
    columns = [rows[own.name] if own.name in rows.column_names else pa.nulls(len(rows), own.type) for own in schema]
    return pa.table(columns, schema)


def write(frame: pd.DataFrame, path: Path, table: Table) -> None:
    """Check ``frame`` and write it, whole or not at all. The same rows give the same bytes."""
    arrow = check(frame, table)
    with replacing(path) as beside:
        pq.write_table(arrow, beside, compression="zstd")


def read(path: Path, table: Table) -> pd.DataFrame:
    """Read and check a table.

    Raises
    ------
    NotFound
        The file is not there.
    TableError
        It is no Parquet file, of a newer format, or breaks the schema.
    """
    if not path.is_file():
        raise NotFound(f"{table.name} table", path, (), f"Run `{table.made_by}` first.")
    try:
        arrow = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(table.name, f"is not a Parquet file that can be read ({error})", path=path) from None
    written = int((arrow.schema.metadata or {}).get(b"stancelab.format_version", b"1"))
    if written > FORMAT_VERSION:
        raise TableError(
            table.name, f"has format {written}; this stancelab reads up to {FORMAT_VERSION}: update it", path=path
        )
    frame: pd.DataFrame = table.completed(arrow.to_pandas())
    try:
        check(frame, table)
    except TableError as error:
        error.args = (f"{path}: {error}",)
        raise
    return frame


def read_if_there(path: Path, table: Table) -> pd.DataFrame:
    """As :func:`read`; a table without rows where there is no such file."""
    if path.is_file():
        return read(path, table)
    empty: pd.DataFrame = table.schema().empty_table().to_pandas()
    return empty
