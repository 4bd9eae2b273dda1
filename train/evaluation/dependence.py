"""What is drawn when an interval is made: groups of sentences that depend on each other."""

import pandas as pd

from corpus.copies.components import Components

DOCUMENT, DEPENDENCE = "document", "dependence"
# Copies (one stock sentence is enough) may tie nearly all documents together: such groups make no interval.
_CHAINED = 0.5


def units(rows: pd.DataFrame, clusters: pd.Series, unit: str) -> pd.Series:
    """The group of each row that is drawn as one.

    Parameters
    ----------
    rows : pandas.DataFrame
        Indexed by sentence_id, with ``doc_id``.
    clusters : pandas.Series
        The cluster of copies of each sentence, indexed by sentence_id.
    unit : str
        ``document``; or ``dependence``: documents that share a sentence or a copy of one are one group, since wire
        copy repeats not only words but the stance and what a model makes of it.

    Returns
    -------
    pandas.Series
        Indexed like ``rows``: the first doc_id of the group. Where more than half of the rows would be one group, the
        documents.
    """
    if unit == DOCUMENT or rows.empty:
        return rows["doc_id"]
    own = clusters.reindex(rows.index)
    joined = Components(
        (("document", doc), ("cluster", cluster)) for doc, cluster in zip(rows["doc_id"], own, strict=True)
    )
    roots = pd.Series([joined.root(("document", doc)) for doc in rows["doc_id"]], index=rows.index)
    found = rows["doc_id"].groupby(roots).transform("min")
    chained = found.value_counts(normalize=True).iloc[0] > _CHAINED
    return rows["doc_id"] if chained else found
