"""Sources to a stream of records, from the beginning or from where a build was stopped."""

from collections.abc import Iterator
from pathlib import Path

from corpus.errors import InputError
from corpus.sources import Item, Note, Reading, Record, Rejected, read


def numbered(
    files: dict[Path, bool], strict: bool, reading: Reading, first: int, skip: int
) -> Iterator[tuple[int, int, Item]]:
    """The items of all files from item ``skip`` of file ``first`` on: number of the file, items so far, item."""
    for number, path in enumerate(files):
        for place, item in enumerate(_of_file(path, files, strict, reading) if number >= first else ()):
            if number > first or place >= skip:
                yield number, place + 1, item


def records(files: dict[Path, bool], strict: bool, reading: Reading) -> Iterator[Item]:
    """The records of all files. A file that cannot be read is left out, and said; an error if it is the only one."""
    for path in files:
        yield from _of_file(path, files, strict, reading)


def _of_file(path: Path, files: dict[Path, bool], strict: bool, reading: Reading) -> Iterator[Item]:
    given = False
    try:
        for item in read(path, reading):
            if strict and isinstance(item, Rejected):
                line = item.source.rpartition(":")[2]
                raise InputError(
                    path,
                    item.reason,
                    line=int(line) if line.isdecimal() else None,
                    todo="Mend it, or leave out --strict",
                )
            given = given or isinstance(item, Record)
            yield item
    except InputError as error:
        if strict or (files[path] and len(files) == 1 and not given):
            raise
        where = f"{path.name}:{error.line}" if error.line else path.name
        if files[path]:
            yield Note(where, f"{error.problem}; left out" + (" from there on" if given else ""))
        yield Rejected(where, f"{error.problem}; the file is left out from there on")
