"""The append-only ledger: every revision of every annotation that was ever pulled or imported.

Label Studio is where people label, the ledger is where labels live. A row is never changed or removed; a deletion in
Label Studio becomes a row whose state is ``deleted``.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from corpus.workspace import Workspace
from labeling.ledger import label_versions, schema
from labeling.ledger.database import open_engine, turn_to_pull, writing
from labeling.ledger.recording import Key, TaskKey, differences, told_apart, utc
from labeling.ledger.records import Answer, Assignment, Kind, Project, Recorded, Trust
from labeling.studio.migration import migrated

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answer", "Assignment", "Kind", "Ledger", "Project", "Recorded", "Trust", "open_ledger"]

_revisions, _watermarks, _assignments = schema.revisions, schema.watermarks, schema.assignments
_pushed, _pulls = schema.pushed_tasks, schema.pulls


def open_ledger(workspace: Workspace) -> "Ledger":
    """The ledger that STANCE_LEDGER_URL names, else the workspace's own file."""
    return Ledger(os.environ.get("STANCE_LEDGER_URL") or workspace.ledger)


class Ledger:
    """A connection to the ledger; SQLite in a file, or PostgreSQL by URL.

    Parameters
    ----------
    where : Path or str
        The SQLite file (made, with its tables, if missing) or a database URL. A ledger of an older format gets the
        tables and columns of today; its rows stay as they are.
    """

    def __init__(self, where: Path | str) -> None:
        self._engine = open_engine(where)
        shown = self._engine.url.render_as_string(hide_password=True)
        # Looked at first, so that opening a ledger that stands waits for no writer.
        with self._engine.connect() as connection:
            ready = schema.current(connection, shown)
        if not ready:
            with self.writing() as connection:
                schema.upgrade(connection)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: all of it is recorded, or nothing. Two processes that write take turns."""
        with writing(self._engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for several reads of one moment."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Within the block no other machine pulls into this ledger: :func:`labeling.ledger.database.turn_to_pull`."""
        with turn_to_pull(self._engine):
            yield

    def record(
        self,
        connection: sa.Connection,
        answers: Iterable[Answer],
        *,
        complete_tasks: Mapping[TaskKey, datetime | None] | None = None,
        trust: Trust = "ask",
    ) -> Recorded:
        """Append a revision for each answer that is new or differs from its last revision.

        ``connection`` is from :meth:`writing`; see :func:`labeling.ledger.recording.differences` for the rest.
        """
        answers, complete = list(answers), dict(complete_tasks or {})
        latest = self._latest_of(connection, {(a.server, a.annotation_id) for a in answers}, set(complete))
        answers, renamed = told_apart(answers, latest)
        reused = 0
        if renamed:
            names = {(a.server, a.annotation_id) for a in answers}
            known = self._latest_of(connection, names - {key[:2] for key in latest}, set())
            reused = renamed - len({key[:2] for key in known})
            latest |= known
        rows, found = differences(answers, latest, complete, trust=trust, now=datetime.now(UTC))
        if rows:
            connection.execute(sa.insert(_revisions), rows)
        return found + Recorded(reused=max(0, reused))

    def _latest_of(
        self, connection: sa.Connection, annotations: set[tuple[str, str]], tasks: set[TaskKey]
    ) -> dict[Key, dict[str, Any]]:
        """The last revision of every answer of the annotations named, and of all that ever was of the tasks named."""
        c = _revisions.c
        wanted = set(annotations)
        for server, project in {(server, project) for server, project, _ in tasks}:
            here = sa.and_(c.server == server, c.project == project)
            for part in _parts(task for s, p, task in tasks if (s, p) == (server, project)):
                query = sa.select(c.annotation_id).distinct().where(here, c.task.in_(part))
                wanted |= {(server, name) for (name,) in connection.execute(query)}
        found: dict[Key, dict[str, Any]] = {}
        for server in {server for server, _ in wanted}:
            for part in _parts(name for s, name in wanted if s == server):
                query = sa.select(_revisions).where(c.server == server, c.annotation_id.in_(part))
                for row in connection.execute(query).mappings():
                    key = (row["server"], row["annotation_id"], row["question"])
                    if key not in found or found[key]["seq"] < row["seq"]:
                        found[key] = dict(row)
        return found

    def annotations(self, kinds: Sequence[Kind] = ("normal",), more: Sequence[str] = ()) -> "pd.DataFrame":
        """The last revision of every answer, as the ``annotations`` table, sorted by its key.

        Labels read as in the label set they were migrated to, if they were; ``labels_version`` stays that under which
        they were given. ``kinds`` says which items: gold and retest items, say, are no votes. ``more`` are columns of
        :class:`Answer` beside the table's, such as ``notes``.
        """
        import pandas as pd

        from corpus import tables

        columns = [*tables.ANNOTATIONS.columns, *more]
        query = sa.select(*(_revisions.c[name] for name in columns)).where(
            _revisions.c.seq.in_(_newest()), _revisions.c.kind.in_(kinds)
        )
        with self._engine.connect() as connection:
            frame = pd.DataFrame(list(map(tuple, connection.execute(query))), columns=columns)
            frame = migrated(frame, label_versions.changes(connection))
        # An annotation is known by its server and its number there.
        frame["annotation_id"] = frame["server"] + "#" + frame["annotation_id"].astype(str)
        for name in ("created_at", "updated_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        frame["lead_time_s"] = frame["lead_time_s"].astype("float64")
        frame[["suggestion", "revision"]] = frame[["suggestion", "revision"]].astype(
            {"suggestion": bool, "revision": int}
        )
        return frame.sort_values(["annotation_id", "question"], ignore_index=True)

    def history(self, sentence_id: str) -> "pd.DataFrame":
        """Every revision about one sentence, oldest first, with the labels as they were given."""
        query = sa.select(_revisions).where(_revisions.c.sentence_id == sentence_id).order_by(_revisions.c.seq)
        return self._frame(query)

    def sentences(self, beginning: str) -> list[str]:
        """The sentences with answers whose id begins so, in order."""
        column = _revisions.c.sentence_id
        query = sa.select(column).distinct().where(column.startswith(beginning, autoescape=True)).order_by(column)
        with self._engine.connect() as connection:
            return [str(name) for (name,) in connection.execute(query)]

    def size(self) -> int:
        """Annotations that the ledger holds now, deleted ones left out."""
        annotation = sa.select(_revisions.c.server, _revisions.c.annotation_id).distinct()
        standing = annotation.where(_revisions.c.seq.in_(_newest()), _revisions.c.state != "deleted").subquery()
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(standing)).scalar_one())

    def standing(self, server: str, connection: sa.Connection | None = None) -> dict[str, int]:
        """Project -> annotations that the server should count there: not deleted, and not kept after it lost them."""
        query = (
            sa.select(_revisions.c.project, sa.func.count(_revisions.c.annotation_id.distinct()))
            .where(
                _revisions.c.seq.in_(_newest(_revisions.c.server == server)),
                _revisions.c.state != "deleted",
                _revisions.c.task.is_not(None),
            )
            .group_by(_revisions.c.project)
        )
        with nullcontext(connection) if connection is not None else self._engine.connect() as reading:
            return {str(project): int(count) for project, count in reading.execute(query)}

    def tasks(self, server: str, project: str) -> set[str]:
        """The tasks of a project for which the ledger holds answers that are not deleted."""
        here = sa.and_(_revisions.c.server == server, _revisions.c.project == project)
        query = sa.select(_revisions.c.task).where(
            _revisions.c.seq.in_(_newest(here)), _revisions.c.state != "deleted", _revisions.c.task.is_not(None)
        )
        with self._engine.connect() as connection:
            return {str(task) for (task,) in connection.execute(query)}

    def projects(self) -> list[Project]:
        """The projects that were pushed or pulled from this workspace."""
        query = sa.select(_watermarks).order_by(_watermarks.c.server, _watermarks.c.batch, _watermarks.c.project)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return [Project(**(dict(row) | {"updated_at": utc(row["updated_at"])})) for row in rows]

    def remember(self, connection: sa.Connection, project: Project) -> None:
        """Set what is known of a project."""
        key = (_watermarks.c.server == project.server, _watermarks.c.project == project.project)
        connection.execute(sa.delete(_watermarks).where(*key))
        connection.execute(sa.insert(_watermarks).values(**vars(project)))

    def began(self, connection: sa.Connection, server: str, at: datetime, server_at: datetime) -> None:
        """Write down when a pull began, by our clock and by the server's."""
        connection.execute(sa.insert(_pulls).values(server=server, at=at, server_at=server_at))

    def last_began(self, server: str) -> tuple[datetime, datetime] | None:
        """When the last pull from a server began, by our clock and by the server's."""
        query = (
            sa.select(_pulls.c.at, _pulls.c.server_at).where(_pulls.c.server == server).order_by(_pulls.c.seq.desc())
        )
        with self._engine.connect() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else (utc(row[0]), utc(row[1]))

    def pushed(
        self, connection: sa.Connection, server: str, project: str, tasks: Iterable[tuple[int, str, str | None]]
    ) -> None:
        """Write down tasks that were made: (task, sentence_id, item)."""
        rows = [
            {"server": server, "project": project, "task": task, "sentence_id": sentence, "item": item}
            for task, sentence, item in tasks
        ]
        if rows:
            connection.execute(sa.insert(_pushed), rows)

    def forget_pushed(self, connection: sa.Connection, server: str, project: str) -> None:
        """Before the project's tasks are written down anew, from the server's own list."""
        connection.execute(sa.delete(_pushed).where(_pushed.c.server == server, _pushed.c.project == project))

    def pushed_tasks(self, server: str, project: str) -> "pd.DataFrame":
        """The tasks of a project as far as we made them: columns task, sentence_id, item; sorted by task."""
        columns = (_pushed.c.task, _pushed.c.sentence_id, _pushed.c.item)
        query = sa.select(*columns).where(_pushed.c.server == server, _pushed.c.project == project)
        return self._frame(query.order_by(_pushed.c.task))

    def assign(self, connection: sa.Connection, rows: Iterable[Assignment]) -> None:
        """Append assignments, or withdrawals of them."""
        now = datetime.now(UTC)
        found = [vars(row) | {"at": now} for row in rows]
        if found:
            connection.execute(sa.insert(_assignments), found)

    def assignments(
        self,
        *,
        server: str | None = None,
        project: str | None = None,
        batch: str | None = None,
        withdrawn: bool = False,
    ) -> "pd.DataFrame":
        """The last row of each (server, project, item), sorted by project and position.

        Columns are the fields of :class:`Assignment`. Withdrawn items are left out unless asked for.
        """
        c = _assignments.c
        newest = sa.select(sa.func.max(c.seq)).group_by(c.server, c.project, c.item)
        query = sa.select(*(column for column in c if column.name != "seq")).where(c.seq.in_(newest))
        query = query if server is None else query.where(c.server == server)
        query = query if project is None else query.where(c.project == project)
        query = query if batch is None else query.where(c.batch == batch)
        query = query if withdrawn else query.where(c.state != "withdrawn")
        import pandas as pd

        frame = self._frame(query)
        numbers = pd.to_numeric(frame["project"], errors="coerce")
        order = (
            frame.assign(number=numbers).sort_values(["server", "number", "project", "position"], kind="stable").index
        )
        return frame.loc[order].reset_index(drop=True)

    def _frame(self, query: sa.Select[Any]) -> "pd.DataFrame":
        import pandas as pd  # a second of processor, which a pull that brings nothing new does not need

        with self._engine.connect() as connection:
            found = connection.execute(query)
            return pd.DataFrame(list(map(tuple, found)), columns=list(found.keys()))


def _newest(*conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    query = sa.select(sa.func.max(_revisions.c.seq)).where(*conditions)
    return query.group_by(_revisions.c.server, _revisions.c.annotation_id, _revisions.c.question)


def _parts(names: Iterable[str], size: int = 500) -> Iterator[list[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
