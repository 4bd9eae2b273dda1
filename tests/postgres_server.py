"""A PostgreSQL server of its own for a test: on loopback, in a temporary folder, stopped and removed afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True)
class Postgres:
    """A running server; ``url(NAME)`` is the address of a new, empty database."""

    port: int

    def url(self, name: str) -> str:
        with psycopg.connect(
            f"postgresql://stance:secret@127.0.0.1:{self.port}/postgres", autocommit=True
        ) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql://stance:secret@127.0.0.1:{self.port}/{name}"


def programs() -> Path | None:
    """Where initdb and postgres are, if they are installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server; PostgreSQL refuses to run as root, so root hands it to the system's own user for it."""
    where = programs()
    assert where is not None, "PostgreSQL's server programs are needed: apt-get install postgresql"
    folder = Path(tempfile.mkdtemp(prefix="stance-postgres-"))
    as_user: list[str] = []
    if os.getuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        as_user = ["runuser", "-u", "postgres", "--"]
    (password := folder / "password").write_text("secret")
    password.chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # What a power cut would lose is of no interest here, and waiting for the disk is.
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off",
                "full_page_writes": "off", "max_connections": 200}  # fmt: skip
    make = [where / "initdb", "-D", folder / "data", "-U", "stance", "-A", "scram-sha-256", f"--pwfile={password}"]
    try:
        subprocess.run([*as_user, *make], check=True, capture_output=True, cwd=folder)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [*as_user, where / "postgres", "-D", folder / "data", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        try:
            _await(port, server)
            yield Postgres(port)
        finally:
            _stop(folder, server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            psycopg.connect(f"postgresql://stance:secret@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL ended while starting"
            time.sleep(0.1)
    raise AssertionError("PostgreSQL did not start within 30 s")


def _stop(folder: Path, server: "subprocess.Popen[bytes]") -> None:
    # Its own process, not runuser's: SIGINT asks it to end all connections and stop.
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, 2)
    server.wait(30)
