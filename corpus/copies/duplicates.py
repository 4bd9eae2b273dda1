"""Sentences and documents that are the same, nearly so, or rewritten: the links between them, and the clusters."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from corpus.copies.components import Components
from corpus.tables import LINKS


@dataclass(frozen=True)
class CopyRules:
    """What counts as a copy.

    Parameters
    ----------
    threshold : float
        Two sentences are near duplicates from this Jaccard similarity of their character 5-grams on, case and
        punctuation aside, unless each has a figure or a name that the other lacks.
    near_from_words : int
        Shorter sentences ("He declined to comment.") are linked only where they are equal.
    rewritten : float
        Two sentences say the same in other words from this cosine of their weighted stems on.
    coverage, aligned : float
        See :func:`corpus.copies.aligned.copied`.
    stock_documents : int
        A short sentence that stands, nearly alike, in so many documents is a stock sentence: it is linked only where
        it is equal, and no evidence for its documents.
    """

    threshold: float = 0.6
    near_from_words: int = 6
    rewritten: float = 0.75
    coverage: float = 0.4
    aligned: float = 0.4
    stock_documents: int = 5


COPY_RULES = CopyRules()


def find_links(sentences: pd.DataFrame, rules: CopyRules = COPY_RULES) -> pd.DataFrame:
    """The evidence that sentences, and documents, are copies of each other.

    Parameters
    ----------
    sentences : DataFrame
        Columns ``sentence_id`` (unique), ``doc_id``, ``start`` and ``text``.
    rules : CopyRules
        What counts as a copy.

    Returns
    -------
    DataFrame
        As :data:`corpus.tables.LINKS`, sorted; ``a`` < ``b``. Equal texts are linked to the one with the smallest id,
        and only that one to other texts. The order of the rows of ``sentences`` is of no consequence.
    """
    from corpus.pipeline.finding import find, links_between
    from corpus.pipeline.settling import write_keys
    from corpus.pipeline.stages import Stages

    columns = {name: pa.array(sentences[name], kind) for name, kind in _COLUMNS.items()}
    with tempfile.TemporaryDirectory() as folder:
        stages = Stages(Path(folder), "links", lasting=False)
        sample = write_keys(stages.store, 0, pa.table(columns))
        find(stages, sample, [(None, None)], parts=1, rules=rules)
        found = [links_between(stages.store, level, None, None) for level in ("document", "sentence")]
        links: pd.DataFrame = pa.concat_tables(found).select(list(LINKS.columns)).to_pandas()
    return links


_COLUMNS = {"sentence_id": pa.string(), "doc_id": pa.string(), "start": pa.int64(), "text": pa.string()}


def cluster_ids(sentences: pd.DataFrame, links: pd.DataFrame) -> pd.Series:
    """The cluster of each sentence: the connected component of its links.

    Returns
    -------
    Series of str
        Indexed like ``sentences``: the smallest sentence_id of the component.
    """
    own = links[links["level"] == "sentence"]
    joined = Components(zip(own["a"], own["b"], strict=True))
    roots = sentences["sentence_id"].map(joined.root)
    return sentences["sentence_id"].groupby(roots).transform("min").astype("object")
