"""Batches: which sentences are labelled next, in which order, with their context; and the recipe to draw them again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from corpus.documents import column
from corpus.duplicates import normalized
from corpus.errors import StanceError, UsageError, listed
from corpus.files import lock, sha256_file, write_json
from corpus.tables import BATCH, DOCUMENTS, SENTENCES, read, write
from corpus.workspace import Workspace, checked_name

TEST = "test"
_CONTEXT = 2
_LATER = ("uncertain", "diverse")


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
        ``random``, or ``stratified``: each combination of values of ``by`` gets its share.
    by : sequence of str
        Columns of the documents.
    name : str or None
        By default batch-001, -002, ...
    seed : int
        The same seed draws the same sentences.
    test : bool
        Draw the sealed test set instead, whole clusters at random until there are ``n`` sentences. Once, before any
        other.

    Raises
    ------
    UsageError
        The strategy, a column or the name cannot be used, or the test set comes too late.
    StanceError
        Fewer sentences are left than asked for.
    """
    _check(strategy, by, test, name)
    tables = {name: workspace.corpus / f"{name}.parquet" for name in ("documents", "sentences")}
    documents, sentences = read(tables["documents"], DOCUMENTS), read(tables["sentences"], SENTENCES)
    recipe: dict[str, Any] = {
        "format_version": 1, "strategy": strategy, "by": list(by), "n": n, "seed": seed, "test": test,
        "corpus": {name: sha256_file(path) for name, path in tables.items()},
    }  # fmt: skip
    with lock(workspace.batches / ".lock", "another `stance corpus sample` is drawing; wait for it to end"):
        there = {path.stem: _recipe(path) for path in sorted(workspace.batches.glob("*.parquet"))}
        name = TEST if test else name
        same = [known for known, old in there.items() if _without(old) == recipe and name in (None, known)]
        if same:
            path = workspace.batches / f"{same[0]}.parquet"
            return Batch(same[0], path, len(read(path, BATCH)), existed=True)
        _check_new(name, there, test)
        earlier = {known: read(workspace.batches / f"{known}.parquet", BATCH) for known in there}
        chosen = _draw(documents, _left(sentences, earlier), n, strategy, by, seed, test, len(sentences))
        name = name or _next_name(there)
        path = workspace.batches / f"{name}.parquet"
        write_json(workspace.batches / f"{name}.json", recipe | {"after": sorted(there)})
        write(batch_table(documents, sentences, chosen), path, BATCH)
    return Batch(name, path, len(chosen), existed=False)


def batch_table(documents: pd.DataFrame, sentences: pd.DataFrame, chosen: Sequence[str]) -> pd.DataFrame:
    """The table batch for the chosen sentence ids, in their order.

    ``before`` and ``after`` are up to two neighbours of the same document, joined by a space.
    """
    ordered = sentences.sort_values(["doc_id", "start"])
    neighbours = ordered.groupby("doc_id", sort=False)["text"]
    shifted = {step: neighbours.shift(step).fillna("") for step in range(-_CONTEXT, _CONTEXT + 1) if step}
    before = [shifted[step] for step in range(_CONTEXT, 0, -1)]
    after = [shifted[-step] for step in range(1, _CONTEXT + 1)]
    ordered = ordered.assign(
        before=[" ".join(filter(None, texts)) for texts in zip(*before, strict=True)],
        after=[" ".join(filter(None, texts)) for texts in zip(*after, strict=True)],
    )
    origin = ["doc_id", *(name for name in BATCH.optional if name != "language")]
    rows = ordered.set_index("sentence_id").loc[list(chosen)].reset_index()
    return rows.merge(documents[origin], on="doc_id", how="left", validate="many_to_one")[list(BATCH.columns)]


