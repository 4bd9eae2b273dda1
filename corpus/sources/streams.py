"""Files, packed files and the members of archives as streams of bytes that end at a limit."""

import codecs
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyarrow as pa

from corpus.errors import InputError
from corpus.sources.record import Reading, Rejected

PACKED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
ARCHIVE = ".zip"
# What formats are told from; also what a stream reads at once.
HEAD = 1 << 20
# Small files may well be of one letter: no bomb.
_HARMLESS = 64 << 20
# Of what is packed, a read that fails loses all that it asked for: little at a time.
_PIECE = 1024
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Source:
    """One file, or one member of an archive, open for reading.

    Parameters
    ----------
    name : str
        As in tables: without folders, a member with its path in the archive.
    place : str
        As in messages.
    stream : BufferedReader
        Its bytes, unpacked; ``peek(HEAD)`` gives the first of them.
    path : Path or None
        The file itself, where it is not packed.
    """

    name: str
    place: str
    stream: io.BufferedReader
    path: Path | None = None

    @property
    def suffix(self) -> str:
        """What tells the format."""
        return suffix(self.name)


def suffix(name: str) -> str:
    """The suffix that tells the format of ``name``, in lower case: ``.csv`` of ``NEWS.CSV.gz``."""
    path = PurePosixPath(name.lower())
    return PurePosixPath(path.stem).suffix if path.suffix in PACKED else path.suffix


def sources(path: Path, reading: Reading, known: frozenset[str]) -> Iterator[Source | Rejected]:
    """What is in a file: itself, unpacked, or the members of an archive whose suffix is known, by name.

    Raises
    ------
    InputError
        It cannot be opened, or is no archive.
    """
    if path.suffix.lower() == ARCHIVE:
        yield from _members(path, reading, known)
        return
    size = path.stat().st_size
    packed = PACKED.get(path.suffix.lower())
    with path.open("rb") as file:
        if packed is None:
            yield Source(path.name, str(path), buffered(_Bounded(file, str(path), None)), path)
            return
        try:
            unpacked = pa.CompressedInputStream(pa.PythonFile(file, "r"), packed)
        except (pa.ArrowException, OSError) as error:
            raise InputError(path, f"cannot be unpacked ({_first_line(error)})") from None
        limit = min(reading.unpacked_bytes, max(_HARMLESS, reading.unpacked_ratio * size))
        yield Source(path.name, str(path), buffered(_Bounded(unpacked, str(path), limit)))


def _members(path: Path, reading: Reading, known: frozenset[str]) -> Iterator[Source | Rejected]:
    try:
        with zipfile.ZipFile(path) as archive:
            left = min(reading.unpacked_bytes, max(_HARMLESS, reading.unpacked_ratio * path.stat().st_size))
            # is_dir() fails on an entry without a name, which a damaged archive may have.
            files = (info for info in archive.infolist() if not info.filename.endswith("/"))
            members = sorted(files, key=lambda info: info.filename)
            members = [info for info in members if not _hidden(info.filename)]
            nested = frozenset({ARCHIVE, *PACKED})
            members = [
                info for info in members
                if suffix(info.filename) in known or PurePosixPath(info.filename.lower()).suffix in nested
            ]  # fmt: skip
            if not members:
                raise InputError(path, f"no file in this archive ends in {', '.join(sorted(known))}")
            for info in members:
                name = f"{path.name}/{info.filename}"
                if problem := _refused(info, nested):
                    yield Rejected(name, problem)
                    continue
                limit = min(left, max(_HARMLESS, reading.unpacked_ratio * info.compress_size))
                # What a member says of its size is the most that comes out: a bomb costs no other member its room.
                if info.file_size > limit:
                    yield Rejected(name, _bomb(limit))
                    continue
                try:
                    with archive.open(info) as member:
                        bounded = _Bounded(member, f"{path}/{info.filename}", limit)
                        yield Source(name, f"{path}/{info.filename}", buffered(bounded))
                        left -= bounded.read_so_far
                except _DAMAGE as error:
                    yield Rejected(name, f"cannot be unpacked ({_first_line(error)})")
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error) as error:
        raise InputError(path, f"not a ZIP archive that can be read ({_first_line(error)})") from None


def _bomb(limit: int) -> str:
    return f"unpacks to more than {limit >> 20} MiB, which looks like a bomb"


def _hidden(name: str) -> bool:
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _refused(info: zipfile.ZipInfo, nested: frozenset[str]) -> str | None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or path.parts[0].endswith(":"):
        return "a path that leads out of the archive"
    if path.suffix.lower() in nested:
        return "a packed file inside an archive; unpack the archive first"
    return "is encrypted" if info.flag_bits & 1 else None


class _Bounded(io.RawIOBase):
    """The bytes of ``file`` up to ``limit``; what was read before a failure is given out before it is raised."""

    def __init__(self, file: Any, place: str, limit: int | None) -> None:
        self._file, self._place, self._limit = file, place, limit
        self.read_so_far = 0
        self._failure: InputError | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, but for the end of the file."""
        view, filled = memoryview(buffer), 0
        while filled < len(view) and self._failure is None:
            try:
                data = self._file.read(min(len(view) - filled, _PIECE if self._limit else len(view)))
            except _DAMAGE as error:
                self._failure = InputError(self._place, f"cannot be read to its end ({_first_line(error)})")
                break
            if not data:
                break
            view[filled : filled + len(data)] = data
            filled += len(data)
            self.read_so_far += len(data)
            if self._limit is not None and self.read_so_far > self._limit:
                todo = "Unpack it yourself, or raise sources.unpacked_ratio or sources.unpacked_gb"
                self._failure = InputError(self._place, _bomb(self._limit), todo=todo)
        if not filled and self._failure is not None:
            raise self._failure
        return filled


class Recoded(io.RawIOBase):
    """A stream in another encoding, as UTF-8; what cannot be decoded becomes U+FFFD."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream, self._rest = stream, b""
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As many bytes as are at hand."""
        while not self._rest:
            data = self._stream.read(HEAD // 4)
            self._rest = self._decoder.decode(data, final=not data).encode("utf-8", "replace")
            if not data:
                break
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def buffered(raw: io.RawIOBase) -> io.BufferedReader:
    """``raw`` with a buffer that holds :data:`HEAD`."""
    return io.BufferedReader(raw, HEAD)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
