"""Text to sentences, as offsets; every character that is not white space is in exactly one."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

Span = tuple[int, int]

# pysbd's time grows with the square of the length: a longer line is taken in pieces.
_PIECE = 5000


def sentences(text: str, language: str = "en") -> list[Span]:
    """Offsets of the sentences of ``text``; the end of a line always ends a sentence.

    Parameters
    ----------
    language : str
        A language code; of ``en-GB`` the ``en`` counts. Where pysbd has no rules for it, English rules are used.

    Returns
    -------
    list of (start, end)
        In order, without overlap, without white space at either end. Every other character is in exactly one.

    Notes
    -----
    The rules are those of pysbd (Sadvilkar & Neumann, "PySBD: Pragmatic Sentence Boundary Disambiguation", NLP-OSS
    2020). It gives back sentences, sometimes with characters changed; only where they begin and end is taken from it.
    """
    return [
        (start + line_start, end + line_start)
        for line_start, line_end in lines(text)
        for start, end in _of_line(text[line_start:line_end], language)
    ]


def lines(text: str) -> list[Span]:
    """Offsets of the lines of ``text`` that are not blank, without white space at either end."""
    spans, start = [], 0
    for line in text.splitlines(keepends=True):
        spans += stripped(text, start, start + len(line))
        start += len(line)
    return spans


def stripped(text: str, start: int, end: int) -> list[Span]:
    """``[(start, end)]`` without white space at either end; empty where there is nothing else."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    part = part.strip()
    return [(start, start + len(part))] if part else []


def _of_line(line: str, language: str) -> Iterator[Span]:
    segmenter = _segmenter(language)
    at, size = 0, _PIECE
    while at < len(line):
        piece = line[at : at + size]
        try:
            # Not segment(): that looks every sentence up from the start of the text again, and drops those it changed.
            found = segmenter.processor(piece).process()
        except re.error:
            # The Arabic rules make patterns of what is in the text, and some are none: it stays whole.
            found = []
        spans = list(_aligned(piece, found))
        if at + size < len(line):
            # The end of the piece may cut its last sentence: that one begins the next piece.
            if len(spans) < 2:
                size *= 2
                continue
            spans.pop()
        yield from ((at + start, at + end) for start, end in spans)
        at, size = at + spans[-1][1], _PIECE


def _aligned(line: str, found: Iterable[str]) -> Iterator[Span]:
    """Where the found sentences stand in the line. What lies between two was changed by pysbd: a sentence too."""
    at = 0
    for sentence in found:
        sentence = sentence.strip()
        start = line.find(sentence, at)
        if not sentence or start < 0:
            continue
        yield from stripped(line, at, start)
        at = start + len(sentence)
        yield start, at
    yield from stripped(line, at, len(line))


@cache
def _segmenter(language: str) -> Any:
    # Compiling the rules takes a moment that only those who segment should wait.
    from pysbd import Segmenter
    from pysbd.languages import LANGUAGE_CODES

    # pysbd hands some 600 patterns to re as text. Past 512, re forgets each before it comes again: ten times slower.
    setattr(re, "_MAXCACHE", 4096)  # noqa: B010 - not a public name
    code = re.split("[-_]", language.lower())[0]
    return Segmenter(language=code if code in LANGUAGE_CODES else "en", clean=False)
