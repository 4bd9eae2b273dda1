"""Ledger and server in one file, and back: a copy taken while both are at work, put in place whole or not at all."""

import json
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.errors import InputError, StanceError, UsageError
from corpus.files import json_text, lock, replacing, sha256_file
from corpus.workspace import Workspace
from labeling.ledger.postgres import dump, has_tables, is_postgres, restore_dump

FORMAT = 1
_LEDGER, _SERVER, _SERVER_DUMP, _LEDGER_DUMP = "ledger.db", "labelstudio", "labelstudio.dump", "ledger.dump"
_DATABASE = "label_studio.sqlite3"
# What a server writes while it runs, and what SQLite's own copy holds already.
_LEFT_OUT = {"server.log", "server.lock", "server.json", f"{_DATABASE}-wal", f"{_DATABASE}-shm"}


@dataclass(frozen=True)
class Backup:
    """What a backup file holds, and where a restore put what was there before."""

    path: Path
    parts: tuple[str, ...]
    made_at: str
    replaced: Path | None = None


def backup(workspace: Workspace, path: Path, *, ledger_url: str | None, database_url: str | None) -> Backup:
    """Write ledger and server into one compressed tar file, readable by its owner only: it holds passwords.

    The ledger is copied first: a server that is a little newer than the ledger loses nothing at the next pull.

    Parameters
    ----------
    workspace : Workspace
        Whose ledger and server; the server may be running.
    path : Path
        The file to write; it is replaced only by a whole one.
    ledger_url, database_url : str, optional
        Of PostgreSQL, where the ledger or the server are kept there and not in the workspace.

    Raises
    ------
    StanceError
        There is nothing to back up, or a database cannot be copied.
    """
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    with _beside(workspace.root) as folder:
        if is_postgres(ledger_url):
            dump(str(ledger_url), folder / _LEDGER_DUMP)
        elif workspace.ledger.is_file():
            _copy_sqlite(workspace.ledger, folder / _LEDGER)
        if workspace.labelstudio.is_dir():
            _copy_server(workspace.labelstudio, folder / _SERVER)
        if is_postgres(database_url):
            dump(str(database_url), folder / _SERVER_DUMP)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        if not files:
            raise StanceError(f"nothing to back up: {workspace.root} has no ledger and no server yet")
        hashes = {str(file.relative_to(folder)): sha256_file(file) for file in files}
        manifest = {"format_version": FORMAT, "made_at": made_at, "files": hashes}
        (folder / "manifest.json").write_text(json_text(manifest), encoding="utf-8")
        with replacing(path, mode=0o600) as beside, tarfile.open(beside, "w:gz") as archive:
            for name in ("manifest.json", *hashes):
                archive.add(folder / name, name)
        return Backup(path, _parts(hashes), made_at)


def restore(
    workspace: Workspace, path: Path, *, force: bool, ledger_url: str | None, database_url: str | None
) -> Backup:
    """Put ledger and server of a backup in place. What was there is moved aside, never removed.

    Everything is unpacked and checked before anything is touched.

    Raises
    ------
    InUse
        The workspace's server runs.
    UsageError
        There is a ledger or a server already and ``force`` is false; or the backup holds a PostgreSQL database and no
        address was given for it.
    InputError
        The file is no backup, or is damaged.
    """
    with (
        lock(workspace.labelstudio.with_suffix(".restore.lock"), "another restore is at work in this workspace"),
        _stopped(workspace),
        lock(workspace.root / "pull.lock", "a pull is at work in this workspace: wait for it"),
        _beside(workspace.root) as folder,
    ):
        manifest = _unpacked(path, folder)
        wanted = [(_LEDGER_DUMP, "STANCE_LEDGER_URL", ledger_url), (_SERVER_DUMP, "STANCE_DATABASE_URL", database_url)]
        dumps = [(folder / name, variable, url) for name, variable, url in wanted if name in manifest["files"]]
        for _, variable, url in dumps:
            if not is_postgres(url):
                raise UsageError(f"{path} holds a PostgreSQL database: set {variable} to the one to restore it into")
        moves = [
            (folder / name, place)
            for name, place in ((_LEDGER, workspace.ledger), (_SERVER, workspace.labelstudio))
            if (folder / name).exists()
        ]
        there = [str(place) for _, place in moves if place.exists()]
        there += [variable for _, variable, url in dumps if has_tables(str(url))]
        if there and not force:
            raise UsageError(
                f"{', '.join(there)} would be replaced by the backup of {manifest['made_at']}; say --force to do that "
                "(what is in the workspace is moved aside, a database is overwritten: back it up first)"
            )
        for file, _, url in dumps:
            restore_dump(str(url), file)
        aside = _put(workspace.root, moves)
    return Backup(path, _parts(manifest["files"]), str(manifest["made_at"]), aside)


