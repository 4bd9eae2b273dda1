"""Who labels which sentence: balanced incomplete block designs with limits, as numbers only.

A block design (Yates 1936) gives each sentence to some of the annotators so that every two of them share as many
sentences as any other two: then each pair's agreement rests on as much evidence as the next one's. Designs with exactly
equal counts exist for few sizes; the search here ends at equal counts where it finds them, else as near as it comes.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Block = tuple[int, ...]

# Exchanges tried: many for a small design, which becomes exact, and for a large one no more than some seconds take.
_TRIES_PER_SENTENCE = 400
_TRIES = (30_000, 150_000)
# Of the exchanges the first part may now and then make things worse, to leave a dead end.
_RESTLESS = 0.8


class NoDesign(ValueError):
    """A document has more answers to give than its limit leaves room for."""

    def __init__(self, document: Hashable, wanted: int) -> None:
        self.document, self.wanted = document, wanted
        super().__init__(f"document {document} needs {wanted} answers")


@dataclass
class _State:
    """The design as it grows: counts that every choice looks at."""

    documents: Sequence[Hashable]
    blocks: list[list[int]]
    fixed: Sequence[Block]
    most: int | None
    loads: list[int]
    pairs: list[list[int]]
    seen: Counter[tuple[Hashable, int]]

    def room(self, sentence: int, person: int) -> bool:
        return self.most is None or self.seen[self.documents[sentence], person] < self.most

    def put(self, sentence: int, person: int) -> None:
        for other in self.blocks[sentence]:
            self.pairs[person][other] += 1
            self.pairs[other][person] += 1
        self.blocks[sentence].append(person)
        self.loads[person] += 1
        self.seen[self.documents[sentence], person] += 1

    def take(self, sentence: int, person: int) -> None:
        self.blocks[sentence].remove(person)
        for other in self.blocks[sentence]:
            self.pairs[person][other] -= 1
            self.pairs[other][person] -= 1
        self.loads[person] -= 1
        self.seen[self.documents[sentence], person] -= 1

    def shared(self, sentence: int, person: int, without: int = -1) -> int:
        """How often ``person`` already meets the others of a sentence."""
        row = self.pairs[person]
        return sum(row[other] for other in self.blocks[sentence] if other != without)


def design(
    documents: Sequence[Hashable],
    overlap: Sequence[int],
    people: int,
    *,
    rng: np.random.Generator,
    most: int | None = None,
    fixed: Sequence[Block] | None = None,
    loads: Sequence[int] | None = None,
) -> list[Block]:
    """For each sentence, the people who label it.

    Parameters
    ----------
    documents : sequence
        The document of each sentence.
    overlap : sequence of int
        How many people label each sentence; at most ``people``.
    people : int
        They are numbered from 0.
    rng : Generator
        Of ties and of the search; the same state gives the same design.
    most : int, optional
        The most sentences of one document that one person gets.
    fixed : sequence of tuple, optional
        For each sentence, who has it already and keeps it. They are counted among the overlap and the pairs, and never
        moved; numbers from ``people`` up stand for people who get nothing any more.
    loads : sequence of int, optional
        Work that each person has beside what is drawn here; ``fixed`` is no load.

    Returns
    -------
    list of tuple
        Sorted numbers, those of ``fixed`` among them. Loads differ by one at most, unless ``most``, ``fixed`` or
        ``loads`` forbid it.

    Raises
    ------
    NoDesign
        A document has too many sentences for ``most``.
    """
    fixed = fixed or [()] * len(documents)
    everyone = 1 + max([people - 1, *(person for block in fixed for person in block)])
    state = _State(
        documents,
        [[] for _ in documents],
        fixed,
        most,
        [0] * everyone,
        [[0] * everyone for _ in range(everyone)],
        Counter(),
    )
    for sentence, block in enumerate(fixed):
        for person in block:
            state.put(sentence, person)
    state.loads[:] = [*(loads or [0] * people), *[0] * (everyone - people)]
    # The most overlap first, so that what one person labels alone fills up the loads and leaves the pairs as they are.
    for sentence in sorted(rng.permutation(len(documents)).tolist(), key=lambda n: -overlap[n]):
        _fill(state, sentence, overlap[sentence], people, rng)
    movable = [n for n, block in enumerate(state.blocks) if len(block) > len(fixed[n])]
    _even_loads(state, movable, people, rng)
    _even_pairs(state, movable, people, rng)
    return [tuple(sorted(block)) for block in state.blocks]


def _fill(state: _State, sentence: int, overlap: int, people: int, rng: np.random.Generator) -> None:
    """Choose the rest of a sentence's people: spread the document, then the load, then the pairs, then by lot."""
    document = state.documents[sentence]
    while len(state.blocks[sentence]) < overlap:
        lot = rng.random(people)
        free = [p for p in range(people) if p not in state.blocks[sentence] and state.room(sentence, p)]
        if not free:
            raise NoDesign(document, sum(known == document for known in state.documents) * overlap)
        state.put(
            sentence,
            min(
                free,
                key=lambda p: (
                    # Evenly over a document as long as it is bounded: then the bound is met whenever it can be.
                    state.seen[document, p] if state.most is not None else 0,
                    state.loads[p],
                    state.shared(sentence, p),
                    lot[p],
                ),
            ),
        )


