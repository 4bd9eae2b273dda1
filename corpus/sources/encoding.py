"""Which encoding a file of text is in, and its lines."""

import codecs
import io
from collections.abc import Iterator

from charset_normalizer import from_bytes

from corpus.errors import InputError
from corpus.sources.record import Note, Reading
from corpus.sources.streams import HEAD, Recoded, Source, buffered

_MARKS = {  # UTF-32 first: its little-endian mark begins with that of UTF-16.
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
_CANDIDATES = [
    "cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic", "cp1252", "cp1250", "iso8859_2", "iso8859_15",
    "mac_roman", "cp1254", "cp1253", "cp1257",
]  # fmt: skip
# For the detector, more text is only slower.
_DETECTED_ON = 1 << 16


def unicode_stream(source: Source) -> tuple[io.BufferedReader, list[Note]]:
    """The bytes of a text file in UTF-8, and what was decided.

    UTF-16 and UTF-32 are known by their byte order mark, UTF-16 also by its zero bytes. Another encoding is taken when
    the detector is sure of it; else the file counts as UTF-8, and :func:`lines` says where it is not.

    Raises
    ------
    InputError
        It is binary.
    """
    head = source.stream.peek(HEAD)[:HEAD]
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            recoded = buffered(Recoded(source.stream, name))
            return recoded, [Note(source.name, f"read as {name.upper()}, by its byte order mark")]
    if wide := _unmarked(head[:8192]):
        return buffered(Recoded(source.stream, wide)), [Note(source.name, f"read as {wide.upper()}, by its zero bytes")]
    if head[:8192].count(0) * 1000 > len(head[:8192]):
        problem = "expected UTF-8 text, got NUL bytes: a binary file"
        raise InputError(source.place, problem, todo="Save it as UTF-8")
    encoding = None if _is_utf8(head) else detect(head)
    if encoding is None:
        return source.stream, []
    return buffered(Recoded(source.stream, encoding)), [Note(source.name, f"not UTF-8: read as {encoding}")]


def _unmarked(head: bytes) -> str | None:
    """UTF-16 without a mark, in Latin, Greek or Cyrillic: half of its bytes are 0 to 5, always on the same side."""
    for name in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) // 2 * 2].decode(name, "replace")
        alphabetic = sum("\t" <= character < "\u0530" or "\u2010" <= character <= "\u2122" for character in text)
        if 0 in head and alphabetic >= 0.98 * len(text):
            return name
    return None


def _is_utf8(head: bytes) -> bool:
    """Whether most lines that are not ASCII are UTF-8: one bad line does not make it another encoding."""
    beyond = [line for line in head[:-4].splitlines() or [head] if not line.isascii()]
    good = sum(_decodes(line) for line in beyond)
    return good * 2 >= len(beyond) if len(beyond) > 1 else _decodes(head) or not detect(head)


def _decodes(data: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def detect(data: bytes) -> str | None:
    """The one-byte encoding of ``data``, or None where charset-normalizer is not sure.

    Sure means that it reads like a language (coherence), with next to no unlikely neighbours (chaos).
    """
    data = data[:_DETECTED_ON]
    best = from_bytes(data, cp_isolation=_CANDIDATES, enable_fallback=False).best()
    if best is None or best.encoding not in _CANDIDATES or best.coherence < 0.3 or best.chaos > 0.1:
        return None
    try:
        # Where both give the same text, the name that people know.
        return "cp1252" if data.decode("cp1252") == str(best) else str(best.encoding)
    except UnicodeDecodeError:
        return str(best.encoding)


class Unreadable(str):
    """Why a line could not be read, in place of the line."""


def lines(stream: io.BufferedReader, reading: Reading) -> Iterator[tuple[int, str]]:
    """Number and text of each line with its end, without a byte order mark; or :class:`Unreadable`.

    A line ends with ``\\n``, ``\\r\\n``, or ``\\r`` alone, as old spreadsheets write it.
    """
    offset, limit = 0, reading.record_bytes
    for number, (raw, size) in enumerate(_cut(stream, limit), start=1):
        if size > limit:
            yield number, Unreadable(f"a line longer than {limit:,} bytes (sources.record_mb), got {size:,}")
        else:
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                at = f"byte 0x{raw[error.start]:02x} at byte {offset + error.start} of the file"
                yield number, Unreadable(f"expected UTF-8, got {at}")
        offset += size


def _cut(stream: io.BufferedReader, limit: int) -> Iterator[tuple[bytes, int]]:
    """Each line with its end, and its size in bytes; of a longer one than ``limit`` the size is all that is kept."""
    held: list[bytes] = []
    size = 0
    for data in iter(lambda: stream.read1(HEAD), b""):
        pieces = data.splitlines(keepends=True)
        # Whether a \r at the end of what was read ends the line is seen at the beginning of what is read next.
        if held and held[-1].endswith(b"\r") and not data.startswith(b"\n"):
            pieces.insert(0, b"")
        for number, piece in enumerate(pieces, start=1):
            size += len(piece)
            held = [*held, piece] if size <= limit else [piece[-1:]]
            if number < len(pieces) or piece.endswith(b"\n"):
                yield b"".join(held), size
                held, size = [], 0
    if size:
        yield b"".join(held), size
