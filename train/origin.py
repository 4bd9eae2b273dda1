"""What the documents of a corpus say of its sentences, whose table holds little but their texts: target, outlet, title.

The table of documents stands beside that of the sentences.
"""

from collections.abc import Callable, Collection
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from corpus.documents import target_start
from corpus.errors import InputError
from train.texts import OPTIONAL, ORIGIN

_OF_DOCUMENTS = (*OPTIONAL, "title", "record_id")
_NEIGHBOURS = {"before": -1, "after": 1}


def documents_of(sentences: Path, columns: Collection[str]) -> Path | None:
    """Where a table with these columns leaves what models read to a table of documents; None if it is complete."""
    left = "doc_id" in columns and not {*ORIGIN, "title"} <= set(columns)
    return sentences.with_name("documents.parquet") if left else None


def joining(
    sentences: Path, columns: Collection[str], context: Collection[str] = ()
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """What completes blocks of a table of sentences.

    Parameters
    ----------
    sentences : Path
        A Parquet table with ``sentence_id`` and ``text``.
    columns : collection of str
        Those that it has.
    context : collection of str
        Of :data:`train.texts.CONTEXT`, what the model reads: for ``before`` and ``after`` all texts are held in memory.

    Returns
    -------
    callable
        Adds to a block what its documents say, and of ``context`` the sentences with the indices before and after in
        the same document; nothing where there is no such table. A column that the table has is left as it is.

    Raises
    ------
    InputError
        The documents cannot be read.
    """
    path = documents_of(sentences, columns)
    documents = None if path is None or not path.is_file() else _documents(path, columns)
    beside = [name for name in _NEIGHBOURS if name in context and name not in columns]
    texts = _texts(sentences) if beside and {"doc_id", "index"} <= set(columns) else None

    def complete(block: pd.DataFrame) -> pd.DataFrame:
        if documents is not None:
            block = block.join(documents, on="doc_id")
            if "target_start" in documents:
                block = block.assign(target_start=target_start(block))
        if texts is not None:
            for name in beside:
                at = pd.MultiIndex.from_arrays([block["doc_id"], block["index"] + _NEIGHBOURS[name]])
                block = block.assign(**{name: texts.reindex(at).to_numpy()})
        return block

    return complete


def _documents(path: Path, known: Collection[str]) -> pd.DataFrame:
    """What is not known of the sentences, by doc_id."""
    try:
        there = set(pq.read_schema(path).names)
        names = [name for name in _OF_DOCUMENTS if name in there and name not in known]
        found: pd.DataFrame = pq.read_table(path, columns=["doc_id", *names]).to_pandas()
        return found.drop_duplicates("doc_id").set_index("doc_id")
    except (OSError, ValueError, KeyError) as error:
        todo = "Build the corpus again with `stance corpus build`"
        raise InputError(path, f"is no table of documents that can be read ({error})", todo=todo) from None


def _texts(path: Path) -> "pd.Series[str]":
    """By doc_id and index."""
    rows: pd.DataFrame = pq.read_table(path, columns=["doc_id", "index", "text"]).to_pandas()
    return rows.drop_duplicates(["doc_id", "index"]).set_index(["doc_id", "index"])["text"]
