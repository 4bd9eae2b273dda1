"""In which case a Russian noun stands, as far as the word before it tells."""

import re
from collections.abc import Iterable

CASES = frozenset({"nominative", "genitive", "dative", "accusative", "instrumental", "prepositional"})

_AFTER = {
    "в во на": {"accusative", "prepositional"},
    "о об обо при": {"prepositional"},
    "к ко по благодаря вопреки согласно навстречу": {"dative"},
    "из от до у без для против около ради после вокруг кроме вместо из-за": {"genitive"},
    "через про сквозь": {"accusative"},
    "с со": {"genitive", "instrumental"},
    "над под перед между": {"instrumental"},
    # A clause begins, most often with its subject.
    "что если когда как чтобы где пока хотя а но": {"nominative"},
}
_CASES = {word: cases for words, cases in _AFTER.items() for word in words.split()}
_LAST = re.compile(r"([\w-]+)\s+$")
_ADJECTIVE = re.compile(r"(?:ой|ей|ом|ем|ый|ий|ую|ых|их)$")
_BEGINS = re.compile(r"(?:^|[.!?:;«\"\u201c\u201e])\s*$")


def named(form: str) -> frozenset[str]:
    """The cases that the name of a grammatical form speaks of; ``oblique`` is all but two."""
    found = CASES & set(form.split())
    return found | (CASES - {"nominative", "accusative"}) if "oblique" in form else found


def fitting(before: str, candidates: Iterable[tuple[str, frozenset[str]]]) -> str | None:
    """The one of several words whose cases fit what stands before; None where none or several do.

    Parameters
    ----------
    before : str
        The text up to the noun.
    candidates : iterable of (str, frozenset of str)
        A word and the cases that it is the right form for.

    Examples
    --------
    >>> fitting("удар по ", [("Вашингтоне", frozenset({"prepositional"})), ("Вашингтону", frozenset({"dative"}))])
    'Вашингтону'
    """
    last = _LAST.search(before)
    if _BEGINS.search(before):
        wanted = {"nominative"}
    elif last and _ADJECTIVE.search(last[1]):
        # What the preposition before it was is not looked for.
        return None
    else:
        # The prepositional never stands without a preposition.
        wanted = _CASES.get(last[1].lower() if last else "", set(CASES - {"prepositional"}))
    found = {word for word, own in candidates if own & wanted}
    return found.pop() if len(found) == 1 else None
