"""A text with Russia and the United States exchanged, where that can be done well."""

import re

from corpus.text.country_words import FUNCTION
from corpus.text.gazetteer import SIDES, Mention, mentions

_THE = "the "
_PRONOUN = re.compile(r"\bUS\b")
_ARTICLE = re.compile(r"\b([Aa])[Nn]?(\s+)$")
# Letters whose names begin with a vowel: `an FSB officer`.
_VOWEL = re.compile(r"[AEIOaeio]|[FHLMNRSX][A-Z]{1,3}\b")
_ABOUT = re.compile(r"(?<!\w)([Оо])б?(\s+)$")
_RUSSIAN_VOWELS = "АЭИОУаэиоу"
# A noun that has its article already, or another word in its place: `a divided Congress`, `Republican Congress`.
_DETERMINED = re.compile(
    r"(?<!\w)(?:(?i:an?|the|his|her|its|our|your|their|no|every)|\w+['\u2019]s)\s+(?:[\w-]+\s+)?$|\w-\w+\s+$"
)
_CAPITALIZED = re.compile(r"(?<!\w)([A-Z]\w*)\s+$")
_SENTENCE_ENDS = re.compile(r"(?=\W*$|\W*\s([A-Z]\w*))")
# The possessive of a plural: `the United States' allies`.
_POSSESSIVE = re.compile(r"(['\u2019])(?=\s+\w)")
_QUOTE_OPENS = re.compile(r"(?:^|\s)['\u2018]\w")
_TWICE = re.compile(r"\b(Russia(?:n|['\u2019]s)) Russian\b")
# So many letters tell persons apart, whatever their case: `Трампу`, `Трампом`.
_STEM = 4


def swapped(text: str) -> str | None:
    """The text with the two sides exchanged: ``A Russian envoy left Washington`` is ``An American envoy left Moscow``.

    Words alone are exchanged. What agrees with them in number or gender is left as it is, but for ``a`` and ``an``,
    ``о`` and ``об``, and articles.

    Returns
    -------
    str or None
        The text itself where it names no side. None where it is unsure what would stand for a word, two persons would
        become one, or the new text would not name the sides as the old one does (``South Russia``).
    """
    found = mentions(text)
    in_capitals = text == text.upper()
    if found and ((in_capitals and _pronoun(text, found)) or _confused(text, found)):
        return None
    parts, at = [], 0
    for mention in found:
        if mention.counterpart is None:
            return None
        before, stands_in, end = text[at : mention.start], mention.counterpart, mention.end
        if mention.language == "ru":
            before = _ABOUT.sub(rf"\g<1>{'б' if stands_in[0] in _RUSSIAN_VOWELS else ''}\g<2>", before)
        else:
            if stands_in.startswith(_THE) and _determined(text[: mention.start]):
                stands_in = stands_in.removeprefix(_THE)
            n = ("N" if in_capitals else "n") if _VOWEL.match(stands_in) else ""
            before = _ARTICLE.sub(rf"\g<1>{n}\g<2>", before)
            possessive = _POSSESSIVE.match(text, end) if text[end - 1] == "s" and stands_in[-1] != "s" else None
            if possessive:
                if _QUOTE_OPENS.search(text[:end]):
                    return None
                stands_in, end = f"{stands_in}{possessive[1]}s", possessive.end()
            if text[end - 1] == "." and stands_in[-1] != "." and _ends(text[end:]):
                stands_in += "."
        parts += [before, stands_in]
        at = end
    exchanged = _TWICE.sub(r"\1", "".join([*parts, text[at:]]))
    sides = [one.side for one in mentions(exchanged)]
    return exchanged if sides == [SIDES[one.side == SIDES[0]] for one in found] else None


def _pronoun(text: str, found: list[Mention]) -> bool:
    """Whether a text in capitals has a ``US`` that is no mention, as it may be the pronoun."""
    named = [text[one.start : one.end] for one in found]
    return len(_PRONOUN.findall(text)) > len(_PRONOUN.findall(" ".join(named)))


def _confused(text: str, found: list[Mention]) -> bool:
    """Whether two persons have one counterpart: `Trump beat Biden`."""
    persons: dict[str, str] = {}
    for one in found:
        if one.kind == "leader" and one.counterpart is not None:
            name, other = (words.split()[-1][:_STEM].lower() for words in (text[one.start : one.end], one.counterpart))
            if persons.setdefault(other, name) != name:
                return True
    return False


def _determined(before: str) -> bool:
    capitalized = _CAPITALIZED.search(before)
    return bool(_DETERMINED.search(before) or (capitalized and capitalized[1].lower() not in FUNCTION))


def _ends(after: str) -> bool:
    """Whether the point of `the U.S.` was that of its sentence too."""
    found = _SENTENCE_ENDS.match(after)
    return found is not None and (found[1] is None or found[1].lower() in FUNCTION)
