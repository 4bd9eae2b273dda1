"""What is no sentence of the article: each filter drops it, flags it, or is off; and says its reason."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Action = Literal["drop", "flag", "off"]


@dataclass(frozen=True)
class Filters:
    """What each filter does, and what it looks for. ``configs/corpus.yaml`` says what they are.

    Parameters
    ----------
    no_letters, too_short, too_long, wrong_language, boilerplate, navigation, caption : "drop", "flag" or "off"
        What is done with a sentence that the filter finds.
    boilerplate_texts : tuple of str
        Sentences that are boilerplate as a whole, beside what the filter knows; without case.
    min_letters, min_words, max_words : int
        A sentence outside of these has no letters, is too short, too long.
    languages : tuple of str
        Those that are wanted, as ``en``; empty: all are.
    """

    no_letters: Action = "drop"
    too_short: Action = "flag"
    too_long: Action = "flag"
    wrong_language: Action = "flag"
    boilerplate: Action = "flag"
    navigation: Action = "flag"
    caption: Action = "flag"
    boilerplate_texts: tuple[str, ...] = ()
    min_letters: int = 1
    min_words: int = 3
    max_words: int = 100
    languages: tuple[str, ...] = ()


DEFAULTS = Filters()


@dataclass(frozen=True)
class Verdict:
    """``dropped`` is the reason why a sentence is not kept; ``flags`` are names of filters, joined by commas."""

    dropped: str | None = None
    flags: str | None = None


def judge(text: str, language: str | None, filters: Filters) -> Verdict:
    """What the filters make of one sentence; it depends on nothing else.

    Parameters
    ----------
    text : str
        The sentence.
    language : str or None
        Its language, where known; an unknown one is never wrong.
    """
    found = _found(text, language, filters)
    for name in found:
        if getattr(filters, name) == "drop":
            return Verdict(dropped=_reason(name, filters))
    flags = ",".join(name for name in found if getattr(filters, name) == "flag")
    return Verdict(flags=flags or None)


def _found(text: str, language: str | None, filters: Filters) -> list[str]:
    """Names of the filters that find something, in the order of :class:`Filters`."""
    if sum(map(str.isalpha, text)) < filters.min_letters:
        return ["no_letters"]
    words = sum(any(map(str.isalnum, word)) for word in text.split())
    wanted = {name.lower() for name in filters.languages}
    spoken = (language or "").lower().partition("-")[0]
    is_so = {
        "too_short": words < filters.min_words,
        "too_long": words > filters.max_words,
        "wrong_language": bool(wanted and spoken) and spoken not in wanted,
        "boilerplate": _BOILERPLATE.search(text) is not None or _plain(text) in _texts(filters.boilerplate_texts),
        "navigation": _NAVIGATION.search(text) is not None,
        "caption": _CAPTION.search(text) is not None,
    }
    return [name for name, it_is in is_so.items() if it_is]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@cache
def _texts(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_plain, texts))


def _reason(name: str, filters: Filters) -> str:
    if name == "no_letters" and filters.min_letters > 1:
        return f"fewer letters than {filters.min_letters}"
    return name.replace("_", " ")


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


# What outlets put around articles, in English and Russian. Anchored wherever a reporter could write the words as well:
# these filters flag unless someone turns them on, but a flag on a true sentence still costs trust.
_BOILERPLATE = _any_of(
    r"\ball rights reserved\b",
    r"©|^\s*\(c\)\s",
    r"\bcopyright\s+(?:\(c\)\s*)?(?:19|20)\d\d\b",
    r"^(?:please )?(?:subscribe|sign up)\b.{0,60}\b(?:newsletter|channel|newspaper|alerts?|inbox|today|now|free)\b",
    r"^(?:follow|like|join|find) us (?:on|at)\b",
    r"\b(?:we|site|website) uses? cookies\b|\baccept (?:all )?cookies\b|\bprivacy policy\b.{0,80}\bterms\b",
    r"\bmay not be (?:published|reproduced|broadcast|rewritten|redistributed)\b",
    r"\bviews? expressed (?:in this|here)\b.{0,80}\b(?:author|do not|necessarily)\b",
    r"^\(?(?:additional )?reporting by\b.*\b(?:editing|writing|reporting) by\b",
    r"^our standards:",
    r"^(?:disclaimer|editor['’]s note):",
    r"\bвсе права защищены\b",
    r"^(?:подписывайтесь|подпишитесь)\b",
    r"\b(?:перепечатк|копировани|использовани)\w+ материалов\b",
    r"\bиспользует(?: файлы)? cookies?\b",
)
_NAVIGATION = _any_of(
    r"^(?:read|see|watch|learn|show|load|view) (?:more|also|next|all|full (?:story|article|bio)"
    r"|(?:photo |video )?(?:news|article|gallery))\s*[.:>»›→…]*$",
    r"^(?:read (?:more|also)|see also|related(?: (?:articles?|stories|topics|news))?|also read|more on this(?: story)?"
    r"|recommended|most (?:read|popular)|up next|next article|previous article|top stories)\s*(?:[:>»›→|]|$)",
    r"^click here\b",
    r"^(?:skip|jump|back) to (?:main )?(?:content|top|home|navigation)",
    r"^(?:share|tweet|print|email|comments?|log in|sign in|menu|search|advertisement)"
    r"(?:\s+(?:this|on|with|article|facebook|twitter|x|whatsapp|telegram|email))*\s*[.:>»›→]*$",
    r"^(?:home|главная)\s*[»›>|/]|(?:\S\s+[»›>|•·]\s+\S.*){3}",
    r"^(?:читайте|смотрите)(?: также|ещё| еще| подробнее)\b|^подробнее\s*[:>»›→…]*$|^(?:поделиться|главная)$",
)
_CAPTION = _any_of(
    r"^(?:file )?(?:photo|image|picture|video|graphic)s?(?: (?:credits?|source|caption|by|courtesy))?\s*[:/|]",
    r"^file (?:photo|picture|image)\b",
    r"^\[?(?:photo|image|picture|video|screenshot) (?:courtesy|by)\b",
    r"\((?:[^()]{0,60}\b)?(?:AP|AFP|EPA|Reuters|Getty|TASS|Xinhua|Sputnik|Shutterstock)[^()]{0,20}"
    r"(?:photo|images?|file|pool|/)[^()]{0,60}\)\s*\.?$",
    r"(?-i:(?:REUTERS|AFP|EPA|TASS|AP Photo|Getty Images|Sputnik)\s*/\s*[A-ZА-Я][\w.\-]+(?: [A-ZА-Я][\w.\-]+){0,3}"
    r"(?:/[\w .\-]{2,30})?\.?$)",
    r"\bgetty images\s*\.?$",
    r"^(?:pictured|seen here|above|below|left|right)\s*(?::|,\s+(?:from )?(?:left|right)\b)",
    r"^(?:фото|видео|фотография|иллюстрация|снимок)(?: из архива)?\s*[:/|©]",
)