def _put(root: Path, moves: list[tuple[Path, Path]]) -> Path | None:
    """Move what is there aside, and the new in its place; if that fails half-way, back again."""
    aside = root / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    done: list[tuple[Path, Path]] = []
    try:
        for new, place in moves:
            for old in (place, *(place.with_name(place.name + end) for end in ("-wal", "-shm"))):
                if old.exists():
                    aside.mkdir(exist_ok=True)
                    old.rename(aside / old.name)
                    done.append((aside / old.name, old))
            new.rename(place)
    except OSError as error:
        for kept, place in reversed(done):
            if place.is_dir():
                shutil.rmtree(place)
            kept.replace(place)
        raise StanceError(f"the backup could not be put in place, and all is as before: {error}") from error
    return aside if done else None


def _unpacked(path: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            manifest = _member(archive, "manifest.json").decode("utf-8")
            found = json.loads(manifest)
            if found["format_version"] > FORMAT:
                raise InputError(path, f"is of backup format {found['format_version']}; update stancelab to read it")
            for name, sha256 in found["files"].items():
                target = (folder / name).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise InputError(path, f"names a file outside of the workspace: {name!r}")
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                source = archive.extractfile(name)
                if source is None:
                    raise KeyError(name)
                with source, target.open("wb") as out:
                    shutil.copyfileobj(source, out)
                target.chmod(0o600)
                if sha256_file(target) != sha256:
                    raise InputError(path, f"is damaged: {name} is not what was backed up")
    except (tarfile.TarError, OSError, EOFError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged, or something else"
        raise InputError(
            path, f"cannot be read as a backup ({reason})", todo="Name a file that `stance label backup` wrote"
        ) from None
    return dict(found)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    source = archive.extractfile(name)
    if source is None:
        raise KeyError(name)
    with source:
        return source.read()


def _copy_server(data: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for file in data.rglob("*"):
        if file.is_file() and file.name not in _LEFT_OUT and file != data / _DATABASE:
            place = target / file.relative_to(data)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, place)
    if (data / _DATABASE).is_file():
        _copy_sqlite(data / _DATABASE, target / _DATABASE)


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own copy: of one moment, whatever is being written meanwhile."""
    try:
        reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)
        with closing(reading) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            state = str(new.execute("PRAGMA quick_check").fetchone()[0])
    except sqlite3.Error as error:
        raise StanceError(f"{source} cannot be backed up: {error}") from error
    if state != "ok":
        raise StanceError(f"{source} is damaged, so no backup was written: SQLite says {state}")


def _parts(files: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name.split("/")[0].split(".")[0] for name in files}))


@contextmanager
def _stopped(workspace: Workspace) -> Iterator[None]:
    busy = "this workspace's Label Studio runs: stop it (Ctrl-C, or SIGTERM) before restoring"
    if not workspace.labelstudio.is_dir():
        yield
        return
    with lock(workspace.labelstudio / "server.lock", busy):
        yield


@contextmanager
def _beside(root: Path) -> Iterator[Path]:
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
