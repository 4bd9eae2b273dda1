"""Training, test and folds, so that what belongs together (copies, documents, outlets) is never on both sides."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from corpus.documents import column
from corpus.duplicates import Components
from corpus.errors import TooFewLabels, UsageError, listed

# What holds sentences together, by the name of the split.
_TOGETHER = {
    "cluster": ("cluster_id",),
    "document": ("doc_id", "cluster_id"),
    "random": ("sentence_id",),
    "outlet": ("outlet", "cluster_id"),
    "event": ("event", "cluster_id"),
    "time": ("doc_id", "cluster_id"),
}
_SIDES = ("train", "val", "test")


def assign_split(
    sentences: pd.DataFrame,
    *,
    by: str,
    test_share: float = 0.2,
    folds: int = 5,
    seed: int,
    labels: pd.Series | None = None,
) -> pd.DataFrame:
    """Divide sentences into training and test, and the training part into folds.

    Parameters
    ----------
    sentences : DataFrame
        Columns sentence_id (unique), doc_id, cluster_id, and the column that ``by`` speaks of.
    by : str
        ``cluster``: duplicates stay together. ``document``, ``outlet``, ``event``: these too. ``time``: documents in
        order, the newest are the test. ``random``: each sentence alone, for comparison only: copies of training
        sentences get into the test. ``column:NAME``: the official split that a column holds; its copies are noted, not
        moved.
    test_share : float
        Of the sentences, as near as the groups allow.
    folds : int
        For cross-validation on the training part.
    seed : int
        The same seed gives the same split.
    labels : Series of str, optional
        Indexed by sentence_id. Each side gets its share of every label, as near as the groups allow.

    Returns
    -------
    DataFrame
        The table split, sorted by sentence_id: ``fold`` is 0 to folds-1 for training rows, -1 for all others; ``group``
        is the smallest sentence_id of those that stay together. ``attrs["notes"]`` lists what the user should know.

    Raises
    ------
    TooFewLabels
        Fewer than three groups.
    UsageError
        There is no such split or column, or its values are not train, val and test.

    Notes
    -----
    Groups go, largest first, to the side where they bring the label counts nearest to what the side should have: the
    greedy idea of scikit-learn's ``StratifiedGroupKFold``, with the chi-square distance so that sides may differ in
    size.
    """
    if by not in _TOGETHER and not by.startswith("column:"):
        raise UsageError(f"no split {by!r}; there are: {listed([*_TOGETHER, 'column:NAME'])}")
    rows = sentences.sort_values("sentence_id", ignore_index=True)
    official = by.startswith("column:")
    groups = _groups(rows, ("cluster_id",) if official else _TOGETHER[by])
    # One column for each label; a sentence without one counts in a column of its own.
    given = pd.Series("", rows.index) if labels is None else rows["sentence_id"].map(labels).fillna("")
    counts = pd.crosstab(groups, given).sort_index()
    rng = np.random.default_rng(seed)
    notes: list[str] = []
    if official:
        side = _official(rows, by.removeprefix("column:"))
        notes += _straddling(groups, side, by)
    else:
        if len(counts) < 3:
            raise TooFewLabels(
                f"a split by {by} needs at least 3 groups, and {len(rows)} sentences make {len(counts)}"
                + (": everything hangs together" if len(counts) == 1 else "")
                + ". Label more, or split by something finer (document, cluster)."
            )
        least = (min(folds, len(counts) - 1), 1)
        if by == "time":
            of_group = _by_time(rows, groups, counts, test_share, least)
        else:
            of_group = _distribute(counts.to_numpy(), np.array([1 - test_share, test_share]), least, rng)
        side = groups.map(dict(zip(counts.index, np.array(["train", "test"])[of_group], strict=True)))
    fold = _folds(counts, groups, side, folds, rng, notes)
    result = pd.DataFrame({"sentence_id": rows["sentence_id"], "split": side, "fold": fold, "group": groups})
    result.attrs["notes"] = notes
    return result


def _groups(rows: pd.DataFrame, together: Sequence[str]) -> pd.Series:
    """The group of each row: the smallest sentence_id of the rows that share, over others, a value of ``together``."""
    values = [[(name, value) for value in rows[name].fillna("").tolist()] for name in together]
    joined = Components(item for items in values for item in items)
    for first, *others in zip(*values, strict=True):
        for other in others:
            joined.join(first, other)
    roots = pd.Series([str(joined.root(item)) for item in values[0]], rows.index)
    return rows["sentence_id"].groupby(roots).transform("min")


def _official(rows: pd.DataFrame, name: str) -> pd.Series:
    side: pd.Series = rows[column(rows, name)]
    wrong = side[~side.isin(_SIDES)]
    if len(wrong):
        values = listed("empty" if pd.isna(value) else repr(value) for value in wrong.unique())
        raise UsageError(
            f"column {name}: expected {listed(_SIDES)}, got {values} in {len(wrong)} of {len(side)} sentences"
        )
    for needed in ("train", "test"):
        if not (side == needed).any():
            raise TooFewLabels(f"column {name} puts no sentence in {needed}: there is nothing to {needed} with")
    return side


def _straddling(groups: pd.Series, side: pd.Series, by: str) -> list[str]:
    sides = side.groupby(groups).nunique()
    across = list(sides.index[sides > 1])
    return [f"{by} puts copies on both sides, in {len(across)} clusters: {listed(across, 5)}"] if across else []


def _by_time(
    rows: pd.DataFrame, groups: pd.Series, counts: pd.DataFrame, test_share: float, least: tuple[int, int]
) -> npt.NDArray[np.int64]:
    """The groups with the newest sentences are the test (1): no training sentence is newer than any test group."""
    if undated := int(rows["published_at"].isna().sum()):
        raise UsageError(f"a split by time needs dates: {undated} of {len(rows)} sentences have no published_at")
    newest = rows["published_at"].groupby(groups).max().reindex(counts.index)
    order = np.argsort(newest.to_numpy(), kind="stable")[::-1]
    covered = counts.sum(axis=1).to_numpy()[order].cumsum()
    taken = int(np.searchsorted(covered, test_share * len(rows))) + 1
    taken = min(max(taken, least[1]), len(counts) - least[0])
    side = np.zeros(len(counts), dtype=np.int64)
    side[order[:taken]] = 1
    return side


def _folds(
    counts: pd.DataFrame,
    groups: pd.Series,
    side: pd.Series,
    folds: int,
    rng: np.random.Generator,
    notes: list[str],
) -> pd.Series:
    training = counts.loc[sorted(set(groups[side == "train"]))]
    k = min(folds, len(training))
    if k < 2:
        raise TooFewLabels("the training part is one group: cross-validation needs at least two. Label more.")
    if k < folds:
        notes.append(f"{k} folds instead of {folds}: the training part has {len(training)} groups")
    fold = _distribute(training.to_numpy(), np.full(k, 1 / k), (1,) * k, rng)
    by_group = dict(zip(training.index, fold, strict=True))
    return groups.map(by_group).where(side == "train", -1).fillna(-1).astype("int64")


def _distribute(
    counts: npt.NDArray[np.int64], shares: npt.NDArray[np.float64], least: tuple[int, ...], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The side of each group.

    Parameters
    ----------
    counts : array (groups, labels)
        Sentences of each group by label.
    shares : array (sides,)
        What each side should have; sums to one.
    least : tuple of int (sides,)
        How many groups each side gets at least.
    """
    target = np.outer(shares, counts.sum(axis=0))
    have = np.zeros_like(target)
    lacking = np.array(least)
    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    side = np.zeros(len(counts), dtype=np.int64)
    for position, group in enumerate(order):
        # What the chi-square distance of each side would change by.
        change = ((counts[group] * (2 * (have - target) + counts[group])) / target).sum(axis=1)
        if len(order) - position <= lacking.sum():
            change = np.where(lacking > 0, change, np.inf)
        side[group] = chosen = int(change.argmin())
        have[chosen] += counts[group]
        lacking[chosen] = max(0, lacking[chosen] - 1)
    return side
