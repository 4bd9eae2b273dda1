"""What an adjudicator is to decide: open gold labels, and copies of a sentence that people labelled differently."""

from collections.abc import Mapping

import pandas as pd

OPEN, COPIES = "open", "copies"


def disputes(gold: pd.DataFrame, votes: Mapping[str, pd.DataFrame], sentences: pd.DataFrame) -> pd.DataFrame:
    """The (sentence, question) pairs that are to be decided.

    Parameters
    ----------
    gold : DataFrame
        The ``gold`` table before any decision: a label that is null (a tie, or not probable enough) is a dispute.
    votes : mapping of str to DataFrame
        question -> its votes, as :func:`labeling.gold.aggregate.votes` gives them.
    sentences : DataFrame
        Columns ``sentence_id``, ``cluster_id`` and ``target`` of the corpus, and ``mention``, which one of its target
        in its text it is about. Near duplicates (one cluster) about one mention of one target whose gold labels differ
        are a dispute, if different people gave the labels: one person may have seen a difference that is there.

    Returns
    -------
    DataFrame
        Columns ``sentence_id``, ``question``, ``reason`` (open or copies), ``votes`` (in words, without names);
        in the order of ``sentences``, which it holds to.
    """
    placed = gold.merge(sentences[["sentence_id", "cluster_id", "target", "mention"]], on="sentence_id")
    placed["target"] = placed["target"].astype(object).where(placed["target"].notna(), "")
    found = [placed[placed["label"].isna()].assign(reason=OPEN)]
    for question, part in placed[placed["label"].notna()].groupby("question"):
        contradictory = _contradictory(part, votes[str(question)])
        found.append(part[part["sentence_id"].isin(contradictory)].assign(reason=COPIES))
    table = pd.concat(found)
    said = {question: said_of(frame) for question, frame in votes.items()}
    table["votes"] = [said[q].get(s, "") for q, s in zip(table["question"], table["sentence_id"], strict=True)]
    others = _of_copies(table[table["reason"] == COPIES], placed)
    table["votes"] = [v + others.get((q, s), "") for q, s, v in table[["question", "sentence_id", "votes"]].to_numpy()]
    order = {sentence: place for place, sentence in enumerate(sentences["sentence_id"])}
    table = table.assign(place=table["sentence_id"].map(order)).sort_values(["place", "question"])
    return table[["sentence_id", "question", "reason", "votes"]].reset_index(drop=True)


def _contradictory(part: pd.DataFrame, votes: pd.DataFrame) -> set[str]:
    """The sentences whose gold label another person contradicted on a copy; ``part`` is of one question."""
    behind = votes.merge(part[["sentence_id", "label"]], on=["sentence_id", "label"])
    people = behind.groupby("sentence_id")["annotator"].agg(frozenset).to_dict()
    found: set[str] = set()
    for _, copies in part.groupby(["cluster_id", "target", "mention"]):
        if copies["label"].nunique() < 2:
            continue
        rows = list(copies[["sentence_id", "label"]].itertuples(index=False, name=None))
        for sentence, label in rows:
            mine = people.get(sentence, frozenset())
            # Anyone on either side who is not the one and only person of both.
            against = [people.get(other, frozenset()) for other, said in rows if said != label]
            if any(len(mine | theirs) > 1 for theirs in against):
                found.add(sentence)
    return found


def said_of(votes: pd.DataFrame) -> dict[str, str]:
    """sentence_id -> ``2 × neutral · 1 × pro-US``, the most frequent first."""
    counts = votes.groupby(["sentence_id", "label"]).size().rename("n").reset_index()
    counts = counts.sort_values(["sentence_id", "n", "label"], ascending=[True, False, True])
    counts["text"] = counts["n"].astype(str) + " × " + counts["label"]
    return dict(counts.groupby("sentence_id")["text"].agg(" · ".join))


def _of_copies(table: pd.DataFrame, placed: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(question, sentence_id) -> what copies of it are labelled, in words."""
    found = {}
    names = ["question", "sentence_id", "cluster_id", "target", "mention"]
    for question, sentence, cluster, target, mention in table[names].to_numpy():
        copies = placed[
            (placed["question"] == question)
            & (placed["cluster_id"] == cluster)
            & (placed["target"] == target)
            & (placed["mention"] == mention)
            & (placed["sentence_id"] != sentence)
            & placed["label"].notna()
        ]
        labels = " · ".join(f"{n} × {label}" for label, n in sorted(copies["label"].value_counts().items()))
        found[str(question), str(sentence)] = f" (copies of it are labelled: {labels})"
    return found
