"""Text to sentences, as offsets; every character that is not white space is in exactly one."""

import re
from collections.abc import Iterator
from itertools import pairwise

from syntok import segmenter
from syntok.tokenizer import Tokenizer

from corpus.text.stops import CLOSING, ITEM_MARKER, OPENING, ends_sentence, stop

Span = tuple[int, int]

# A stop with what closes after it and white space; one between two words that nobody put a space between; one that
# never is part of an abbreviation. A run of stops is not tried again from its middle: hostile text takes linear time.
_STOP = re.compile(
    rf"""(?<![.!?…])(?P<mark>[.!?…]++)(?P<close>[{re.escape(CLOSING)}]*+)(?:\[\d{{1,3}}\])*+(?P<space>\s++)(?=\S)
    | (?<=[a-zа-яё])[.!?](?=[A-ZА-ЯЁ][a-zа-яё])
    | (?<![。！？।॥۔؟])(?P<only>[。！？।॥۔؟]++)["'”’»)）」』】]*+\s*+(?=\S)""",
    re.VERBOSE,
)
# Of text that has been taken apart into tokens: He left . '' The
_CLOSED_APART = re.compile(r"""(''|["”»)\]])(?:\s+|\Z)""")
_SPACED_ELLIPSIS = re.compile(r"\.(?:\s\.){2,}+")
_ADDRESS = re.compile(r"[@/_]|www")
# "MOSCOW. July 5 (Interfax) - ", "ST. LOUIS — ", "МОСКВА, 5 июл - РИА Новости. ", "Москва. 5 июля. INTERFAX.RU - "
_DATELINE = re.compile(
    r"""[A-Z]{2,}+[.,]?(?:\ (?:[A-Z][\w.'’-]*,?|\d{1,4},?|\([\w./\ ]{1,40}\))){0,8}\s?(?:—|–|--?)\s
    | [А-ЯЁ][А-ЯЁа-яё-]+[.,]\ \d{1,2}\ [а-яё]{3,8}\.?[\ /–—-]*
        (?:РИА\ Новости|ТАСС|INTERFAX\.RU|Интерфакс)[\ /.,–—-]*""",
    re.VERBOSE,
)
# So many characters on each side of a stop are looked at.
_NEAR = 120
_TOKENIZER = Tokenizer(replace_not_contraction=False)


def sentences(text: str, language: str = "en") -> list[Span]:
    """Offsets of the sentences of ``text``; the end of a line always ends a sentence.

    Parameters
    ----------
    language : str
        A language code; of ``en-GB`` the ``en`` counts. Most rules go by the words and need none.

    Returns
    -------
    list of (start, end)
        In order, without overlap, without white space at either end. Every other character is in exactly one.

    Notes
    -----
    A sentence ends at a stop, never elsewhere. The rules of ``corpus.text.stops`` say which stops do; those that they
    leave open are for syntok (Leitner, https://github.com/fnl/syntok), whose offsets alone are used.
    """
    code = re.split("[-_]", language.lower())[0]
    return [
        span
        for line_start, line_end in lines(text)
        for start, end in pairwise([*_starts(text[line_start:line_end], code), line_end - line_start])
        for span in stripped(text, line_start + start, line_start + end)
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


def _starts(line: str, language: str) -> list[int]:
    starts = [0]
    library_ends: set[int] | None = None
    items = list(_items(line))
    ellipses = dict(_ellipses(line))
    dateline = _DATELINE.match(line)
    quotes = counted = 0
    for match in _STOP.finditer(line):
        while items and items[0] <= match.start():
            starts.append(items.pop(0))
        quotes, counted = quotes + line.count('"', counted, match.start()), match.start()
        apart = _CLOSED_APART.match(line, match.end()) if match["space"] else None
        if apart and apart[1] == '"' and quotes % 2 == 0:
            apart = None
        after = apart.end() if apart else match.end()
        if after == len(line):
            break
        if dateline and match.start() < dateline.end():
            verdict: bool | None = False
        elif match.start() in ellipses:
            verdict = ellipses[match.start()]
        else:
            verdict = _verdict(line, starts[-1], match, after, language)
        if verdict is None:
            library_ends = _library_ends(line) if library_ends is None else library_ends
            verdict = match.end() - len(match["space"] or "") in library_ends
        if verdict:
            starts.append(after)
    return starts + items


def _verdict(line: str, start: int, match: re.Match[str], after: int, language: str) -> bool | None:
    at, end = match.span()
    if match["only"]:
        return True
    # Slices of bounded length: a line of nothing but "Mr. Mr. Mr." is still read in linear time.
    sentence = line[max(start, at - _NEAR) : at]
    if not match["mark"]:
        word = sentence.split()[-1] + line[end : end + _NEAR].split()[0]
        return False if _ADDRESS.search(word) else None
    close = (match["close"] + line[end:after]).strip()
    return ends_sentence(stop(sentence, match["mark"], close, line[after : after + _NEAR], language))


def _items(line: str) -> Iterator[int]:
    """Where the further items of a list begin, in a line that begins with its first: 1. One 2. Two"""
    first = ITEM_MARKER.match(line)
    if first is None or not first[0].strip():
        return
    bullet, number, mark = first["bullet"], first["number"] or "", first["mark"] or ""
    at = first.end()
    while True:
        if number:
            number = str(int(number) + 1) if number.isdigit() else chr(ord(number) + 1)
        gap = r"\s*" if bullet and number else ""
        marker = rf"(?<=\s){bullet}{gap}{re.escape(number + mark)}(?=\s+[A-ZА-ЯЁ])"
        found = re.compile(marker).search(line, at)
        if found is None:
            return
        yield found.start()
        at = found.end()


def _ellipses(line: str) -> Iterator[tuple[int, bool]]:
    """The stops of ". . . ." by their offsets, and whether they end a sentence.

    Three leave something out inside a sentence. With four, one is the full stop: the first if it stands at a word, and
    the others then leave something out at the beginning of the next sentence; else the last.
    """
    for match in _SPACED_ELLIPSIS.finditer(line):
        start, end = match.span()
        stops = range(start, end, 2)
        rest = line[end : end + _NEAR].lstrip(CLOSING)
        follows = rest[:1].isspace() and rest.lstrip().lstrip(OPENING)[:1].isupper()
        last = stops[0] if line[max(start - 1, 0) : start].strip() else stops[-1]
        yield from ((at, at == last and follows and len(stops) > 3) for at in stops)


def _library_ends(line: str) -> set[int]:
    found = segmenter.segment(_TOKENIZER.tokenize(line))
    return {sentence[-1].offset + len(sentence[-1].value) for sentence in found}
