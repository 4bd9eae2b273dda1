"""Whether a stop ends a sentence, by the text on both sides of it: what a library of rules does not know about news."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from corpus.text.abbreviations import (
    AFTER_CLOCK,
    AFTER_NAME,
    BEFORE_NUMBER,
    EXCLAIMED,
    MONTHS,
    NEVER_LAST,
    PREPOSITIONS,
    SPEECH,
    STARTERS,
    STATES,
    UNITS,
    WORDS_IN_ENGLISH,
)

OPENING = "\"'“„‘«([{"
CLOSING = "\"'”’“»)]}"
ITEM_MARKER = re.compile(r"(?P<bullet>[•⁃▪●]?)\s*(?:(?P<number>\d{1,3}|[a-zа-я])(?P<mark>\.\)|\.|\)))?")

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_CLOCK = re.compile(r"[ap]\.?m", re.IGNORECASE)
_ROMAN = re.compile(r"[IVX]{2,}")
_DASH = re.compile(r"[—–-]+\s+")
_ATTRIBUTION = re.compile(
    rf"""(?:[A-Z][\w.'’-]*\ ){{1,4}}(?:{"|".join(sorted(SPEECH))})
    (?=[.,:;]|(?<=told)\ |\ (?:about|after|as|at|before|during|from|in|last|later|on|to|when|while|with)\b)""",
    re.VERBOSE,
)
# A phrase before the subject is shorter than this, in words.
_FRONTED = 5


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that may end a sentence, with what its reading depends on.

    Parameters
    ----------
    sentence : str
        From the beginning of the sentence up to the stop; only its end where it is long.
    mark, close : str
        The stop, and the quotes and brackets that close after it.
    after : str
        The beginning of what follows; never empty.
    word, previous : str
        The last word before the stop and the one before that; empty where there is none.
    opened, follower : str
        ``after`` without the quotes and brackets that open it, and its first word; empty where there is none.
    starter : bool
        The follower begins a sentence: as part of a name it would make no sense.
    language : str
        A code of two or three letters.
    """

    sentence: str
    mark: str
    close: str
    after: str
    word: str
    previous: str
    opened: str
    follower: str
    starter: bool
    language: str


def stop(sentence: str, mark: str, close: str, after: str, language: str) -> Stop:
    """A stop in its surroundings."""
    words = ["", "", *sentence.split()]
    # "т. д." and "н. э." are also written without the space.
    spaced = words[-2] in ("т.", "н.") and len(words[-1]) == 1
    word = words[-2] + words[-1] if spaced else words[-1]
    opened = after.lstrip(OPENING)
    found = _WORD.match(opened)
    follower = found[0] if found else ""
    initial = len(follower) == 1 and opened[1:2] == "."
    return Stop(
        sentence=sentence,
        mark=mark,
        close=close,
        after=after,
        word=word.lstrip(OPENING).rstrip(CLOSING),
        previous=words[-2],
        opened=opened,
        follower=follower,
        starter=follower in STARTERS and not initial,
        language=language,
    )


def ends_sentence(stop: Stop) -> bool | None:
    """Whether the stop ends the sentence, by the first rule that knows; None where none of them does."""
    for rule in _ANY_STOP if stop.mark != "." else _FULL_STOP:
        verdict = rule(stop)
        if verdict is not None:
            return verdict
    return None


def _lower_case_follows(stop: Stop) -> bool | None:
    # "Why?" he asked. «Мы победим!» — заявил он.
    dash = _DASH.match(stop.after)
    return False if stop.after[dash.end() if dash else 0 :][:1].islower() else None


def _attribution_follows(stop: Stop) -> bool | None:
    # "Will they go?" Mr. Orlov asked.
    return False if stop.close and _ATTRIBUTION.match(stop.after) else None


def _exclaimed_name(stop: Stop) -> bool | None:
    # Yahoo! Inc.
    return False if stop.mark == "!" and stop.word in EXCLAIMED and not stop.starter else None


def _no_full_stop(stop: Stop) -> bool | None:
    # "Why now?" They did not say. "It is not over…" But he left.
    return True if stop.mark != "." and stop.starter and stop.follower not in ("Mr", "Mrs", "Ms") else None


def _item_number(stop: Stop) -> bool | None:
    # 1. The first item
    lone = stop.sentence.strip(OPENING + " ")
    return False if lone != "I" and (len(lone) == 1 or ITEM_MARKER.fullmatch(f"{lone}.")) else None


def _abbreviation_in_brackets(stop: Stop) -> bool | None:
    # Senator Moore (D-Calif.) Monday said, (Ret.) Gen. Hale
    inside = ")" in stop.close and "(" in stop.sentence and not stop.starter
    short = len(stop.word) < 4 or stop.word.split("-")[-1] in STATES or _ACRONYM.fullmatch(stop.word)
    return False if inside and short else None


def _never_last(stop: Stop) -> bool | None:
    # Gen. Smith, then-Gov. Moore, Roe v. Wade, т.е. Россия
    return False if stop.word in NEVER_LAST or stop.word.split("-")[-1] in NEVER_LAST else None


def _number_follows(stop: Stop) -> bool | None:
    # No. 5, Nov. 29, ст. 105; but: He waited a year. 300 people came. He left Russia. 300 people followed.
    if not stop.after[0].isdigit():
        return None
    if stop.word in BEFORE_NUMBER or stop.word in MONTHS:
        return False
    return True if stop.word.isalpha() and len(stop.word) > (3 if stop.word.islower() else 4) else None


def _clock(stop: Stop) -> bool | None:
    # at 5 p.m. Monday, at 6 P.M. Mr. Smith then went
    if not _CLOCK.fullmatch(stop.word) or not stop.follower[:1].isupper():
        return None
    zone = stop.follower.isupper() and 2 <= len(stop.follower) <= 4
    named = re.match(r"(?:[A-Z]\w+ ){1,2}[Tt]ime\b", stop.opened)
    return not (zone or named or stop.follower in AFTER_CLOCK or stop.follower in MONTHS or _before_subject(stop))


def _year(stop: Stop) -> bool | None:
    # В 2014 г. Россия вошла; это было в 2014 г. Россия вошла; в г. Киеве
    if stop.word not in ("г", "гг") or not stop.follower[:1].isupper():
        return None
    return stop.previous[-1:].isdigit() and not _before_subject(stop)


def _town(stop: Stop) -> bool | None:
    # He lives in Flint, Mich. Police came; a rally in Washington, D.C. Tuesday
    if stop.word not in STATES or not stop.previous.endswith(",") or not stop.follower[:1].isupper():
        return None
    return not (stop.follower in AFTER_CLOCK or _before_subject(stop))


def _acronym(stop: Stop) -> bool | None:
    # U.S. President, U.S. He
    if not _ACRONYM.fullmatch(stop.word) or not stop.starter:
        return None
    return not _before_subject(stop)


def _dotted(stop: Stop) -> bool | None:
    # Write to jane@example.com. The rate was 4.5. That
    dotted = "." in stop.word.strip(".") and not _ACRONYM.fullmatch(stop.word)
    return True if dotted and stop.follower[:1].isupper() else None


def _after_name(stop: Stop) -> bool | None:
    # Acme Inc. Chairman, Acme Inc. The
    return stop.starter if stop.word in AFTER_NAME else None


def _initial(stop: Stop) -> bool | None:
    # J. Smith, you and I. Did you, two degrees C. Low, Elizabeth II. Charles
    if not stop.follower[:1].isupper():
        return None
    if len(stop.word) == 1 and stop.word.isupper():
        degrees = stop.word in "CF" and stop.previous == "degrees"
        pronoun = stop.word == "I" and stop.previous[:1].islower()
        return True if stop.starter or degrees or pronoun else None
    return True if _ROMAN.fullmatch(stop.word) and stop.previous else None


def _word_after_all(stop: Stop) -> bool | None:
    # two years ago. Officials; 5 млрд. Россия; 5 млн долл. США
    if stop.word == "долл" and stop.follower == "США":
        return False
    known = stop.word in UNITS or (stop.language == "en" and stop.word in WORDS_IN_ENGLISH)
    return True if known and stop.follower[:1].isupper() else None


def _plain(stop: Stop) -> bool | None:
    # left Moscow. The talks; gave an answer. Talks. Not inside brackets, and not after what may be an abbreviation.
    if not stop.follower[:1].isupper() or stop.sentence.count("(") > (stop.sentence + stop.close).count(")"):
        return None
    long = len(stop.word) > 4 and stop.word.isalpha() and stop.word.islower() and stop.word not in BEFORE_NUMBER
    return (
        True if long or (stop.starter and stop.word.isalnum() and (len(stop.word) > 1 or stop.word.isdigit())) else None
    )


def _before_subject(stop: Stop) -> bool:
    # At 5 a.m. Mr. Smith went. The U.S. Under Secretary: nothing that could be a sentence has been said.
    words = stop.sentence.split()
    return len(words) < 3 or (len(words) < _FRONTED and words[0].lstrip(OPENING) in PREPOSITIONS)


Rule = Callable[[Stop], bool | None]
_ANY_STOP: tuple[Rule, ...] = (_lower_case_follows, _attribution_follows, _exclaimed_name, _no_full_stop)
_FULL_STOP: tuple[Rule, ...] = (
    _lower_case_follows,
    _item_number,
    _abbreviation_in_brackets,
    _never_last,
    _number_follows,
    _clock,
    _year,
    _town,
    _acronym,
    _dotted,
    _after_name,
    _initial,
    _word_after_all,
    _plain,
)
