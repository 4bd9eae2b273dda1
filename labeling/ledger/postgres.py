"""PostgreSQL databases to a file and back, by its own programs."""

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa

from corpus.errors import StanceError, UsageError


def is_postgres(url: str | None) -> bool:
    """Whether an address is one of PostgreSQL."""
    return bool(url) and str(url).startswith("postgres")


def dump(url: str, path: Path) -> None:
    """Write a database into ``path``, as of one moment, in pg_dump's own format."""
    _run("pg_dump", url, ["--format=custom", "--no-owner", f"--file={path}"])


def restore_dump(url: str, path: Path) -> None:
    """Replace a database by what ``dump`` wrote, in one transaction."""
    _run("pg_restore", url, ["--clean", "--if-exists", "--no-owner", "--single-transaction", str(path)])


def has_tables(url: str) -> bool:
    """Whether a database has tables of ours or of Label Studio."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    try:
        return bool(sa.inspect(engine).get_table_names())
    except sa.exc.OperationalError as error:
        raise StanceError(f"the database {_shown(url)} does not answer: {error.orig}") from error


def _run(program: str, url: str, arguments: list[str]) -> None:
    if shutil.which(program) is None:
        raise UsageError(f"{program} is not installed; on Debian: apt-get install postgresql-client")
    parsed = sa.make_url(url)
    env = os.environ | {"PGPASSWORD": parsed.password or ""}  # not as an argument, which others on the machine can read
    bare = parsed.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    command = [program, "--no-password", f"--dbname={bare}", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise StanceError(f"{program} of {_shown(url)} failed: {last}")


def _shown(url: str) -> str:
    return sa.make_url(url).render_as_string(hide_password=True)
