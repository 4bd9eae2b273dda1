"""The append-only ledger: every revision of every annotation that was ever pulled or imported.

Label Studio is where people label, the ledger is where labels live. A row is never changed or removed; a deletion in
Label Studio becomes a row whose state is ``deleted``.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa

from corpus import tables
from labeling.database import WRITING, open_engine

State = Literal["submitted", "skipped", "deleted"]

_metadata = sa.MetaData()

_revisions = sa.Table(
    "revisions",
    _metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("server", sa.String, nullable=False),
    sa.Column("annotation_id", sa.String, nullable=False),
    sa.Column("question", sa.String, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("project", sa.String),
    sa.Column("task", sa.String),
    sa.Column("sentence_id", sa.String, nullable=False),
    sa.Column("annotator", sa.String, nullable=False),
    sa.Column("label", sa.String),
    sa.Column("skip_reason", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.Column("lead_time_s", sa.Float),
    sa.Column("labels_version", sa.String),
    sa.Column("suggestion", sa.Boolean, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("server", "annotation_id", "question", "revision"),
    sa.Index("revisions_by_task", "server", "project", "task"),
)

_watermarks = sa.Table(
    "watermarks",
    _metadata,
    sa.Column("server", sa.String, primary_key=True),
    sa.Column("project", sa.String, primary_key=True),
    sa.Column("batch", sa.String, nullable=False),
    sa.Column("labels_version", sa.String, nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
)

# What makes a revision differ from the one before it. The time is part: of two annotations of one person the later
# counts, so one that is submitted again unchanged may win again.
_CONTENT = ("annotator", "label", "skip_reason", "state", "updated_at", "lead_time_s")


@dataclass(frozen=True)
class Answer:
    """One annotator's answer to one question about one sentence, as it stands now."""

    server: str
    annotation_id: str
    question: str
    sentence_id: str
    annotator: str
    label: str | None
    state: State
    skip_reason: str | None = None
    project: str | None = None
    task: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    lead_time_s: float | None = None
    labels_version: str | None = None
    suggestion: bool = False


@dataclass(frozen=True)
class Project:
    """A Label Studio project that holds a batch, and up to when it was pulled."""

    server: str
    project: str
    batch: str
    labels_version: str
    updated_at: datetime | None


@dataclass(frozen=True)
class Recorded:
    """How many annotations a call of :meth:`Ledger.record` found new, changed or deleted."""

    new: int
    changed: int
    deleted: int


