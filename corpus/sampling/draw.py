"""Batches: which sentences are labelled next, in which order, with their context; and the recipe to draw them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from corpus.copies.duplicates import COPY_RULES, CopyRules
from corpus.documents import column, target_start
from corpus.errors import StanceError
from corpus.files import lock, replacing, sha256_file, write_json
from corpus.sampling import choosing
from corpus.sampling.choosing import NO_LIMITS, Limits, Measure, Shares
from corpus.sampling.recipe import STRATIFIED, Asked, as_asked, check, check_new, stored
from corpus.sampling.sealed import TEST, check_whole, left_over
from corpus.sampling.strategies import RANDOM, TYPICLUST, VECTORS, choose
from corpus.tables import BATCH, DOCUMENTS, PREDICTIONS, SENTENCES, read, write
from corpus.workspace import Workspace

_CONTEXT = 2
# Columns of the sentences themselves that --by may name; all others are those of their documents.
_OWN = ("language", "flags")
# Clustering more candidates than these, at random, makes a batch no more diverse.
_CANDIDATES = 20_000


@dataclass(frozen=True)
class Batch:
    """A batch in the workspace; ``existed`` when the same recipe had drawn it before."""

    name: str
    path: Path
    sentences: int
    existed: bool


def sample(
    workspace: Workspace,
    n: int | None,
    *,
    strategy: str,
    by: Sequence[str],
    name: str | None,
    seed: int,
    test: bool,
    shares: Shares = "proportional",
    predictions: Path | None = None,
    question: str | None = None,
    measure: Measure = "margin",
    limits: Limits = NO_LIMITS,
    copies: CopyRules = COPY_RULES,
) -> Batch:
    """Draw a batch into the workspace.

    Sentences of other batches, and copies of sentences of the test set, are not drawn. The same recipe on the same
    corpus gives back the batch that it drew before.

    Parameters
    ----------
    workspace : Workspace
        With a corpus.
    n : int or None
        How many sentences; None for all that are left.
    strategy : str
        ``random``; ``stratified``: each combination of values of ``by`` gets its share; ``uncertain``: those that a
        model is least sure of, equally many of each class that it predicts; ``typiclust``, ``badge``, ``diverse``: as
        :func:`corpus.sampling.strategies.choose` says.
    by : sequence of str
        Columns of the documents, or language and flags of the sentences.
    name : str or None
        By default batch-001, -002, ...
    seed : int
        The same seed draws the same sentences.
    test : bool
        Draw the sealed test set instead, whole clusters at random until there are ``n`` sentences (of each at most
        ``limits.per_cluster``). Once, before any other.
    shares : "proportional" or "equal"
        Of the strata.
    predictions, question, measure
        For ``uncertain``, ``badge`` and a later ``typiclust``: a table of predictions, the question that they answer
        (if they answer several), and what is uncertain (see :func:`corpus.sampling.choosing.uncertainty`).
    limits : Limits
        Window of time, and at most so many of a document or cluster.
    copies : CopyRules
        What counts as a copy of a sealed sentence that the corpus, built anew, no longer holds itself.

    Raises
    ------
    UsageError
        The strategy, a column or the name cannot be used, the test set comes too late, or a model would choose
        sentences before it is sealed.
    StanceError
        Fewer sentences are left than asked for; or the test set is gone or was changed.
    """
    asked = Asked(strategy, tuple(by), n, seed, test, shares, predictions, question, measure, limits)
    check(asked, name)
    tables = {name: workspace.corpus / f"{name}.parquet" for name in ("documents", "sentences")}
    documents, sentences = read(tables["documents"], DOCUMENTS), read(tables["sentences"], SENTENCES)
    recipe = asked.recipe(tables)
    with lock(workspace.batches / ".lock", "another `stance corpus sample` is drawing; wait for it to end"):
        there = _recipes(workspace)
        name = TEST if test else name
        same = [known for known, old in there.items() if as_asked(old) == recipe and name in (None, known)]
        if same:
            path = workspace.batches / f"{same[0]}.parquet"
            return Batch(same[0], path, len(read(path, BATCH)), existed=True)
        check_new(name, there, asked)
        earlier = {known: read(workspace.batches / f"{known}.parquet", BATCH) for known in there}
        chosen = _draw(
            documents,
            left_over(sentences, earlier, copies),
            asked,
            len(sentences),
            [table for known, table in earlier.items() if known != TEST],
        )
        name = name or _next_name(there)
        path = workspace.batches / f"{name}.parquet"
        with replacing(path) as beside:
            write(batch_table(documents, sentences, chosen), beside, BATCH)
            made = {"after": sorted(there), "sha256": sha256_file(beside)}
            write_json(workspace.batches / f"{name}.json", recipe | made)
    return Batch(name, path, len(chosen), existed=False)


def sealed_sentences(workspace: Workspace) -> set[str]:
    """The sentence ids of the sealed test set; none where none was drawn.

    Raises
    ------
    StanceError
        It is gone or was changed.
    """
    if TEST not in _recipes(workspace):
        return set()
    return set(read(workspace.batches / f"{TEST}.parquet", BATCH)["sentence_id"])


def batch_table(documents: pd.DataFrame, sentences: pd.DataFrame, chosen: Sequence[str]) -> pd.DataFrame:
    """The table batch for the chosen sentence ids, in their order.

    ``before`` and ``after`` are up to two neighbours of the same document, joined by a space. A headline that is a
    sentence of its own is not among them: the page shows it as the title.
    """
    ordered = sentences.sort_values(["doc_id", "start"])
    title = ordered["doc_id"].map(documents.set_index("doc_id")["title"])
    shown = ordered["text"].mask((ordered["index"] == 0) & (ordered["text"] == title), "")
    neighbours = shown.groupby(ordered["doc_id"], sort=False)
    shifted = {step: neighbours.shift(step).fillna("") for step in range(-_CONTEXT, _CONTEXT + 1) if step}
    before = [shifted[step] for step in range(_CONTEXT, 0, -1)]
    after = [shifted[-step] for step in range(1, _CONTEXT + 1)]
    ordered = ordered.assign(
        before=[" ".join(filter(None, texts)) for texts in zip(*before, strict=True)],
        after=[" ".join(filter(None, texts)) for texts in zip(*after, strict=True)],
    )
    origin = ["doc_id", *(name for name in (*BATCH.optional, *BATCH.rare) if name != "language")]
    rows = ordered.set_index("sentence_id").loc[list(chosen)].reset_index()
    rows = rows.merge(DOCUMENTS.completed(documents)[origin], on="doc_id", how="left", validate="many_to_one")
    return rows.assign(target_start=target_start(rows))[[*BATCH.columns, *BATCH.rare]]


def _recipes(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """The recipes of the batches that are there, by name; the test set among them is whole."""
    found = {path.stem: stored(path) for path in sorted(workspace.batches.glob("*.parquet"))}
    check_whole(workspace.batches, found)
    return found


def _draw(
    documents: pd.DataFrame, left: pd.DataFrame, asked: Asked, total: int, earlier: Sequence[pd.DataFrame]
) -> list[str]:
    """Sentence ids in random order, which is the order to label them in; ``earlier`` are the batches before."""
    pool = choosing.within(left, documents, asked.limits)
    pool = pool.iloc[np.random.default_rng(asked.seed).permutation(len(pool))]
    # A label of its own for each place in the shuffled order, to come back to it.
    pool = pool.reset_index(drop=True)
    sure = None
    if asked.predictions is not None:
        _enough(pool, asked, total)
        # The least sure first, so that limits keep those.
        pool, p = choosing.most_uncertain(pool, read(asked.predictions, PREDICTIONS), asked.question, asked.measure)
        sure = pd.DataFrame(p, pool.index)
    pool = choosing.capped(pool, asked.limits)
    _enough(pool, asked, total)
    wanted = len(pool) if asked.n is None else asked.n
    if asked.test:
        first = pool.groupby("cluster_id", sort=False).size().cumsum()
        clusters = first.index[: int(np.searchsorted(first.to_numpy(), wanted)) + 1]
        return list(pool.loc[pool["cluster_id"].isin(clusters), "sentence_id"])
    if asked.strategy == STRATIFIED:
        columns = [name if name in _OWN else column(documents, name) for name in asked.by]
        chosen = choosing.by_stratum(pool, choosing.strata(pool, documents, columns), wanted, asked.shares)
    elif asked.strategy == RANDOM:
        chosen = pool[:wanted]
    else:
        chosen = _by_strategy(pool, sure, wanted, asked, earlier)
    return list(chosen.sort_index()["sentence_id"])


def _by_strategy(
    pool: pd.DataFrame, sure: pd.DataFrame | None, wanted: int, asked: Asked, earlier: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    """The rows that a strategy chooses by what they are like and what a model thinks of them."""
    # All that are predicted can be compared by how sure the model is; what they are like is worked out for some.
    candidates = pool[: max(_CANDIDATES, wanted)] if asked.strategy in VECTORS else pool
    p = None if sure is None else sure.loc[candidates.index].to_numpy()
    before = [text for batch in earlier for text in batch["text"]] if asked.strategy == TYPICLUST and p is None else []
    vectors = None
    if asked.strategy in VECTORS and not (asked.strategy == TYPICLUST and p is not None):
        from corpus.sampling.diverse import vectors_of

        vectors = vectors_of([*candidates["text"], *before], asked.seed)
    taken = np.arange(len(candidates) + len(before)) >= len(candidates)
    positions = choose(
        asked.strategy, wanted, taken=taken, seed=asked.seed, vectors=vectors, probabilities=p, measure=asked.measure
    )
    return candidates.iloc[positions]


def _enough(pool: pd.DataFrame, asked: Asked, total: int) -> None:
    if len(pool) < max(asked.n or 0, 1):
        limited = " within the limits" if asked.limits != NO_LIMITS else ""
        limited += " and with a prediction" if asked.predictions is not None else ""
        raise StanceError(
            f"asked for {'all' if asked.n is None else asked.n} sentences, and {len(pool)} of {total} are left"
            f"{limited}: the others are in earlier batches or are copies of test sentences. Ask for fewer, or build a "
            "larger corpus."
        )


def _next_name(there: Mapping[str, Any]) -> str:
    number = 1
    while f"batch-{number:03d}" in there:
        number += 1
    return f"batch-{number:03d}"
