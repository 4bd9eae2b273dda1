"""The sealed test set: what is in it, or is a copy of what is in it, is drawn no more; whether it is still whole."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from corpus.copies.duplicates import CopyRules, cluster_ids, find_links
from corpus.errors import StanceError, listed
from corpus.files import sha256_file
from corpus.text.words import normalized

TEST = "test"
# A run of so many words is nobody else's sentence.
_RUN = 6


def left_over(sentences: pd.DataFrame, earlier: Mapping[str, pd.DataFrame], copies: CopyRules) -> pd.DataFrame:
    """Sentences of no batch that are no copy of a test sentence."""
    gone = sentences["sentence_id"].isin({id_ for batch in earlier.values() for id_ in batch["sentence_id"]})
    if TEST in earlier:
        gone |= sentences["cluster_id"].isin(_sealed_clusters(sentences, earlier[TEST], copies))
    return sentences[~gone].sort_values("sentence_id", ignore_index=True)


def check_whole(batches: Path, recipes: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to go on with a test set that is gone or was changed.

    Parameters
    ----------
    batches : Path
        Folder of the batches.
    recipes : mapping
        Of each batch that is there, by name.

    Raises
    ------
    StanceError
        Another batch was drawn after a test set that is not there, or the test set is not what was drawn.
    """
    if TEST not in recipes:
        later = [name for name, recipe in recipes.items() if TEST in recipe.get("after", ())]
        if later:
            raise StanceError(
                f"the sealed test set is gone: {listed(later)} was drawn after it, and there is no {batches / TEST}"
                ".parquet. Restore it from a backup: without it, test sentences would be drawn for training"
            )
        return
    file = batches / f"{TEST}.parquet"
    drawn = recipes[TEST].get("sha256")
    if drawn is not None and sha256_file(file) != drawn:
        raise StanceError(
            f"the sealed test set was changed after it was drawn: {file} is not the file of its recipe. "
            "Restore it from a backup"
        )


def _sealed_clusters(sentences: pd.DataFrame, sealed: pd.DataFrame, copies: CopyRules) -> set[str]:
    """Clusters of ``sentences`` that hold a sealed sentence or a copy of one.

    A corpus that was built anew may have other clusters, and lack a sealed sentence itself: then its stored text is
    compared, as a build would, and with sentences that hold it or are a part of it, since whole lines may now count as
    sentences, or no longer do.
    """
    known = sentences["sentence_id"].isin(sealed["sentence_id"])
    texts = sentences["text"].map(normalized)
    known |= texts.isin(set(sealed["text"].map(normalized)))
    found = {*sealed["cluster_id"], *sentences.loc[known, "cluster_id"]}
    absent = sealed[~sealed["sentence_id"].isin(sentences["sentence_id"])]
    if len(absent):
        # A batch does not keep offsets; the order within a document is enough.
        stored = absent[["sentence_id", "doc_id", "text"]].assign(start=range(len(absent)))
        both = pd.concat([sentences[["sentence_id", "doc_id", "text", "start"]], stored], ignore_index=True)
        joined = cluster_ids(both, find_links(both, copies))
        of_absent = set(joined[len(sentences) :])
        found |= set(sentences.loc[joined[: len(sentences)].isin(of_absent).to_numpy(), "cluster_id"])
        found |= set(sentences.loc[_overlapping(list(texts), set(absent["text"].map(normalized))), "cluster_id"])
    return found


def _overlapping(texts: Sequence[str], sealed: Collection[str]) -> list[bool]:
    """Whether each text holds one of ``sealed`` as a run of words, or is such a run in one; from six words on."""
    firsts: dict[str, list[str]] = {}
    runs: dict[str, list[str]] = {}
    for text in sealed:
        for at, run in enumerate(_runs(text)):
            runs.setdefault(run, []).append(text)
            if at == 0:
                firsts.setdefault(run, []).append(text)

    def overlaps(text: str) -> bool:
        for at, run in enumerate(_runs(text)):
            if any(f" {other} " in f" {text} " for other in firsts.get(run, ())):
                return True
            if at == 0 and any(f" {text} " in f" {other} " for other in runs.get(run, ())):
                return True
        return False

    return [overlaps(text) for text in texts]


def _runs(text: str) -> Iterator[str]:
    words = text.split()
    yield from (" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))