def _check(strategy: str, by: Sequence[str], test: bool, name: str | None) -> None:
    if strategy in _LATER:
        raise UsageError(f"strategy {strategy} needs predictions and is not in this version; use random or stratified")
    if strategy not in ("random", "stratified"):
        raise UsageError(f"no strategy {strategy!r}; there are: random, stratified")
    if (strategy == "stratified") != bool(by):
        raise UsageError("--strategy stratified and --by COLUMN,... belong together")
    if test and (strategy != "random" or name not in (None, TEST)):
        raise UsageError("the test set is drawn at random and is named test: leave out --strategy, --by and --name")
    if name is not None:
        checked_name("batch", name)
        if name == TEST and not test:
            raise UsageError("the name test is kept for the sealed test set: draw it with --test")


def _check_new(name: str | None, there: Mapping[str, Any], test: bool) -> None:
    if name in there:
        what = "the test set is drawn once" if test else "choose another --name"
        raise UsageError(f"batch {name} is there already, drawn in another way or from another corpus: {what}")
    if test and there:
        raise UsageError(f"the test set is drawn before any other batch, and there are: {listed(there)}")


def _recipe(path: Path) -> dict[str, Any]:
    try:
        recipe = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return recipe if isinstance(recipe, dict) else {}


def _without(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for, without the batches that were there then."""
    return {key: value for key, value in recipe.items() if key != "after"}


def _left(sentences: pd.DataFrame, earlier: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Sentences of no batch that are no copy of a test sentence."""
    gone = sentences["sentence_id"].isin({id_ for batch in earlier.values() for id_ in batch["sentence_id"]})
    if TEST in earlier:
        # By text as well: a corpus that was built anew may have other clusters, and lack the test sentence itself.
        sealed = set(earlier[TEST]["text"].map(normalized))
        copies = sentences["sentence_id"].isin(earlier[TEST]["sentence_id"]) | sentences["text"].map(normalized).isin(
            sealed
        )
        clusters = {*earlier[TEST]["cluster_id"], *sentences.loc[copies, "cluster_id"]}
        gone |= sentences["cluster_id"].isin(clusters)
    return sentences[~gone].sort_values("sentence_id", ignore_index=True)


def _draw(
    documents: pd.DataFrame,
    left: pd.DataFrame,
    n: int | None,
    strategy: str,
    by: Sequence[str],
    seed: int,
    test: bool,
    total: int,
) -> list[str]:
    """Sentence ids in random order, which is the order to label them in."""
    if len(left) < max(n or 0, 1):
        raise StanceError(
            f"asked for {'all' if n is None else n} sentences, and {len(left)} of {total} are left: the others are in "
            "earlier batches or are copies of test sentences. Ask for fewer, or build a larger corpus."
        )
    wanted = len(left) if n is None else n
    order = np.random.default_rng(seed).permutation(len(left))
    shuffled = left.iloc[order]
    if test:
        first = shuffled.groupby("cluster_id", sort=False).size().cumsum()
        clusters = first.index[: int(np.searchsorted(first.to_numpy(), wanted)) + 1]
        return list(shuffled.loc[shuffled["cluster_id"].isin(clusters), "sentence_id"])
    if strategy == "stratified":
        columns = [column(documents, name) for name in by]
        strata = shuffled[["doc_id"]].merge(documents[["doc_id", *columns]], on="doc_id", how="left")[columns]
        keys = pd.Series(list(strata.astype("string").fillna("").itertuples(index=False, name=None)), shuffled.index)
        quota = _proportional(keys.value_counts().sort_index(), wanted)
        shuffled = shuffled[keys.groupby(keys).cumcount() < keys.map(quota)]
    return list(shuffled["sentence_id"][:wanted])


def _proportional(sizes: pd.Series, wanted: int) -> dict[Any, int]:
    """Shares of ``wanted`` in proportion to ``sizes``, by largest remainder; never more than there is."""
    exact = sizes * (wanted / sizes.sum())
    quota = np.floor(exact).astype(int)
    rest = (exact - quota).sort_values(ascending=False, kind="stable").index[: wanted - int(quota.sum())]
    quota[list(rest)] += 1
    return dict(quota)


def _next_name(there: Mapping[str, Any]) -> str:
    number = 1
    while f"batch-{number:03d}" in there:
        number += 1
    return f"batch-{number:03d}"
