"""A corpus made larger without being a copy of itself: the statistics of the text stay, the text does not. Seeded.

Copy number c of a text has other words. A common word gives way to another common one, drawn by frequency and by the
word that follows; any other word to one of like frequency, the same one all through copy c, so that what were near
duplicates in the text are near duplicates in its copy and nowhere else. Some rare words become new ones, the fewer the
larger c: the vocabulary grows as the 0.6th power of the text, as it does in news (Heaps' law). Digits are exchanged for
others.
"""

import csv
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path

import numpy as np

SEED = 2026
_WORD = re.compile(r"[^\W\d_]+")
_COMMON, _LIKE, _RARE, _HEAPS = 150, 64, 10, 0.6


def draw(*what: object) -> float:
    """A number from 0 to 1 that depends on ``what`` alone."""
    return int.from_bytes(blake2b(repr((SEED, *what)).encode(), digest_size=7).digest(), "big") / (1 << 56)


class Varied:
    """Makes copies of some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        words = Counter(word for text in texts for word in _WORD.findall(text))
        self._counts: Counter[str] = Counter()
        capital: Counter[str] = Counter()
        for word, count in words.items():
            self._counts[word.lower()] += count
            capital[word.lower()] += count * word[0].isupper()
        ranked = sorted(self._counts, key=lambda word: (-self._counts[word], word))
        # Names give way to names.
        self._name = {word for word in ranked if 2 * capital[word] > self._counts[word]}
        self._common = {
            name: [word for word in ranked[:_COMMON] if (word in self._name) == name] for name in (True, False)
        }
        self._other = {
            name: [word for word in ranked[_COMMON:] if (word in self._name) == name] for name in (True, False)
        }
        self._is_common = set(ranked[:_COMMON])
        self._shares = {
            name: list(accumulate(self._counts[word] for word in own)) for name, own in self._common.items()
        }

    def copy(self, text: str, number: int) -> str:
        """Copy ``number`` of a text; number 0 is the text itself."""
        if not number:
            return text
        words = [match[0] for match in _WORD.finditer(text)]
        following = iter([*words[1:], ""])
        table, digits = self._table(number), self._digits(number)

        def other(match: re.Match[str]) -> str:
            word, after = match[0], next(following)
            low = word.lower()
            new = self._function(number, low, after.lower()) if low in self._is_common else table.get(low, low)
            return new.upper() if word.isupper() and len(word) > 1 else new.capitalize() if word[0].isupper() else new

        return _WORD.sub(other, text).translate(digits)

    @cache  # noqa: B019 - as long as the benchmark lives
    def _digits(self, number: int) -> dict[int, str]:
        rng = np.random.default_rng([SEED, number])
        return {ord("0"): "0"} | {ord(str(d)): str(new) for d, new in enumerate(rng.permutation(9) + 1, 1)}

    def _function(self, number: int, word: str, after: str) -> str:
        shares = self._shares[word in self._name]
        return self._common[word in self._name][bisect(shares, draw(number, word, after) * shares[-1])]

    def _table(self, number: int) -> dict[str, str]:
        if getattr(self, "_made", None) != number:
            self._made, self._own = number, self._new_table(number)
        return self._own

    def _new_table(self, number: int) -> dict[str, str]:
        rng = np.random.default_rng([SEED, number, 1])
        found = {}
        for like in (own[at : at + _LIKE] for own in self._other.values() for at in range(0, len(own), _LIKE)):
            found.update(zip(like, (self._named(number, like[at]) for at in rng.permutation(len(like))), strict=True))
        return found

    def _named(self, number: int, word: str) -> str:
        """The word itself, one that an earlier copy made of it, or a new one."""
        while number and self._counts[word] <= _RARE:
            if draw("new", number, word) < _HEAPS * (number + 1) ** (_HEAPS - 1):
                other = self._other[word in self._name]
                half = other[int(draw("half", number, word) * len(other))]
                return word[: (len(word) + 1) // 2] + half[len(half) // 2 :]
            number = int(draw("old", number, word) * number)
        return word


def write(source: Path, target: Path, copies: int) -> int:
    """Write ``copies`` copies of the rows of ruwa.csv, the rows themselves first; returns how many rows that is."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    varied = Varied(row[name] for row in rows for name in ("title", "desc"))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "desc", "Date", "Site", "Event", "src"])
        for number in range(copies):
            for row in rows:
                texts = (varied.copy(row[name], number) for name in ("title", "desc"))
                writer.writerow([*texts, row["Date"], row["Site"], row["Event"], f"{row['src']}?copy={number}"])
    return copies * len(rows)
