"""Files that are whole or not there: written beside, then renamed; read back; hashed; locked."""

import fcntl
import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from corpus.errors import InputError, InUse


@contextmanager
def replacing(path: Path, mode: int = 0o644, *, sync: bool = True) -> Iterator[Path]:
    """A path beside ``path`` to write to; on success it takes its place, on failure it is removed.

    Parameters
    ----------
    path : Path
        The file in the end. Its folder is made if missing.
    mode : int
        Permission bits; 0o600 for secrets, set before a byte is written.
    sync : bool
        Wait until the disk has it, so that it is whole after a power cut too; not for what nobody needs then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        beside.chmod(mode)
        yield beside
        if sync:
            with beside.open("rb") as written:
                os.fsync(written.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write UTF-8 text, whole or not at all."""
    with replacing(path, mode) as beside:
        beside.write_text(text, encoding="utf-8")


def json_text(value: Any) -> str:
    """JSON with two spaces, keys in the order of ``value`` (that of labels has a meaning). NaN is refused."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """Write :func:`json_text` of ``value``, whole or not at all."""
    write_text(path, json_text(value), mode)


def read_json(path: Path, newest: int, keys: Mapping[str, Any], todo: str = "") -> dict[str, Any]:
    """An object that :func:`write_json` wrote, of a format up to ``newest``.

    Parameters
    ----------
    path : Path
        The file.
    newest : int
        The highest ``format_version`` that can be read; a file that has none is of format 1.
    keys : mapping
        What it must hold: for each key the type of its value, or a mapping like this one for an object inside.
    todo : str
        What a user can do about a file that is damaged.

    Raises
    ------
    InputError
        It cannot be read, is no JSON object, is of a newer format, does not hold ``keys``, or has a number that is not
        finite: :func:`write_json` writes none.
    """

    def finite(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise InputError(path, f"is damaged: expected finite numbers, got {text:.60}", todo=todo)
        return value

    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_float=finite, parse_constant=finite)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(path, f"cannot be read ({error})", todo=todo) from None
    if not isinstance(found, dict):
        raise InputError(path, f"is damaged: expected a JSON object, got {type(found).__name__}", todo=todo)
    written = found.get("format_version", 1)
    if isinstance(written, int) and written > newest:
        raise InputError(path, f"has format {written}; this stancelab reads up to {newest}: update it")
    wrong = list(_misfits({"format_version": 1, **found}, {**keys, "format_version": int}))
    if isinstance(written, int) and not isinstance(written, bool) and written < 1:
        wrong.append(f"expected 1 or more as format_version, got {written}")
    if wrong:
        raise InputError(path, f"is damaged: {'; '.join(wrong)}", todo=todo)
    return found


_KINDS = {str: "text", int: "a whole number", list: "a list", dict: "an object"}


def _misfits(found: Mapping[str, Any], keys: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """What is not as ``keys`` say, each with what was expected and what was got."""
    for key, kind in keys.items():
        inner, value = isinstance(kind, Mapping), found.get(key)
        if inner and isinstance(value, Mapping):
            yield from _misfits(value, kind, f"{above}{key}.")
        elif inner or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            got = f"{value!r:.60}" if key in found else "nothing"
            yield f"expected {_KINDS[dict if inner else kind]} as {above}{key}, got {got}"


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_text(text: str) -> str:
    """The SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@contextmanager
def lock(path: Path, busy: str, *, wait: bool = False) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` (made if missing); the system frees it however the process ends.

    Parameters
    ----------
    path : Path
        The lock file.
    busy : str
        The message of :class:`~corpus.errors.InUse` when another process holds it and ``wait`` is false.
    wait : bool
        Wait for the other process instead.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise InUse(busy) from None
        yield
