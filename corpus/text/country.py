"""Whether ``US`` is the country (``the US wants``) or an adjective (``the US envoy``), by the words around it."""

import re
from typing import Literal

from corpus.text.country_words import FUNCTION, PLURALS, VERBS

Role = Literal["country", "adjective"]

# After these a singular noun may as well be a verb: `did the US bomb`, `Russia and US sign`.
_OPEN = re.compile(
    r"(?:\b(?:Russia|China|Iran|Ukraine|EU|UK|NATO),|&|\b(?:and|or|did|does|do|will|would|can|could|should|may|might|must|"
    r"lets?|makes?|made|helps?|sees?|saw|watch))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
# What may be a noun or a verb (`strikes`) is a noun where a verb follows, or nothing.
_NOUN_BEFORE = re.compile(
    r"(?:\W*$|[,;:.!?)]|\s+(?:are|were|have|had|will|would|could|should|may|might|do|did|can|on|against)\b)"
)
_NEXT = re.compile(r"\s+[\"'\u201c\u2018]?(?P<word>[A-Za-z][\w'\u2019-]*)")
_BESIDE = re.compile(
    r"\s+(?:and|or|&)\s+(?:(?P<people>[A-Z]\w*(?:ian|ish|ese)|German|Korean|European|African|Mexican|Cuban|Afghan|American|"
    r"French|Dutch|Greek|Israeli|Iraqi|Saudi|Pakistani)|[A-Z]{2,}|allied|coalition|foreign|other|[Ww]estern)\b"
)


def role(before: str, after: str) -> Role | None:
    """What ``US`` between two pieces of a text is; None where the words next to it may mean either.

    Examples
    --------
    >>> role("the ", " envoy"), role("the ", " warns"), role("the ", " strikes Iran")
    ('adjective', 'country', None)
    """
    if before[-1:] in ("-", "\u2013", "/") or (after and after[0] in "-\u2013/"):
        return "country"
    found = _NEXT.match(after)
    if found is None:
        return None if re.match(r"\s+[\d$\u20ac\u00a3]", after) else "country"
    beside = _BESIDE.match(after)
    if beside:
        has_article = re.search(r"\bthe\s+$", before, re.IGNORECASE)
        return "adjective" if beside["people"] else "country" if has_article else None
    word = found["word"].lower()
    if word in FUNCTION or word in VERBS or (re.fullmatch(r"\w{3,}ed", word) and word != "armed"):
        return "country"
    if word in PLURALS:
        return "adjective"
    may_be_verb = word.endswith("ing") or (word.endswith("s") and not re.search(r"(?:ss|us|is|['\u2019]s)$", word))
    if may_be_verb:
        return "adjective" if word[-1] == "s" and _NOUN_BEFORE.match(after[found.end() :]) else None
    return None if _OPEN.search(before) else "adjective"
