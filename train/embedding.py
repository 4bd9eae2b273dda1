"""What sentences say as vectors of a frozen encoder, and a cache of them in memory and on disk."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train import encoder
from train.languages import is_latin, warn_unread
from train.texts import Span, around, as_table, shortened, span_of

Vectors = NDArray[np.float32]

# Texts between two writes to the cache.
_BATCH = 256
# Texts that a thread takes at once: handing over each by itself costs more than its tokens.
_BLOCK = 16
# Vectors that are held in memory: what one question was answered from, the next one is too. More than a part of
# `stance train predict` has.
_RECENT = 2048
_recent: dict[tuple[str, bytes], NDArray[np.float16]] = {}
_turn = Lock()


def meaning(
    X: Any, name: str, layers: Sequence[int], sha256: str | None, *, keep: bool
) -> tuple[Vectors, NDArray[np.bool_]]:
    """The vector of each sentence and that of its target, side by side; and whether the encoder can read it.

    Warns if one cannot be read: one without Latin letters, where the encoder is that of the package. Its vector is to
    be replaced.

    Parameters
    ----------
    X : iterable of str, or pandas.DataFrame
        As :func:`train.texts.as_table` takes it.
    name, layers, sha256
        As of :func:`train.encoder.load`.
    keep : bool
        Write vectors to the cache.

    Returns
    -------
    vectors : numpy.ndarray of shape (n_rows, 2 * width)
    read : numpy.ndarray of shape (n_rows,)
    """
    model = encoder.load(name, layers, sha256)
    table = as_table(X)
    read = np.array([bool(name) or is_latin(text) for text in table["text"]], dtype=bool)
    if not read.all():
        warn_unread()
    texts = table["text"].where(read, "")
    about = zip(texts, table["target"], table["target_start"], strict=True)
    rows = [(shortened(text), span_of(text, *where)) for text, *where in about]
    found = cached(rows, lambda row: embedded(model, *row), model.sha256, 2 * model.width, keep=keep)
    return found, read


def embedded(model: encoder.Encoder, text: str, span: Span | None) -> Vectors:
    """The vector of one sentence and that of its span with its surroundings."""
    if span is None:
        whole = model.mean(text)
        return np.concatenate([whole, whole])
    tokens, places = model.tokens(text)
    return np.concatenate([tokens.mean(axis=0), focus(tokens, places, (span,))])


def focus(tokens: Vectors, places: NDArray[np.int64], spans: Sequence[Span]) -> Vectors:
    """The mean over the tokens of spans, and over these with :data:`WINDOW` characters on each side, halfway.

    Where there is no span, or only past the tokens that are read, the mean over all tokens.
    """
    inside, near = around(places, spans)
    found: Vectors = (tokens[inside].mean(axis=0) + tokens[near].mean(axis=0)) / 2
    return found


def cached(
    rows: Sequence[tuple[str, Any]],
    embed: Callable[[tuple[str, Any]], Vectors],
    model: str,
    width: int,
    *,
    keep: bool,
) -> Vectors:
    """The vector of each row: from the cache, or made here, side by side on all processors.

    Vectors are rounded to 16 bits, as they are kept, wherever they come from: the cache changes no number.

    Parameters
    ----------
    rows : sequence of (text, where)
        ``where`` is a span, or whatever else the vector depends on.
    embed : callable
        Makes the vector of one row.
    model : str
        The encoder's hash.
    width : int
        Of a vector.
    keep : bool
        Write what was made.
    """
    keys = [hashlib.sha256(repr(row).encode("utf-8")).digest() for row in rows]
    first = dict(zip(reversed(keys), reversed(rows), strict=True))
    path = encoder.cache_folder() / "vectors" / f"{model[:32]}.db"
    known = {key: vector for key in first if (vector := _recent.get((model, key))) is not None}
    if keep and known:
        _write(path, known)
    known |= _read(path, [key for key in first if key not in known], width)
    todo = [key for key in first if key not in known]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for start in range(0, len(todo), _BATCH):
            part = todo[start : start + _BATCH]
            blocks = [part[at : at + _BLOCK] for at in range(0, len(part), _BLOCK)]
            made = chain.from_iterable(pool.map(lambda block: [embed(first[key]) for key in block], blocks))
            new = {key: vector.astype(np.float16) for key, vector in zip(part, made, strict=True)}
            known |= new
            if keep:
                _write(path, new)
            else:
                _remember(model, new)
    found = np.empty((len(rows), width), dtype=np.float32)
    for at, key in enumerate(keys):
        found[at] = known[key]
    return found


def _remember(model: str, new: dict[bytes, NDArray[np.float16]]) -> None:
    """Hold vectors that were not written, the newest of them."""
    with _turn:
        _recent.update({(model, key): vector for key, vector in new.items()})
        for old in list(_recent)[: max(0, len(_recent) - _RECENT)]:
            del _recent[old]


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
    return connection


def _read(path: Path, keys: Sequence[bytes], width: int) -> dict[bytes, NDArray[np.float16]]:
    if not path.is_file():
        return {}
    found: dict[bytes, NDArray[np.float16]] = {}
    # A cache that cannot be read is no cache: what it held is made again.
    try:
        with closing(_connect(path)) as connection:
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - only question marks
                found |= {key: np.frombuffer(data, np.float16) for key, data in connection.execute(query, part)}
    except sqlite3.Error:
        return {}
    return {key: vector for key, vector in found.items() if len(vector) == width}


def _write(path: Path, new: dict[bytes, NDArray[np.float16]]) -> None:
    try:
        with closing(_connect(path)) as connection, connection:
            rows = ((key, vector.tobytes()) for key, vector in new.items())
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
    except (sqlite3.Error, OSError):
        return  # A cache that cannot be written is done without.
