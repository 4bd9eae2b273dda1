"""Sources to records, streamed: a reader for each format, packed or not. What cannot be used is rejected, with why."""

import glob
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from corpus.console import counted
from corpus.errors import InputError, listed
from corpus.sources.delimited import delimited
from corpus.sources.lines import json_lines, text
from corpus.sources.pages import feed, page, web_archive
from corpus.sources.record import UNDERSTOOD, Item, Note, Reading, Record, Rejected
from corpus.sources.streams import ARCHIVE, PACKED, Source, sources, suffix
from corpus.sources.tables import json_document, parquet

__all__ = ["READERS", "UNDERSTOOD", "Item", "Note", "Reading", "Record", "Rejected", "expand", "passed_over", "read"]

# A new format is one function here.
READERS: dict[str, Callable[[Source, Reading], Iterator[Item]]] = {
    ".txt": text,
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".csv": delimited,
    ".tsv": delimited,
    ".parquet": parquet,
    ".json": json_document,
    ".html": page,
    ".htm": page,
    ".xhtml": page,
    ".warc": web_archive,
    ".rss": feed,
    ".atom": feed,
    ".xml": feed,
}


def expand(named: Sequence[str]) -> dict[Path, bool]:
    """The files that files, folders and globs stand for, in order, and whether each was named itself.

    A folder stands for every file below it with a suffix that can be read; hidden files are left out. A link that
    leads nowhere, or back to a folder above it, is among them: :func:`read` says what is wrong with it.

    Raises
    ------
    InputError
        Nothing is there, or nothing that can be read.
    """
    files: dict[Path, bool] = {}
    for source in named:
        path = Path(source)
        if path.is_dir():
            found = sorted(_below(path))
            if not found:
                raise InputError(source, f"no file in this folder ends in {listed(READERS, 20)}")
        elif path.exists():
            found = [path]
        elif glob.has_magic(source):
            names = sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
            found = [Path(name) for name in names if Path(name).is_file()]
            if not found:
                raise InputError(source, "no file matches this pattern", todo="Check it, or name a file or folder")
        else:
            raise InputError(source, "there is no such file or folder", todo="Check the path")
        for file in found:
            files[file] = files.get(file, False) or file == path
    return files


def passed_over(named: Sequence[str]) -> Iterator[Note]:
    """The files in the folders of ``named`` that :func:`expand` leaves out since no reader knows them, counted."""
    for folder in (Path(source) for source in named if Path(source).is_dir()):
        kinds = Counter(path.suffix or "no suffix" for path in _all_below(folder) if not _readable(path.name))
        if total := kinds.total():
            counts = listed(f"{n} with {kind}" for kind, n in sorted(kinds.items()))
            yield Note(str(folder), f"passed over {counted(total, 'file')} of other kinds: {counts}")


def _below(folder: Path) -> Iterator[Path]:
    yield from (path for path in _all_below(folder) if path.is_dir() or _readable(path.name))


def _all_below(folder: Path) -> Iterator[Path]:
    """Every file that is not hidden, and links that lead back to a folder above them.

    A folder that links lead to as well is entered once: folders that link to each other would have no end.
    """
    seen: set[Path] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        here = Path(parent)
        if here.resolve() in seen:
            folders.clear()
            continue
        seen.add(here.resolve())
        above = {step.resolve() for step in (here, *here.parents)}
        loops = [name for name in folders if (here / name).is_symlink() and (here / name).resolve() in above]
        yield from (here / name for name in loops)
        folders[:] = sorted(name for name in folders if name not in loops and not name.startswith("."))
        yield from (here / name for name in names if not name.startswith("."))


def _readable(name: str) -> bool:
    return suffix(name) in READERS or Path(name).suffix.lower() == ARCHIVE


def read(path: Path, reading: Reading | None = None) -> Iterator[Item]:
    """Stream the records of one file, with what was rejected and what was decided.

    Raises
    ------
    InputError
        The file cannot be read, from its beginning or from some place on: missing, empty, binary, of an unknown kind,
        damaged. A member of an archive that cannot be read is rejected instead, and the others are read.
    """
    reading = reading or Reading()
    if not _readable(path.name):
        problem = f"no kind of file that is read, got {suffix(path.name) or 'no suffix'!r}"
        allowed = f"{listed(READERS, 20)}, or these packed: {listed([*PACKED, ARCHIVE])}"
        raise InputError(path, f"{problem}; expected one that ends in {allowed}")
    read_any = False
    try:
        if path.is_symlink() and path.is_dir():
            raise InputError(path, "a link that leads back to a folder above it")
        if path.exists() and not path.is_file():
            # Opening a pipe waits until somebody writes into it.
            raise InputError(path, "expected a file, got a pipe, a socket or a device", todo="Save what it gives")
        for source in sources(path, reading, frozenset(READERS)):
            if isinstance(source, Rejected):
                read_any = True
                yield source
                continue
            try:
                for item in READERS[source.suffix](source, reading):
                    read_any = read_any or not isinstance(item, Note)
                    yield item
            except InputError as error:
                if source.name == path.name:
                    raise
                read_any = True
                where = f"{source.name}:{error.line}" if error.line else source.name
                yield Rejected(where, f"{error.problem}; the file is left out from there on")
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error})") from None
    if not read_any:
        raise InputError(path, "expected text, got an empty file", todo="Check where it came from")
