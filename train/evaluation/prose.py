"""Numbers within a sentence, so that each of them has an id as those in tables have."""

import re
from collections.abc import Iterator

# Digits that stand for themselves: not those of a name (F1, v2, annotator-1@lab), a date, a time or a version. A number
# of more digits than these is none that we wrote.
_NUMBER = re.compile(
    r"(?<![\w.,:/@#-])−?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,15})?(?![\w@/-]|[.,:][0-9])"
)


def parts(sentence: str) -> Iterator[tuple[str, float | None]]:
    """A sentence in pieces, each with its number; None for the words between. Together they are the sentence.

    >>> list(parts("Macro-F1 drops by 0.07, to 1,200."))[1::2]
    [('0.07', 0.07), ('1,200', 1200)]
    """
    end = 0
    for found in _NUMBER.finditer(sentence):
        yield sentence[end : found.start()], None
        yield found[0], value(found[0])
        end = found.end()
    yield sentence[end:], None


def value(text: str) -> float | None:
    """What a number is, from how it is written for people; None for what is no number."""
    if not _NUMBER.fullmatch(text):
        return None
    plain = text.replace("−", "-").replace(",", "")
    return float(plain) if "." in plain else int(plain)


def values(sentence: str) -> list[float]:
    """The numbers of a sentence in their order."""
    return [number for _, number in parts(sentence) if number is not None]


def name(sentence: str, place: int) -> str:
    """The id of a number in a sentence that has the id ``sentence``; the first has place 1."""
    return f"{sentence}#{place}"
