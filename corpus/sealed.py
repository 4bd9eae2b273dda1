"""The sealed test set: what is in it, or is a copy of what is in it, is drawn no more."""

from collections.abc import Mapping

import pandas as pd

from corpus.duplicates import CopyRules, cluster_ids, find_links, normalized

TEST = "test"


def left_over(sentences: pd.DataFrame, earlier: Mapping[str, pd.DataFrame], copies: CopyRules) -> pd.DataFrame:
    """Sentences of no batch that are no copy of a test sentence."""
    gone = sentences["sentence_id"].isin({id_ for batch in earlier.values() for id_ in batch["sentence_id"]})
    if TEST in earlier:
        gone |= sentences["cluster_id"].isin(_sealed_clusters(sentences, earlier[TEST], copies))
    return sentences[~gone].sort_values("sentence_id", ignore_index=True)


def _sealed_clusters(sentences: pd.DataFrame, sealed: pd.DataFrame, copies: CopyRules) -> set[str]:
    """Clusters of ``sentences`` that hold a sealed sentence or a copy of one.

    A corpus that was built anew may have other clusters, and lack a sealed sentence itself: then its stored text is
    compared, as a build would.
    """
    known = sentences["sentence_id"].isin(sealed["sentence_id"])
    known |= sentences["text"].map(normalized).isin(set(sealed["text"].map(normalized)))
    found = {*sealed["cluster_id"], *sentences.loc[known, "cluster_id"]}
    absent = sealed[~sealed["sentence_id"].isin(sentences["sentence_id"])]
    if len(absent):
        # A batch does not keep offsets; the order within a document is enough.
        stored = absent[["sentence_id", "doc_id", "text"]].assign(start=range(len(absent)))
        both = pd.concat([sentences[["sentence_id", "doc_id", "text", "start"]], stored], ignore_index=True)
        joined = cluster_ids(both, find_links(both, copies))
        of_absent = set(joined[len(sentences) :])
        found |= set(sentences.loc[joined[: len(sentences)].isin(of_absent).to_numpy(), "cluster_id"])
    return found
