"""Where a text speaks of Russia or of the United States: countries, capitals, governments, armies, leaders.

The words are in ``gazetteer.csv``, English and Russian with their inflections. A row is a pair of counterparts in the
same grammatical form; alternatives are joined by ``|``, and the first of them stands in for the other side in
:func:`corpus.text.exchange.swapped`. What only one side has is without a counterpart. Rows of the kind ``other`` look
like mentions and are none (the Washington Post, South America).
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from corpus.text import cases
from corpus.text.country import role
from corpus.text.country_words import FUNCTION, TITLES, VERBS

Side = Literal["russia", "us"]

SIDES: tuple[Side, Side] = ("russia", "us")
KINDS = ("country", "adjective", "people", "capital", "government", "ministry", "agency", "army", "leader")

_TABLE = Path(__file__).with_suffix(".csv")
_NONE = "other"
_THE = "the "
# In a headline of capitals it may be the pronoun.
_PRONOUN = "US"
# A shorter word of capitals is an abbreviation (`FSB`), and its counterpart is left as it is.
_SHORTEST_IN_CAPITALS = 4
_ABBREVIATED = frozenset({"us", "u.s.", "usa", "united states"})
_BEFORE_FIRST = ("", ".", "!", "?", '"', "\u201c")
_CAPITALIZED = re.compile(r"(?<![\w'\u2019])([A-ZА-ЯЁ][\w-]*)\.?\s+$")


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
    counterpart : str or None
        The same of the other side, in the same grammatical form and in capitals where the mention is; None where there
        is none, or the words around do not tell which.
    """

    start: int
    end: int
    side: Side
    kind: str
    language: str
    counterpart: str | None


@dataclass(frozen=True)
class _Form:
    bare: str
    article: bool
    side: Side
    kind: str
    language: str
    exact: bool
    surname: bool
    cases: frozenset[str]
    counterpart: str


def mentions(text: str) -> list[Mention]:
    """The mentions in a text, in order, none within another: of two that begin together, the longer.

    Words count in the case of the table and in capitals, and in small letters where they then mean nothing else
    (``russia``, not ``trump``). ``ё`` and ``е`` are one letter. Whether ``US`` is the country or an adjective is told
    by the words around it (:func:`corpus.text.country.role`).
    """
    key = _key(text)
    in_capitals = text == text.upper()
    found = []
    for match, forms in _matches(text, key):
        begin, end = match.span("key")
        # In `the US-led coalition` the article is the coalition's.
        has_article = match["the"] is not None and text[end : end + 1] not in ("-", "\u2013", "/")
        if forms[0].kind == _NONE or (in_capitals and text[begin:end] == _PRONOUN and not has_article):
            continue
        abbreviated = match["key"] in _ABBREVIATED
        stands_for = role(text[:begin], text[end:]) if abbreviated else None
        wanted = stands_for == "country" if abbreviated else has_article
        forms = sorted(forms, key=lambda form: form.article != wanted)
        # An article is part of a mention only where it is part of the name: `the Kremlin`, not `the Russian`.
        start = match.start() if has_article and forms[0].article else begin
        unsure = abbreviated and (stands_for is None or (stands_for == "adjective" and _known()[1].match(key, end + 1)))
        counterpart = None if unsure else _counterpart(forms, text, start, end)
        found.append(Mention(start, end, forms[0].side, forms[0].kind, forms[0].language, counterpart))
    return found


def _matches(text: str, key: str) -> Iterator[tuple[re.Match[str], list[_Form]]]:
    """Where a form stands, the longest that may be written like this, and all that may."""
    forms, pattern = _known()
    at = 0
    while (match := pattern.search(key, at)) is not None:
        at = match.end()
        shorter: re.Match[str] | None = match
        while shorter is not None:
            begin, end = shorter.span("key")
            written = [form for form in forms[shorter["key"]] if _may_be_written(form, text[begin:end])]
            if written:
                at = end
                yield shorter, written
                break
            space = key.rfind(" ", begin, end)
            shorter = pattern.match(key, shorter.start(), space) if space > begin else None


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, list[_Form]], re.Pattern[str]]:
    """Forms by their key, in the order of the table, and a pattern that finds a key, the longest first."""
    forms: dict[str, list[_Form]] = {}
    with _TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for side, other in zip(SIDES, reversed(SIDES), strict=True):
                for written in filter(None, row[side].split("|")):
                    bare = written.removeprefix(_THE)
                    form = _Form(
                        bare=bare,
                        article=bare != written,
                        side=side,
                        kind=row["kind"],
                        language=row["language"],
                        exact=row["case"] == "exact",
                        surname="surname" in row["form"],
                        cases=cases.named(row["form"]),
                        counterpart=row[other].split("|")[0],
                    )
                    forms.setdefault(_key(bare), []).append(form)
    longest = "|".join(map(re.escape, sorted(forms, key=lambda key: (-len(key), key))))
    begins = r"(?:(?<!\w)|(?<=\bпро)|(?<=\bанти))"
    return forms, re.compile(rf"{begins}(?P<the>the\s+)?(?P<key>{longest})(?![\w$])")


def _may_be_written(form: _Form, written: str) -> bool:
    own, written = form.bare.replace("ё", "е"), written.replace("ё", "е")
    return written in (own, own.upper()) or (not form.exact and written.lower() == own.lower())


def _counterpart(forms: list[_Form], text: str, start: int, end: int) -> str | None:
    """What stands for ``text[start:end]``, as it is written there; None if that is unsure."""
    before, written = text[:start], text[start:end]
    if forms[0].surname and _has_first_name(before, forms[0].language):
        return None
    form = forms[0]
    found: str | None = form.counterpart
    if form.cases and len({one.counterpart for one in forms}) > 1:
        found = cases.fitting(before, [(one.counterpart, one.cases) for one in forms])
    if not found:
        return None
    has_article = written[:4].lower() == _THE
    # What can do without its article does so on the other side too: `Pentagon says` is `Russian Defense Ministry says`.
    found = found.removeprefix(_THE) if form.article and not has_article else found
    shouted = written == written.upper() and len(written) >= _SHORTEST_IN_CAPITALS and form.bare != form.bare.upper()
    if shouted or text == text.upper():
        return found.upper()
    first = before[-3:].rstrip()[-1:] in _BEFORE_FIRST
    capital = written[0].isupper() and (has_article or first or form.bare[0].islower())
    return found[0].upper() + found[1:] if capital else found


def _has_first_name(before: str, language: str) -> bool:
    """Whether a surname is that of somebody else of the name: `Ivanka Trump`."""
    found = _CAPITALIZED.search(before)
    if found and language == "ru" and before[: found.start()].rstrip()[-1:] in _BEFORE_FIRST:
        # Russian sentences begin with any word: `Встреча Путина`.
        return False
    # `VP` is a title.
    return (
        found is not None
        and found[1].lower() not in FUNCTION | VERBS | TITLES
        and not (len(found[1]) < 3 and found[1].isupper())
    )


def _key(text: str) -> str:
    """In small letters, as long as the text itself: places in it are places in the text."""
    small = "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text)
    return small.replace("ё", "е")
