"""The ledger's database: SQLite fit for several processes at once, or any URL that SQLAlchemy knows."""

import sqlite3
import time
from pathlib import Path

import sqlalchemy as sa

from corpus.errors import LedgerError

WAIT_S = 60
# Execution options of a connection that will write.
WRITING = {"writing": True}


def open_engine(where: Path | str) -> sa.Engine:
    """An engine whose errors are :class:`~corpus.errors.LedgerError`.

    Parameters
    ----------
    where : Path or str
        A SQLite file (made, with its folder, if missing) or a database URL.
    """
    if isinstance(where, Path):
        where.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{where}" if isinstance(where, Path) else where)
    shown = engine.url.render_as_string(hide_password=True)

    def refused(context: sa.engine.ExceptionContext) -> None:
        if isinstance(context.sqlalchemy_exception, sa.exc.DatabaseError):
            raise LedgerError(shown, context.original_exception) from context.original_exception

    sa.event.listen(engine, "handle_error", refused)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _connected)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _connected(connection: sqlite3.Connection, record: object) -> None:
    # Python's driver would begin transactions by itself, and late; see _begin.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={WAIT_S * 1000}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _write_ahead(connection: sqlite3.Connection) -> None:
    # SQLite does not wait for its turn to change the journal, as it does elsewhere: two may make the ledger at once.
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin(connection: sa.Connection) -> None:
    # Immediate: a second writer waits here instead of failing when it comes to write. Readers never wait.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
