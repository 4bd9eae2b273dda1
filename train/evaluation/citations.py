"""Numbers on a page with their ids, so that a page can be held against the files it was made from."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from markupsafe import Markup

from train.evaluation import prose
from train.evaluation.receipts import Number
from train.numbers import number

# How a page words the verdict of an audit.
VERDICTS = {"alarm": "alarm", "clear": "nothing found", "unknown": "cannot be said"}
# The digits that pages show, now and before, and the shares that they show "of 100".
_DIGITS = (2, 3)
_OF_100 = re.compile(r"/(?:accuracy/value|unanimous/share)$")


def shown(value: Number, digits: int = 2) -> str:
    """A number as a page shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return VERDICTS.get(value, value) if isinstance(value, str) else number(value, digits)


def of_100(value: Number) -> str:
    """A share as a page shows it where it says "of 100"."""
    return number(100 * value, 0) if isinstance(value, float) else shown(value)


def cited(name: str, value: Number, text: str) -> Markup:
    """A number as HTML: the text shown, the whole value, and its id as what a pointer that rests on it shows."""
    whole = "" if value is None else repr(value)
    return Markup('<data value="{}" title="{}">{}</data>').format(whole, name, text)


def said(name: str, sentence: str, known: Mapping[str, Number]) -> Markup:
    """A sentence as HTML, each of its numbers cited; ``name`` is the id of the sentence."""
    made, place = Markup(), 0
    for text, value in prose.parts(sentence):
        if value is None:
            made += text
        else:
            place += 1
            number = prose.name(name, place)
            made += cited(number, known[number], text)
    return made


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "data" and known.get("title"):
            self.found.append((str(known["title"]), known.get("value") or "", ""))
            self._open = True

    def handle_data(self, data: str) -> None:
        if self._open:
            name, value, text = self.found[-1]
            self.found[-1] = (name, value, text + data)

    def handle_endtag(self, tag: str) -> None:
        self._open &= tag != "data"


def citations(html: str) -> list[tuple[str, str, str]]:
    """Of each number that a page cites: its id, the whole value as written (empty for none), the text shown."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


def _texts(name: str, value: Number) -> set[str]:
    """All that a page may show for a number; earlier ones have truth values and verdicts as Python writes them."""
    found = {str(value), *(shown(value, digits) for digits in _DIGITS)}
    return found | {of_100(value)} if _OF_100.search(name) else found


def misquoted(html: str, known: Mapping[str, Number]) -> list[dict[str, Number]]:
    """Citations whose value or text is not that of ``known``: name (``page:ID``), reported, recomputed."""
    wrong: dict[str, dict[str, Number]] = {}
    for name, value, text in citations(html):
        right = known.get(name)
        whole = "" if right is None else repr(right)
        # In a sentence a number may have more digits, or zeros before it.
        told = text in _texts(name, right) or (right is not None and prose.value(text) == right)
        if name not in known or value != whole or not told:
            wrong[name] = {"name": f"page:{name}", "reported": text or None, "recomputed": right}
    return list(wrong.values())