def _even_loads(state: _State, movable: list[int], people: int, rng: np.random.Generator) -> None:
    """Hand sentences from the most loaded to the least loaded until they differ by one, or none can be handed on."""
    stuck: set[tuple[int, int]] = set()
    while True:
        order = sorted(range(people), key=lambda p: (state.loads[p], p))
        found = next(
            (
                (a, b)
                for b in order
                for a in reversed(order)
                if state.loads[a] > state.loads[b] + 1 and (a, b) not in stuck
            ),
            None,
        )
        if found is None:
            return
        a, b = found
        choices = [
            n
            for n in movable
            if a in state.blocks[n] and a not in state.fixed[n] and b not in state.blocks[n] and state.room(n, b)
        ]
        if not choices:
            stuck.add((a, b))
            continue
        stuck.clear()
        costs = [state.shared(n, b, without=a) - state.shared(n, a) for n in choices]
        best = [n for n, cost in zip(choices, costs, strict=True) if cost == min(costs)]
        sentence = best[int(rng.integers(len(best)))]
        state.take(sentence, a)
        state.put(sentence, b)


def _even_pairs(state: _State, movable: list[int], people: int, rng: np.random.Generator) -> None:
    """Exchange people between sentences, which leaves loads as they are, while that makes the pair counts more equal.

    The sum of squares of the counts falls with each exchange kept; one that leaves it as it is is kept too, and now and
    then one that raises it, so that the search does not end where no single exchange helps.
    """
    overlapping = [n for n in movable if len(state.blocks[n]) > 1]
    if len(overlapping) < 2 or people < 3:
        return
    tries = int(np.clip(_TRIES_PER_SENTENCE * len(overlapping), *_TRIES))
    draws = rng.integers(len(overlapping), size=(tries, 2)).tolist()
    chances = rng.random((tries, 3)).tolist()
    spread = _spread(state, people)
    for number, ((i, j), (x, y, z)) in enumerate(zip(draws, chances, strict=True)):
        if number % 200 == 0:
            spread = _spread(state, people)
        if spread <= 1:
            return
        one, other = overlapping[i], overlapping[j]
        only_one = [p for p in state.blocks[one] if p not in state.blocks[other]]
        from_one = [p for p in only_one if p not in state.fixed[one]]
        from_other = [p for p in state.blocks[other] if p not in state.blocks[one] and p not in state.fixed[other]]
        if not from_one or not from_other:
            continue
        a, b = from_one[int(x * len(from_one))], from_other[int(y * len(from_other))]
        if not _may_change(state, one, other, a, b):
            continue
        gain = (
            state.shared(one, a) + state.shared(other, b)
            - state.shared(one, b, without=a) - state.shared(other, a, without=b)
        )  # fmt: skip
        # Half of what the squares rise by: a count that goes up by one adds 2c + 1, one that goes down takes 2c - 1.
        # What both sentences have in common goes down in one and up in the other, and has no part in it.
        common = len(state.blocks[one]) - len(only_one)
        rise = len(state.blocks[one]) + len(state.blocks[other]) - 2 - 2 * common - gain
        if rise <= 0 or (number < _RESTLESS * tries and z < 0.003**rise):
            state.take(one, a)
            state.take(other, b)
            state.put(one, b)
            state.put(other, a)


def _may_change(state: _State, one: int, other: int, a: int, b: int) -> bool:
    if state.most is None or state.documents[one] == state.documents[other]:
        return True
    return state.room(other, a) and state.room(one, b)


def _spread(state: _State, people: int) -> int:
    counts = [state.pairs[a][b] for a in range(people) for b in range(a)]
    return max(counts) - min(counts)


def pair_counts(blocks: Sequence[Block], people: int) -> npt.NDArray[np.int64]:
    """How many sentences each two people share: a symmetric array (people, people), its diagonal their loads."""
    found = np.zeros((people, people), dtype=np.int64)
    for block in blocks:
        found[np.ix_(block, block)] += 1
    return found
