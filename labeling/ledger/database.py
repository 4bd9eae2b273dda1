"""The ledger's database: SQLite fit for several processes at once, or PostgreSQL by URL."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from corpus.errors import LedgerError, UsageError

WAIT_S = 60
# PostgreSQL's advisory locks go by number; ours are "stance" in ASCII, and the purpose.
_WRITER, _PULLER = 0x7374616E6365_01, 0x7374616E6365_02


# The drivers that come with us; of a bare name SQLAlchemy would ask for another one.
_DRIVERS = {
    "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite", "sqlite+pysqlite": "sqlite",
}  # fmt: skip


def open_engine(where: Path | str) -> sa.Engine:
    """An engine whose errors are :class:`~corpus.errors.LedgerError`.

    Parameters
    ----------
    where : Path or str
        A SQLite file (made, with its folder, if missing), or the URL of a SQLite or PostgreSQL database.

    Raises
    ------
    UsageError
        It is the URL of another database, or none.
    """
    if isinstance(where, Path):
        where.parent.mkdir(parents=True, exist_ok=True)
    url = _url(where)
    # Moments come back in UTC, wherever the database thinks it is.
    arguments = {"options": "-c timezone=UTC"} if url.get_backend_name() == "postgresql" else {}
    engine = sa.create_engine(url, connect_args=arguments)
    shown = engine.url.render_as_string(hide_password=True)

    def refused(context: sa.engine.ExceptionContext) -> None:
        if isinstance(context.sqlalchemy_exception, sa.exc.DatabaseError):
            raise LedgerError(shown, context.original_exception) from context.original_exception

    sa.event.listen(engine, "handle_error", refused)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _connected)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _url(where: Path | str) -> sa.URL:
    if isinstance(where, Path):
        return sa.URL.create("sqlite", database=str(where))
    try:
        url: sa.URL | None = sa.make_url(where)
    except sa.exc.ArgumentError:
        url = None
    if url is None or url.drivername not in _DRIVERS:
        raise UsageError(
            "STANCE_LEDGER_URL: expected postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:////PATH, "
            f"got {url.drivername if url else 'something else'} (the rest is not shown: it may hold a password)"
        )
    return url.set(drivername=_DRIVERS[url.drivername])


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes; only one at a time, however many processes ask."""
    with engine.execution_options(writing=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER)))
        yield connection


@contextmanager
def turn_to_pull(engine: sa.Engine) -> Iterator[None]:
    """Within the block no other process pulls into a PostgreSQL ledger, on whichever machine.

    A SQLite ledger is a file of one machine: there a lock beside it does.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_PULLER)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_PULLER)))


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
