"""Where a text speaks of Russia or of the United States: countries, capitals, governments, armies, leaders.

The words are in ``gazetteer.csv``, English and Russian with their inflections. A row is a pair of counterparts in the
same grammatical form; alternatives are joined by ``|``, and the first of them stands in for the other side in
:func:`swapped`. Rows of the kind ``other`` look like mentions and are none (the Washington Post, South America).
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

Side = Literal["russia", "us"]

SIDES: tuple[Side, Side] = ("russia", "us")
KINDS = ("country", "adjective", "people", "capital", "government", "ministry", "agency", "army", "leader")

_TABLE = Path(__file__).with_suffix(".csv")
_NONE = "other"
_THE = "the "
# Shorter words are not looked for in capitals: "US" in a headline of capitals may be the pronoun.
_SHORTEST_IN_CAPITALS = 4
_ABBREVIATED = frozenset({"us", "u.s."})
# What follows a noun rather than an adjective: a function word, or a verb in the past.
_BEFORE_NOUN = re.compile(
    r"\s+(?!(?:a|about|after|against|also|although|and|any|are|as|at|be|because|been|before|but|by|can|cannot|could|did|"
    r"do|does|during|for|from|had|has|have|if|in|into|is|it|may|might|must|nor|not|of|on|or|over|said|says|shall|should|"
    r"since|so|than|that|the|then|they|this|to|too|under|until|was|were|what|when|where|which|while|who|will|with|"
    r"would|yet|[a-z]+ed)\b)[a-z]"
)
_BEFORE_FIRST = ("", ".", "!", "?", '"', "\u201c")
_ARTICLE = re.compile(r"\b([Aa])n?(\s+)$")


@dataclass(frozen=True)
class Mention:
    """A place in a text where one of the two sides is named.

    Parameters
    ----------
    start, end : int
        ``text[start:end]`` is the mention, with its English article.
    side : {"russia", "us"}
    kind : str
        One of :data:`KINDS`.
    language : {"en", "ru"}
    counterpart : str
        The same of the other side, in the same grammatical form and in capitals where the mention is.
    """

    start: int
    end: int
    side: Side
    kind: str
    language: str
    counterpart: str


@dataclass(frozen=True)
class _Form:
    bare: str
    article: bool
    side: Side
    kind: str
    language: str
    exact: bool
    counterpart: str


def mentions(text: str) -> list[Mention]:
    """The mentions in a text, in order, none within another: of two that begin together, the longer.

    Words count in the case of the table and in capitals, and in small letters where they then mean nothing else
    (``russia``, not ``trump``). ``ё`` and ``е`` are one letter. ``the US`` before a noun (``the US envoy``) is an
    adjective; what may be a noun is guessed from the next word.
    """
    forms, pattern = _known()
    in_capitals = text == text.upper()
    found = []
    for match in pattern.finditer(_key(text)):
        has_article = match["the"] is not None and not _before_noun(match["key"], text, match.end())
        form = _form(forms[match["key"]], text[match.start("key") : match.end()], has_article=has_article)
        if form is None or form.kind == _NONE or (in_capitals and len(form.bare) < _SHORTEST_IN_CAPITALS):
            continue
        # An article is part of a mention only where it is part of the name: `the Kremlin`, not `the Russian`.
        start = match.start() if has_article and form.article else match.start("key")
        counterpart = _counterpart(
            form, text[start : match.end()], first=text[max(0, start - 3) : start].rstrip()[-1:] in _BEFORE_FIRST
        )
        found.append(Mention(start, match.end(), form.side, form.kind, form.language, counterpart))
    return found


def swapped(text: str) -> str:
    """The text with the two sides exchanged: ``A Russian envoy left Washington`` is ``An American envoy left Moscow``.

    Words alone are exchanged: what agrees with them in number or gender is left as it is, but for ``a`` and ``an``.
    Where a form stands for several cases (``России``), the first of the table is taken.
    """
    parts, at = [], 0
    for mention in mentions(text):
        before = text[at : mention.start]
        if mention.language == "en":
            n = "n" if mention.counterpart[0] in "AEIOaeio" else ""
            before = _ARTICLE.sub(rf"\g<1>{n}\g<2>", before)
        parts += [before, mention.counterpart]
        at = mention.end
    return "".join([*parts, text[at:]])


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, list[_Form]], re.Pattern[str]]:
    """Forms by their key, in the order of the table, and a pattern that finds a key, the longest first."""
    forms: dict[str, list[_Form]] = {}
    with _TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for side, other in zip(SIDES, reversed(SIDES), strict=True):
                for written in row[side].split("|"):
                    bare = written.removeprefix(_THE)
                    form = _Form(
                        bare=bare,
                        article=bare != written,
                        side=side,
                        kind=row["kind"],
                        language=row["language"],
                        exact=row["case"] == "exact",
                        counterpart=row[other].split("|")[0],
                    )
                    forms.setdefault(_key(bare), []).append(form)
    longest = sorted(forms, key=lambda key: (-len(key), key))
    return forms, re.compile(rf"(?<!\w)(?P<the>the\s+)?(?P<key>{'|'.join(map(re.escape, longest))})(?!\w)")


def _form(known: list[_Form], bare: str, *, has_article: bool) -> _Form | None:
    """The first form that may be written like this, one with an article first if there is one."""
    bare = bare.replace("ё", "е")
    for form in sorted(known, key=lambda form: form.article != has_article):
        own = form.bare.replace("ё", "е")
        long = len(own) >= _SHORTEST_IN_CAPITALS
        if bare == own or (long and bare == own.upper()) or (not form.exact and bare.lower() == own.lower()):
            return form
    return None


def _before_noun(key: str, text: str, end: int) -> bool:
    """Whether ``the US`` is followed by what may be a noun: a word that is neither a function word nor ends in -ed."""
    return key in _ABBREVIATED and _BEFORE_NOUN.match(text, end) is not None


def _counterpart(form: _Form, written: str, *, first: bool) -> str:
    has_article = written[:4].lower() == _THE
    # What can do without its article does so on the other side too: `Pentagon says` is `Russian Defense Ministry says`.
    found = form.counterpart.removeprefix(_THE) if form.article and not has_article else form.counterpart
    if written == written.upper() and len(written) >= _SHORTEST_IN_CAPITALS and form.bare != form.bare.upper():
        return found.upper()
    capital = written[0].isupper() and (has_article or first or form.bare[0].islower())
    return found[0].upper() + found[1:] if capital else found


def _key(text: str) -> str:
    """In small letters, as long as the text itself: places in it are places in the text."""
    small = "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text)
    return small.replace("ё", "е")
