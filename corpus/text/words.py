"""What a text keeps when it is rewritten: stems of its content words, its numbers, its names. English and Russian."""

import re
from collections import Counter
from functools import lru_cache

_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:[’'][^\W\d_]+)*")
_ENGLISH_END = re.compile(r"(?:ings?|edly|ed|ely|ly|es|e|s|y)$")
_RUSSIAN_END = re.compile(r"[аеёиоуыэюяйьъ]+(?:ми|м|х|в|т|л|го|му)?[аеёиоуыэюяйьъ]*$|(?:ами|ями|ах|ях|ов|ев|ам|ям)$")
_STEM = 8
_SPELLING = 3

# One name for what a rewriting calls now so, now so; several words first.
_ALIASES = {
    "russian federation": "russia", "the kremlin's": "russia's", "united states of america": "usa",
    "united states": "usa", "u.s.a.": "usa", "u.s.": "usa", "united kingdom": "britain", "u.k.": "britain",
    "united nations": "un", "u.n.": "un", "european union": "eu", "north atlantic treaty organization": "nato",
    "north atlantic treaty organisation": "nato", "islamic state": "isis", "kyiv": "kiev", "kharkiv": "kharkov",
    "odesa": "odessa", "lviv": "lvov", "zelenskyy": "zelensky", "per cent": "percent",
    "российская федерация": "россия", "российской федерации": "россии", "соединенные штаты": "сша",
    "соединенных штатов": "сша", "соединённые штаты": "сша", "соединённых штатов": "сша",
}  # fmt: skip
_ALIAS = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(_ALIASES, key=len, reverse=True))) + r")(?!\w)")
# "US" is a country and "us" is not, so this one goes by its case.
_COUNTRY = re.compile(r"\bUS\b")
_SAME_STEM = {"american": "usa", "russian": "russia", "british": "britain", "ukrainian": "ukrain", "isil": "isis"}

# "First" and "second" are more often adverbs and units of time, but for those of "thirty-second".
_NUMBERS = {
    word: str(number)
    for number, words in {
        1: "one один одна", 2: "two два две двух", 3: "three third три трёх трех", 4: "four fourth четыре",
        5: "five fifth пять", 6: "six sixth шесть", 7: "seven seventh семь", 8: "eight eighth восемь",
        9: "nine ninth девять", 10: "ten tenth десять", 11: "eleven eleventh", 12: "twelve twelfth dozen",
        13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen", 19: "nineteen",
        20: "twenty twentieth двадцать", 30: "thirty thirtieth тридцать", 40: "forty fortieth сорок",
        50: "fifty fiftieth", 60: "sixty", 70: "seventy",
        80: "eighty", 90: "ninety", 100: "hundred сто",
    }.items()
    for word in words.split()
}  # fmt: skip

_FUNCTION_WORDS = """
a about above after again against all almost already also although always am among an and another any are around as at
away back be because been before being below between both but by came can cannot come could did do does doing done down
during each either else even ever every few for from further get give given go goes going gone got had has have having
he her here hers herself him himself his how however i if in including into is it its itself just last least less let
like made make many may me might mine more most much must my myself neither never no nor not now of off often on once
only onto or other others our ours out over own per put rather s said same say saying says several shall she should
since so some still such take tell telling tells than that the their theirs them themselves then there these they this
those though through thus to told too took toward towards under until up upon us very was we well went were what when
where whether which while who whole whom whose why will with within without would yet you your yours и в во не что он
на я с со как а то все она так его но да ты к у же вы за бы по только ее её мне было вот от меня еще ещё нет о об из
ему теперь когда даже ну вдруг ли если уже или ни быть был была были него до вас нибудь опять уж вам ведь там потом
себя ничего ей может они тут где есть надо ней для мы тебя их чем сам чтоб чтобы без будто чего раз тоже себе под будет
ж тогда кто этот того потому этого какой совсем ним здесь этом один почти мой тем нее неё сейчас куда зачем всех при
наконец два об другой хоть после над больше тот через эти нас про всего них какая много разве три эту моя впрочем свою
этой перед иногда лучше чуть том нельзя такой им более всегда конечно всю между это также который которая которые
которого заявил заявила сообщил сообщила сказал сказала
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())


def normalized(text: str) -> str:
    """Case folded, with one space for all that is neither letter nor digit."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def stems(text: str) -> frozenset[str]:
    """The content words of ``text``, cut to their stems; numbers as digits; names of states by one name."""
    return frozenset(stem for word in _words(text) if (stem := _stem(word)))


def numbers(text: str) -> frozenset[str]:
    """The numbers in ``text``, as digits: ``four`` and ``4``, ``9,000`` and ``9000`` are the same.

    The second 4 of a text is ``4 (2)``, so that "4 killed, 4 hurt" and "4 killed, 9 hurt" differ.
    """
    found = Counter(stem for word in _words(text) if (stem := _stem(word))[:1].isdigit())
    return frozenset(f"{stem} ({n + 1})" if n else stem for stem, count in found.items() for n in range(count))


_NAME = re.compile(r"(?<![.!?:“\"«(\-–—] )(?<![“\"«(])(?<=[ \-–—])[A-ZА-ЯЁ][^\W\d_]{2,}")


def names(text: str) -> frozenset[str]:
    """Words with a capital letter inside a sentence, as stems; none where capitals say nothing, as in a headline."""
    capital = _NAME.findall(text)
    lower = sum(word[:1].islower() and word not in _FUNCTION for word in _WORD.findall(text))
    if lower < len(capital):
        return frozenset()
    found = {_stem(word.casefold()) for word in capital}
    # Less the words of a long name ("Russian Federation") that go by another one.
    return frozenset(found & stems(text))


def at_odds(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether each side has a figure that the other lacks, which makes it another fact."""
    return bool(a - b) and bool(b - a)


def unknown(names: frozenset[str], stems: frozenset[str]) -> bool:
    """Whether a name is none of ``stems``, not even in another spelling: with the same first three letters."""
    if names <= stems:
        return False
    beginnings = {stem[:_SPELLING] for stem in stems}
    return any(name[:_SPELLING] not in beginnings for name in names)


def _words(text: str) -> list[str]:
    plain = (
        _COUNTRY.sub("USA", text).replace("’", "'").casefold().replace("ty-first", "ty 1").replace("ty-second", "ty 2")
    )
    return _WORD.findall(_ALIAS.sub(lambda match: _ALIASES[match[0]], plain))


@lru_cache(maxsize=1 << 17)
def _stem(word: str) -> str:
    """The stem of a case-folded word; "" for a function word."""
    if word[:1].isdigit():
        return re.sub(r"(?<=\d),(?=\d{3})", "", word)
    word = word.split("'")[0]
    if word in _NUMBERS:
        return _NUMBERS[word]
    if word in _FUNCTION or len(word) < 2:
        return ""
    end = _ENGLISH_END if word.isascii() else _RUSSIAN_END
    short = end.sub("", word)
    short = short if len(short) >= 3 else word
    return _SAME_STEM.get(short, short)[:_STEM]
