"""Documents that are copies of each other, light or rewritten: their sentences aligned, one to one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from corpus.minhash import Pairs, close_pairs
from corpus.rewritten import Vectors, align, cosines, neighbours, vectors
from corpus.words import at_odds

# Rarest words of a document that make candidates, how many candidates are looked at, and from which cosine on.
_RAREST, _TOP, _FLOOR = 40, 10, 0.25
# A document of more sentences is a list or a book, not a report; its sentences are compared, it is not aligned.
_LONGEST = 2000
# With fewer content words (a headline) two that the event alone gives are a lot; such a sentence must share more.
_BRIEF, _BRIEF_FLOOR = 8, 0.5


@dataclass(frozen=True)
class Copies:
    """Pairs that were found.

    Attributes
    ----------
    documents : dict
        A pair of documents to the share of the smaller one that was found again, and ``near`` or ``rewritten``.
    sentences : dict
        A pair of texts to the cosine of their content.
    """

    documents: dict[tuple[int, int], tuple[float, str]]
    sentences: dict[tuple[int, int], float]


def copied(
    documents: Sequence[tuple[int, ...]],
    content: Sequence[frozenset[str]],
    about: Vectors,
    numbers: Sequence[frozenset[str]],
    elsewhere: Callable[[int, int], bool],
    linked: Pairs,
    *,
    near: int,
    coverage: float,
    aligned: float,
) -> Copies:
    """Documents that tell the same in the same sentences, and those sentences.

    Parameters
    ----------
    documents : sequence of tuple of int
        The texts of each distinct document, as places in the three that follow.
    content : sequence of set of str
        The stems of each text; none for a stock sentence, which is no evidence.
    about : Vectors
        Of ``content``.
    numbers : sequence of set of str
        The figures in each text. Sentences at odds in them are another day's report in the same words: no evidence,
        though they are linked once the documents are copies by the rest.
    elsewhere : callable
        Whether two texts name other people or places, each one that the other lacks: no evidence either.
    linked : array of shape (n_pairs, 2)
        Texts that are linked by themselves, first the ``near`` pairs that are near duplicates.
    near : int
        How many those are.
    coverage : float
        Two documents are copies when this share of the content of the smaller one is found again in the other, in two
        sentences at least, or in its only one if that is linked by itself.
    aligned : float
        The lowest cosine of two sentences that are found again; of short ones at least 0.5.

    Returns
    -------
    Copies
        Also the sentences of ``linked`` that are not near duplicates.
    """
    told = [
        np.array(sorted({text for text in own if content[text]} if len(own) <= _LONGEST else ()), dtype=np.int64)
        for own in documents
    ]
    brief = np.array([len(stems) < _BRIEF for stems in content], dtype=bool)
    themselves = set(map(tuple, linked.tolist()))
    found = Copies({}, {})
    alone = linked[near:]
    found.sentences.update(zip(map(tuple, alone.tolist()), cosines(about.unit, alone).tolist(), strict=True))
    nearby = set(map(tuple, linked[:near].tolist()))
    for a, b in _candidates(told, content, linked).tolist():
        small, large = sorted((a, b), key=lambda one: (about.mass[told[one]].sum(), one))
        mine, other = told[small], told[large]
        similarity = (about.unit[mine] @ about.unit[other].T).toarray()
        similarity[(brief[mine][:, None] | brief[other]) & (similarity < _BRIEF_FLOOR)] = 0
        pairs = [(int(mine[row]), int(other[column])) for row, column in align(similarity, aligned)]
        evidence = [(x, y) for x, y in pairs if x == y or not (at_odds(numbers[x], numbers[y]) or elsewhere(x, y))]
        same = [(x, y) for x, y in evidence if x == y or _ordered(x, y) in nearby]
        if len(evidence) < 2 and not (
            len(mine) == 1 and any(x == y or _ordered(x, y) in themselves for x, y in evidence)
        ):
            continue
        total = about.mass[mine].sum()
        covered = float(about.mass[[x for x, _ in evidence]].sum() / total)
        if covered < coverage:
            continue
        light = about.mass[[x for x, _ in same]].sum() >= coverage * total
        found.documents[_ordered(a, b)] = (covered, "near" if light else "rewritten")
        cosine = cosines(about.unit, np.array(pairs, np.int64).reshape(-1, 2))
        found.sentences.update({_ordered(x, y): float(c) for (x, y), c in zip(pairs, cosine, strict=True) if x != y})
    return found


def _candidates(told: Sequence[npt.NDArray[np.int64]], content: Sequence[frozenset[str]], linked: Pairs) -> Pairs:
    """Pairs of documents with rare words in common, or with sentences that are equal or linked."""
    # Of one sentence alone its neighbours are known already.
    several = [own if len(own) > 1 else own[:0] for own in told]
    whole = vectors([frozenset().union(*(content[text] for text in own)) for own in several])
    by_words = neighbours(whole.unit, rarest=_RAREST, top=_TOP, floor=_FLOOR)
    holders = np.repeat(np.arange(len(told)), [len(own) for own in told])
    held = np.concatenate([np.empty(0, np.int64), *told]) if told else np.empty(0, np.int64)
    links = sparse.coo_matrix((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(len(content),) * 2)
    _, group = csgraph.connected_components(links, directed=False)
    by_sentence = close_pairs(group[held], holders, len(told))
    found: Pairs = np.unique(np.concatenate([by_words, by_sentence]), axis=0)
    return found


def _ordered(x: int, y: int) -> tuple[int, int]:
    return (x, y) if x < y else (y, x)
