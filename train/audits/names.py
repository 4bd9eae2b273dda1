"""Names in a text without a model of names: capitals within a sentence, outlets, mentions of the two sides."""

import re
from collections.abc import Collection, Iterable

from corpus.text import gazetteer

_MASK = "Someone"
# A word with a capital that begins no sentence and no quotation, and further ones, with "of" or "the" between.
_NAME = re.compile(r"(?<=[\w,;)»”\"’'] )(?:[A-ZА-ЯЁ][\w’'-]*)(?: (?:of |the )?[A-ZА-ЯЁ][\w’'-]*)*")
# A shorter word of an outlet's name (the, of, RT) is a word of everybody's.
_LETTERS = 4


def masked(text: str, *, outlets: Iterable[str], sides: bool) -> str:
    """``text`` with its names replaced by one word; with ``sides`` those of Russia and the United States as well."""
    mentions = [(found.start, found.end) for found in gazetteer.mentions(text)]
    spans = [found.span() for found in _NAME.finditer(text)]
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


def known(texts: Iterable[str]) -> set[str]:
    """The words of all names within sentences, in small letters."""
    return {word.lower() for text in texts for found in _NAME.findall(text) for word in re.findall(r"\w+", found)}


def kind(words: str, names: Collection[str], outlets: Iterable[str]) -> str:
    """Whether one or two words in small letters name an outlet, a side, somebody else ("name"), or nobody ("")."""
    if gazetteer.mentions(words.title()) or gazetteer.mentions(words.upper()):
        return "side"
    own = {word for name in outlets for word in re.findall(r"\w+", name.lower()) if len(word) >= _LETTERS}
    if own & set(words.split()) & set(names):
        return "outlet"
    return "name" if set(words.split()) & set(names) else ""