class Ledger:
    """A connection to the ledger; SQLite in a file, or any URL that SQLAlchemy knows.

    Parameters
    ----------
    where : Path or str
        The SQLite file (made, with its tables, if missing) or a database URL.
    """

    def __init__(self, where: Path | str) -> None:
        self._engine = open_engine(where)
        # Looked for first, so that opening a ledger that stands waits for no writer.
        if not sa.inspect(self._engine).has_table(_watermarks.name):
            with self.writing() as connection:
                _metadata.create_all(connection)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: all of it is recorded, or nothing. Two processes that write take turns."""
        with self._engine.execution_options(**WRITING).begin() as connection:
            yield connection

    def record(
        self,
        connection: sa.Connection,
        answers: Iterable[Answer],
        *,
        complete_tasks: Iterable[tuple[str, str, str]] = (),
    ) -> Recorded:
        """Append a revision for each answer that is new or differs from its last revision.

        Parameters
        ----------
        connection : Connection
            From :meth:`writing`.
        answers : iterable of Answer
            As they stand on the server now.
        complete_tasks : iterable of (server, project, task)
            Tasks whose answers are all among ``answers``: what the ledger has for them beyond that was deleted.
        """
        now = datetime.now(UTC)
        answers, complete = list(answers), set(complete_tasks)
        latest = self._latest_of(connection, {(a.server, a.annotation_id) for a in answers}, complete)
        known = {(server, annotation) for server, annotation, _ in latest}
        rows: list[dict[str, Any]] = []
        seen: set[tuple[str, str, str]] = set()
        touched: set[tuple[str, str]] = set()
        gone: set[tuple[str, str]] = set()
        for answer in answers:
            key = (answer.server, answer.annotation_id, answer.question)
            seen.add(key)
            row, before = asdict(answer), latest.get(key)
            if before is None or any(_comparable(before[name]) != _comparable(row[name]) for name in _CONTENT):
                touched.add(key[:2])
                rows.append(row | {"revision": before["revision"] + 1 if before else 1, "recorded_at": now})
        present = {key[:2] for key in seen}
        for key, before in latest.items():
            task = (before["server"], before["project"], before["task"])
            if key not in seen and task in complete and before["state"] != "deleted":
                (touched if key[:2] in present else gone).add(key[:2])
                kept = {name: before[name] for name in before if name != "seq"}
                rows.append(kept | {"state": "deleted", "revision": before["revision"] + 1, "recorded_at": now})
        if rows:
            connection.execute(sa.insert(_revisions), rows)
        return Recorded(new=len(touched - known), changed=len(touched & known), deleted=len(gone))

    def _latest_of(
        self, connection: sa.Connection, annotations: set[tuple[str, str]], tasks: set[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], dict[str, Any]]:
        """(server, annotation, question) -> its last revision, for the annotations and tasks named."""
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        for column, wanted in (
            (_revisions.c.annotation_id, _by_server(annotations, 1)),
            (_revisions.c.task, _by_server(tasks, 2)),
        ):
            for server, ids in wanted.items():
                for part in _parts(sorted(ids)):
                    query = sa.select(_revisions).where(_revisions.c.server == server, column.in_(part))
                    for row in connection.execute(query.order_by(_revisions.c.seq)).mappings():
                        found[row["server"], row["annotation_id"], row["question"]] = dict(row)
        return found

    def tasks(self, server: str, project: str) -> set[str]:
        """The tasks of a project for which the ledger holds answers that are not deleted."""
        with self._engine.connect() as connection:
            rows = self._latest(connection, server, project)
        return {row["task"] for row in rows if row["state"] != "deleted" and row["task"] is not None}

    def _latest(self, connection: sa.Connection, server: str | None = None, project: str | None = None) -> list[Any]:
        newest = sa.select(sa.func.max(_revisions.c.seq)).group_by(
            _revisions.c.server, _revisions.c.annotation_id, _revisions.c.question
        )
        if server is not None:
            newest = newest.where(_revisions.c.server == server, _revisions.c.project == project)
        query = sa.select(_revisions).where(_revisions.c.seq.in_(newest)).order_by(_revisions.c.seq)
        return list(connection.execute(query).mappings())

    def annotations(self) -> pd.DataFrame:
        """The last revision of every answer, as the ``annotations`` table, sorted by its key."""
        with self._engine.connect() as connection:
            rows = self._latest(connection)
        columns = list(tables.ANNOTATIONS.columns)
        frame = pd.DataFrame([{name: row[name] for name in columns} for row in rows], columns=columns)
        # An annotation is known by its server and its number there.
        frame["annotation_id"] = frame["server"] + "#" + frame["annotation_id"].astype(str)
        for name in ("created_at", "updated_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        frame["lead_time_s"] = frame["lead_time_s"].astype("float64")
        frame[["suggestion", "revision"]] = frame[["suggestion", "revision"]].astype(
            {"suggestion": bool, "revision": int}
        )
        return frame.sort_values(["annotation_id", "question"], ignore_index=True)

    def history(self, sentence_id: str) -> pd.DataFrame:
        """Every revision about one sentence, oldest first."""
        query = sa.select(_revisions).where(_revisions.c.sentence_id == sentence_id).order_by(_revisions.c.seq)
        with self._engine.connect() as connection:
            return pd.DataFrame([dict(row) for row in connection.execute(query).mappings()])

    def size(self) -> int:
        """Annotations that the ledger holds now, deleted ones left out."""
        with self._engine.connect() as connection:
            rows = self._latest(connection)
        return len({(row["server"], row["annotation_id"]) for row in rows if row["state"] != "deleted"})

    def projects(self) -> list[Project]:
        """The projects that were pushed or pulled from this workspace."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(_watermarks).order_by(_watermarks.c.server, _watermarks.c.batch)
            ).mappings()
            return [Project(**(dict(row) | {"updated_at": _utc(row["updated_at"])})) for row in rows]

    def remember(self, connection: sa.Connection, project: Project) -> None:
        """Set the batch, labels version and watermark of a project."""
        key = (_watermarks.c.server == project.server, _watermarks.c.project == project.project)
        connection.execute(sa.delete(_watermarks).where(*key))
        connection.execute(sa.insert(_watermarks).values(**asdict(project)))


def _utc(value: datetime | None) -> datetime | None:
    # SQLite stores no time zone; everything written is UTC.
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _comparable(value: Any) -> Any:
    return _utc(value) if isinstance(value, datetime) else value


def _by_server(keys: set[Any], last: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in keys:
        found.setdefault(key[0], set()).add(key[last])
    return found


def _parts(values: list[str], size: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
