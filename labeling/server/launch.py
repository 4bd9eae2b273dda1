"""Start the embedded Label Studio as a child process, wait until it is healthy, and never leave it behind."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from corpus.errors import InUse, ServerError, UsageError
from corpus.files import lock, write_json
from labeling.server.secret_store import load_or_create

START_SECONDS = 300  # the first start makes the database: 25 to 40 s on two cores, more on a busy machine
STOP_SECONDS = 15
BUSY_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """Where the workspace's own server answers; ``pid`` is the process that stops it on SIGTERM."""

    url: str
    version: str
    pid: int


def running(folder: Path) -> Running | None:
    """The healthy server of the data folder, or None.

    A file left by a server that was killed is not believed: the address must answer.
    """
    try:
        found = Running(**json.loads((folder / "server.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    # A server that is gone refuses at once; one that forty annotators keep busy answers late, and is running.
    return found if _healthy(found.url, BUSY_SECONDS) else None


@contextmanager
def serve(
    folder: Path,
    port: int,
    *,
    database_url: str | None = None,
    workers: int = 1,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Running, "subprocess.Popen[bytes]"]]:
    """Run the server on 127.0.0.1 while the block runs.

    Parameters
    ----------
    folder : Path
        The server's data; made with mode 0700.
    port : int
        0 takes a free one.
    database_url : str, optional
        ``postgresql://user:password@host:port/name`` instead of SQLite in ``folder``.
    workers : int
        Processes that answer requests.
    waiting : callable
        Called some five times a second until the server is healthy.

    Raises
    ------
    InUse
        The port is taken, or this workspace's server runs already.
    ServerError
        The server ended, or was not healthy in time; the message ends with the last line of its log.
    """
    if found := running(folder):
        raise InUse(f"this workspace's Label Studio runs already at {found.url} (process {found.pid})")
    port = _bindable(port)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    load_or_create(folder)
    _await_predecessor(folder)
    log = folder / "server.log"
    with log.open("wb") as log_file:
        # The pipe is the leash: when this process ends, however it ends, the child reads end-of-file and stops.
        child = subprocess.Popen(
            [sys.executable, "-m", "labeling.server", str(folder), str(port), str(workers)],
            stdin=subprocess.PIPE,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            env=_environment(folder, database_url),
            cwd=folder,
            start_new_session=True,
        )
    try:
        version = _wait(child, f"http://127.0.0.1:{port}", log, waiting)
        info = Running(f"http://127.0.0.1:{port}", version, os.getpid())
        write_json(folder / "server.json", asdict(info))
        yield info, child
    finally:
        _stop(child)
        with suppress(OSError):
            (folder / "server.json").unlink()


def port_near(wanted: int) -> int:
    """``wanted`` if it is free, else 0, which stands for any free one."""
    try:
        return _bindable(wanted)
    except InUse:
        return 0


def _environment(folder: Path, database_url: str | None) -> dict[str, str]:
    """The child's environment: the user's, without what would change Label Studio behind our back.

    It reads most of its settings also from names without a prefix.
    """
    theirs = (
        *("LABEL_STUDIO_", "HEARTEX_", "POSTGRE_", "DJANGO_", "SENTRY_", "FEATURE_FLAGS_", "REDIS_", "STORAGE_"),
        *("MINIO_", "CSRF_", "SESSION_COOKIE_", "DATABASE_NAME", "HOST", "EMAIL_BACKEND", "FRONTEND_"),
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    env |= {
        "DJANGO_SETTINGS_MODULE": "labeling.server.settings",
        "BASE_DATA_DIR": str(folder),
        "SECRET_KEY": load_or_create(folder).django_key,
        "DJANGO_DB": "sqlite",
        "DEBUG": "False",
        "LOG_LEVEL": "WARNING",
        "COLLECT_ANALYTICS": "False",
        "LATEST_VERSION_CHECK": "False",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "DISABLE_SIGNUP_WITHOUT_LINK": "True",
        "CORS_ALLOW_ALL_ORIGINS": "False",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }
    if database_url:
        try:
            url = make_url(database_url)
        except (ArgumentError, ValueError):
            url = None
        if url is None or not url.drivername.startswith("postgresql") or not url.database:
            raise UsageError("--database-url: expected postgresql://user:password@host:port/name")
        env |= {
            "DJANGO_DB": "default",
            "POSTGRE_USER": url.username or "",
            "POSTGRE_PASSWORD": url.password or "",
            "POSTGRE_HOST": url.host or "127.0.0.1",
            "POSTGRE_PORT": str(url.port or 5432),
            "POSTGRE_NAME": url.database,
        }
    return env


def _bindable(port: int) -> int:
    """The port, if this process can listen there; a free one for 0."""
    with socket.socket() as probe:
        # As the server itself binds: connections of a server that just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise UsageError(f"port {port} needs root; choose one from 1024 up with --port") from None
        except OSError:
            raise InUse(
                f"port {port} on 127.0.0.1 is taken by another program; choose another with --port, or 0 for a free one"
            ) from None
        return int(probe.getsockname()[1])


def _await_predecessor(folder: Path) -> None:
    """A server whose parent was killed lets go of its lock within its own grace time; wait for that."""
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        try:
            with lock(folder / "server.lock", "another `stance label serve` is at work in this workspace"):
                return
        except InUse:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _healthy(url: str, seconds: float = 5) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=seconds, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _wait(child: "subprocess.Popen[bytes]", url: str, log: Path, waiting: Callable[[], None]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not _healthy(url):
        if child.poll() is not None:
            raise ServerError(f"Label Studio ended while starting: {_last_line(log)} (all of it: {log})")
        if time.monotonic() > deadline:
            raise ServerError(f"Label Studio was not healthy after {START_SECONDS} s: {_last_line(log)} (see {log})")
        waiting()
        time.sleep(0.2)
    return str(httpx.get(f"{url}/api/version", timeout=30, trust_env=False).json()["release"])


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _stop(child: "subprocess.Popen[bytes]") -> None:
    if child.stdin:
        with suppress(OSError):
            child.stdin.close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
