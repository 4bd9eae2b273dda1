"""Documents that are copies of each other, light or rewritten: their sentences aligned, one to one."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus.copies.rewritten import Vectors, align, cosines
from corpus.text.words import at_odds

# With fewer content words (a headline) two that the event alone gives are a lot; such a sentence must share more.
_BRIEF, _BRIEF_FLOOR = 8, 0.5

Codes = npt.NDArray[np.int64]
Links = AbstractSet[tuple[int, int]]


@dataclass(frozen=True)
class Known:
    """What is known of the texts of some documents.

    Parameters
    ----------
    codes : array of shape (n_texts,)
        By which texts are known, sorted.
    about : Vectors
        Of their content.
    near, linked : set of pairs of codes
        Texts that are near duplicates; and all those that are linked by themselves, these among them.
    numbers : callable
        The figures in a text. Sentences at odds in them are another day's report in the same words: no evidence, though
        they are linked once the documents are copies by the rest.
    elsewhere : callable
        Whether two texts name other people or places, each one that the other lacks: no evidence either.
    """

    codes: Codes
    about: Vectors
    near: Links
    linked: Links
    numbers: Callable[[int], frozenset[str]]
    elsewhere: Callable[[int, int], bool]


@dataclass(frozen=True)
class Copy:
    """How much of the smaller document was found again, ``near`` or ``rewritten``, and in which pairs of texts."""

    covered: float
    kind: str
    sentences: list[tuple[int, int, float]]


def compare(
    one: tuple[int, Codes], two: tuple[int, Codes], known: Known, *, coverage: float, aligned: float
) -> Copy | None:
    """Whether two documents tell the same in the same sentences; None if not.

    Parameters
    ----------
    one, two : (int, array)
        A document's number, and its texts that tell something, as places in ``known.codes``, sorted.
    coverage : float
        Two documents are copies when this share of the content of the smaller one is found again in the other, in two
        sentences at least, or in its only one if that is linked by itself.
    aligned : float
        The lowest cosine of two sentences that are found again; of short ones at least 0.5.
    """
    mass = known.about.mass
    (_, mine), (_, other) = sorted((one, two), key=lambda document: (mass[document[1]].sum(), document[0]))
    unit = known.about.unit
    similarity = (unit[mine] @ unit[other].T).toarray()
    brief = np.diff(unit.indptr) < _BRIEF
    similarity[(brief[mine][:, None] | brief[other]) & (similarity < _BRIEF_FLOOR)] = 0
    places = [(int(mine[row]), int(other[column])) for row, column in align(similarity, aligned)]
    pairs = [(x, (int(known.codes[x]), int(known.codes[y])), y) for x, y in places]
    evidence = [
        (x, pair)
        for x, pair, _ in pairs
        if pair[0] == pair[1] or not (at_odds(*map(known.numbers, pair)) or known.elsewhere(*pair))
    ]
    same = [x for x, pair in evidence if pair[0] == pair[1] or _ordered(*pair) in known.near]
    if len(evidence) < 2 and not (
        len(mine) == 1 and any(pair[0] == pair[1] or _ordered(*pair) in known.linked for _, pair in evidence)
    ):
        return None
    total = mass[mine].sum()
    covered = float(mass[[x for x, _ in evidence]].sum() / total)
    if covered < coverage:
        return None
    light = mass[same].sum() >= coverage * total
    cosine = cosines(unit, np.array(places, np.int64).reshape(-1, 2))
    sentences = [
        (*_ordered(*pair), float(similar))
        for (_, pair, _), similar in zip(pairs, cosine, strict=True)
        if pair[0] != pair[1]
    ]
    return Copy(covered, "near" if light else "rewritten", sentences)


def _ordered(x: int, y: int) -> tuple[int, int]:
    return (x, y) if x < y else (y, x)
