"""Where a target, whom or what a text is read about, stands in it."""

import re
from functools import lru_cache

Span = tuple[int, int]

# Inside a word: between a small letter or digit and a capital, before the last capital of several, between a letter and
# a digit. A hashtag is read as its words.
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|_+")
_MARK = re.compile(r"#(?=\w)")
# One character each, so that places stay.
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u0060\u00b4\u2032\uff07", "'"))


def found(text: str, target: str, near: int | None = None) -> Span | None:
    """Where a target stands in a text: whole words that are it, whichever apostrophes they are written with.

    A hashtag and its words apart are the same: ``#MeToo`` stands in "the Me Too movement", ``MeToo`` in "#MeToo".

    Parameters
    ----------
    text, target : str
    near : int, optional
        Where in ``text`` it begins, as far as is known. What begins there is taken, also inside a word; else the
        occurrence next to it. By default the first in the target's own case, else the first in any.

    Returns
    -------
    tuple of int, or None
        Start and end in ``text``; None where it does not occur.
    """
    if not target.strip():
        return None
    text, pattern = text.translate(_APOSTROPHES), _pattern(target)
    if near is None:
        first = _whole(pattern).search(text) or _whole(pattern, re.IGNORECASE).search(text)
        return first.span() if first else None
    # A hashtag that was taken apart has a space where it had none.
    if here := re.compile(rf"[\s#]*({pattern})", re.IGNORECASE).match(text, near):
        return here.span(1)
    places = [each.span() for each in _whole(pattern, re.IGNORECASE).finditer(text)]
    return min(places, key=lambda span: abs(span[0] - near), default=None)


def _whole(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", flags)


@lru_cache(maxsize=1024)
def _pattern(target: str) -> str:
    """A target's words, as they are or the words inside them apart."""
    words = [WORDS.split(word) for word in _MARK.sub("", target.translate(_APOSTROPHES)).split()]
    apart = ["[ _]?".join(re.escape(part) for part in parts if part) or re.escape("_") for parts in words]
    return r"\s+".join(apart)
