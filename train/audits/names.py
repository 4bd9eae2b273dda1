"""Names in a text without a model of names: capitals within a sentence, outlets, mentions of the two sides."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from corpus.text import gazetteer

_MASK = "Someone"
# A word with a capital that begins no sentence and no quotation, and further ones, with "of" or "the" between.
_NAME = re.compile(r"(?<=[\w,;)»”\"’'] )(?:[A-ZА-ЯЁ][\w’'-]*)(?: (?:of |the )?[A-ZА-ЯЁ][\w’'-]*)*")
# A shorter word of an outlet's name (the, of, RT) is a word of everybody's.
_LETTERS = 4


def masked(text: str, *, names: Collection[str], outlets: Iterable[str], sides: bool) -> str:
    """``text`` with its names replaced by one word; with ``sides`` those of Russia and the United States as well.

    ``names`` are the words of :func:`known`; ``outlets`` are masked wherever they stand.
    """
    mentions = [(found.start, found.end) for found in gazetteer.mentions(text)]
    spans = [*_named(text, names)]
    spans += [found.span() for name in outlets for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    spans = [*spans, *mentions] if sides else [piece for span in spans for piece in _without(span, mentions)]
    result, end = [], 0
    for start, stop in sorted(spans):
        if start >= end:
            result += [text[end:start], _MASK]
        end = max(end, stop)
    return "".join([*result, text[end:]])


def _without(span: tuple[int, int], kept: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a span outside of others."""
    pieces, start = [], span[0]
    for first, last in sorted(kept):
        if first < span[1] and last > span[0]:
            pieces.append((start, first))
            start = last
    pieces.append((start, span[1]))
    return [(first, last) for first, last in pieces if last - first > 1]


def _named(text: str, names: Collection[str]) -> Iterator[tuple[int, int]]:
    """Spans of names within sentences: words with a capital that are ``names``, with "of" and "the" between them."""
    for found in _NAME.finditer(text):
        span: tuple[int, int] | None = None
        for word in re.finditer(r"[\w’'-]+", found[0]):
            if any(part.lower() in names for part in re.findall(r"\w+", word[0]) if part[0].isupper()):
                span = (span[0] if span else found.start() + word.start(), found.start() + word.end())
            elif word[0] not in ("of", "the"):
                if span:
                    yield span
                span = None
        if span:
            yield span


def known(texts: Iterable[str]) -> set[str]:
    """The words of all names within sentences, in small letters.

    A headline Has Capitals That Name Nobody: a word is a name's where it has a capital more often than not.
    """
    capital: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for text in texts:
        capital.update(
            word.lower() for found in _NAME.findall(text) for word in re.findall(r"\w+", found) if word[0].isupper()
        )
        small.update(word for word in re.findall(r"\w+", text) if word[0].islower())
    return {word for word, times in capital.items() if times > small[word]}


def of_outlets(texts: Iterable[str], outlets: Iterable[str]) -> dict[str, str]:
    """Words in small letters that name an outlet, with its name: half of what they are used for is the whole name.

    "News" and "Times" are in many a name, and "abroad" is a word of everybody's.
    """
    used: Counter[str] = Counter()
    within: dict[str, Counter[str]] = {name: Counter() for name in outlets}
    for text in texts:
        used.update(re.findall(r"\w+", text.lower()))
        for name, counts in within.items():
            for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text) if name in text else ():
                counts.update(word for word in re.findall(r"\w+", found[0].lower()) if len(word) >= _LETTERS)
    return {word: name for name, counts in within.items() for word, times in counts.items() if 2 * times >= used[word]}


def kind(words: str, names: Collection[str], outlets: Collection[str]) -> str:
    """Whether one or two words in small letters name an outlet, a side, somebody else ("name"), or nobody ("").

    ``names`` are the words of :func:`known`, ``outlets`` those of :func:`of_outlets`.
    """
    # What is written with points ("U.S.") is two words of one letter.
    if any(gazetteer.mentions(text) for text in (words.title(), words.upper(), words.upper().replace(" ", ".") + ".")):
        return "side"
    if set(outlets) & set(words.split()):
        return "outlet"
    return "name" if set(words.split()) & set(names) else ""
