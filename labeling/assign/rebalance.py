"""Annotators leave and join in the middle: what nobody has begun is shared out again, what was begun stays."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from labeling.assign.plan import COLUMNS, Asked, Beside, designed, rows

# Where limits leave loads uneven, a second pass finds an item or two that the first could not hand on; a third, hardly.
_PASSES = 10


def share_out(
    batch: pd.DataFrame,
    current: pd.DataFrame,
    begun: Collection[str],
    annotators: Collection[str],
    asked: Asked,
    beside: Beside,
) -> tuple[list[str], pd.DataFrame]:
    """What to take back, and who gets it instead: passes of :func:`to_move` and :func:`refill` until nothing moves.

    So the same people, asked again, move nothing. Parameters are as in those two.

    Returns
    -------
    tuple
        Items of ``current``, sorted; and a plan of additions only.
    """
    overlap, state = given_to(current), current
    for number in range(_PASSES):
        moving = to_move(batch, state, begun, annotators, asked)
        if not moving:
            break
        kept = state[~state["item"].isin(moving)]
        added = refill(batch, kept, overlap, begun, annotators, asked, beside)
        names = [f"added in pass {number}: {n}" for n in range(len(added))]
        state = pd.concat([kept, added.assign(item=names)], ignore_index=True)
    gone = sorted(set(current["item"]) - set(state["item"]))
    return gone, state.loc[~state["item"].isin(current["item"]), list(COLUMNS)]


def given_to(current: pd.DataFrame) -> dict[str, int]:
    """Sentence -> how many people it is given to."""
    normal = current[current["kind"] == "normal"]
    count = normal.groupby("sentence_id")["annotator"].nunique()
    return {str(sentence): int(people) for sentence, people in count.items()}


def to_move(
    batch: pd.DataFrame, current: pd.DataFrame, begun: Collection[str], annotators: Collection[str], asked: Asked
) -> list[str]:
    """The items to take back: all that those who leave have not begun, and of what others have beyond an equal share
    that which somebody with less can get.

    Parameters
    ----------
    batch : DataFrame
        The ``batch`` table.
    current : DataFrame
        The batch's assignments.
    begun : collection of str
        Items that somebody answered, skipped or drafted.
    annotators : collection of str
        Who goes on, and who is new.
    asked : Asked
        The seed of the lot that decides which items of somebody with too many go, and the most sentences of one
        document that one person gets.

    Returns
    -------
    list of str
        Items, sorted. Gold and second showings move with nobody: they go only where their annotator leaves.
    """
    people = sorted(annotators)
    documents: dict[str, Any] = dict(zip(batch["sentence_id"], batch["doc_id"], strict=True))
    most = float("inf") if asked.max_per_document is None else asked.max_per_document
    normal = current[current["kind"] == "normal"]
    held: dict[str, set[str]] = {str(s): set(own) for s, own in normal.groupby("sentence_id")["annotator"]}
    seen = Counter(
        (documents[sentence], person)
        for sentence, person in zip(normal["sentence_id"], normal["annotator"], strict=True)
    )
    free = current[~current["item"].isin(set(begun))]
    leaving = free[~free["annotator"].isin(people)]
    normal = free[free["kind"] == "normal"]
    loads = Counter({person: int((normal["annotator"] == person).sum()) for person in people})
    share = -(-len(normal) // len(people))

    def hand_on(sentence: str, giver: str, below: float) -> bool:
        """Whether somebody with less than ``below`` can get it; then it is counted as theirs."""
        document = documents[sentence]
        able = [p for p in people if p not in held[sentence] and loads[p] < below and seen[document, p] < most]
        if not able:
            return False
        receiver = min(able, key=lambda p: loads[p])
        held[sentence] = held[sentence] - {giver} | {receiver}
        loads.update({receiver: 1, giver: -1})
        seen.update({(document, receiver): 1, (document, giver): -1})
        return True

    for row in leaving[leaving["kind"] == "normal"].itertuples():
        hand_on(str(row.sentence_id), str(row.annotator), float("inf"))
    found = leaving["item"].tolist()
    for person, own in normal[normal["annotator"].isin(people)].groupby("annotator"):
        rng = np.random.default_rng([asked.seed, *str(person).encode()])
        for row in own.iloc[rng.permutation(len(own))].itertuples():
            if loads[str(person)] > share and hand_on(str(row.sentence_id), str(person), share):
                found.append(row.item)
    return sorted(found)


def refill(
    batch: pd.DataFrame,
    kept: pd.DataFrame,
    overlap: Mapping[str, int],
    begun: Collection[str],
    annotators: Collection[str],
    asked: Asked,
    beside: Beside,
) -> pd.DataFrame:
    """The plan of what was taken back: who gets which sentence beside what is kept.

    Parameters
    ----------
    batch : DataFrame
        The ``batch`` table.
    kept : DataFrame
        The assignments that stay.
    overlap : mapping
        Sentence -> how many people it was given to before; as many again where there are as many.
    begun : collection of str
        Items that were begun: they are no load any more, but count for the pairs.
    annotators, asked, beside
        Who goes on or is new, and as in :func:`labeling.assign.plan.plan`. Gold and second showings are chosen for
        those who are new.

    Returns
    -------
    DataFrame
        A plan of additions only; positions go on behind what each annotator keeps.
    """
    people = sorted(annotators)
    gone = sorted(set(kept["annotator"]) - set(people))
    number = {person: n for n, person in enumerate([*people, *gone])}
    normal = kept[kept["kind"] == "normal"]
    held: dict[str, list[int]] = {sentence: [] for sentence in batch["sentence_id"]}
    for sentence, person in zip(normal["sentence_id"], normal["annotator"], strict=True):
        held[sentence].append(number[person])
    fixed = [tuple(sorted(held[sentence])) for sentence in batch["sentence_id"]]
    free = normal[~normal["item"].isin(set(begun))]
    loads = [int((free["annotator"] == person).sum()) for person in people]
    # Of somebody who left counts what they did; beyond that there are only those who are here now.
    most = [len({*block, *range(len(people))}) for block in fixed]
    wanted = [min(overlap.get(sentence, 0), limit) for sentence, limit in zip(batch["sentence_id"], most, strict=True)]
    blocks = designed(batch, wanted, people, asked, fixed=fixed, loads=loads)
    given = {
        person: [
            sentence
            for sentence, block, before in zip(batch["sentence_id"], blocks, fixed, strict=True)
            if number[person] in block and number[person] not in before
        ]
        for person in people
    }
    shown = tuple(set(normal.loc[normal[arm], "sentence_id"]) for arm in ("cue", "suggestion"))
    old = set(kept["annotator"])
    parts = [
        rows({person: own}, (shown[0], shown[1]), _for(person, old, asked), beside) for person, own in given.items()
    ]
    added = pd.concat(parts, ignore_index=True)
    behind: dict[Any, int] = (kept.groupby("annotator")["position"].max() + 1).to_dict()
    return added.assign(position=added["position"] + added["annotator"].map(lambda person: behind.get(person, 0)))


def _for(person: str, old: Collection[str], asked: Asked) -> Asked:
    return replace(asked, gold_rate=0.0, retest_share=0.0) if person in old else asked
