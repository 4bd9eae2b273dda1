"""Annotators leave and join in the middle: what nobody has begun is shared out again, what was begun stays."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from labeling.assign.plan import Asked, Beside, designed, rows


def to_move(current: pd.DataFrame, begun: Collection[str], annotators: Collection[str], *, seed: int) -> list[str]:
    """The items to take back: all that those who leave have not begun, and what others have beyond an equal share.

    Parameters
    ----------
    current : DataFrame
        The batch's assignments.
    begun : collection of str
        Items that somebody answered, skipped or drafted.
    annotators : collection of str
        Who goes on, and who is new.
    seed : int
        Of the lot that decides which items of somebody with too many go.

    Returns
    -------
    list of str
        Items, sorted. Gold and second showings move with nobody: they go only where their annotator leaves.
    """
    free = current[~current["item"].isin(set(begun))]
    leaving = free[~free["annotator"].isin(set(annotators))]
    normal = free[free["kind"] == "normal"]
    share = -(-len(normal) // len(annotators))
    found = leaving["item"].tolist()
    taken = Counter(leaving.loc[leaving["kind"] == "normal", "sentence_id"])
    for person, own in normal[normal["annotator"].isin(set(annotators))].groupby("annotator"):
        rng = np.random.default_rng([seed, *str(person).encode()])
        rows = own.iloc[rng.permutation(len(own))]
        # Not twice the same sentence: who is new can have only one of its copies.
        rows = rows.iloc[np.argsort(rows["sentence_id"].map(taken).fillna(0), kind="stable")]
        surplus = rows.iloc[: max(0, len(rows) - share)]
        taken.update(surplus["sentence_id"])
        found += surplus["item"].tolist()
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
