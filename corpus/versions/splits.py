"""Training, test and folds, so that what belongs together (copies, documents, outlets) is never on both sides."""

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from corpus.console import counted
from corpus.copies.components import Components
from corpus.documents import column
from corpus.errors import TooFewLabels, UsageError, listed
from corpus.versions.balance import distribute

Missing = Literal["refuse", "note"]

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
UNUSED = "unused"
# Copies (one stock sentence is enough) may tie nearly all into one group: a split of such groups is not worth having.
_CHAINED = 0.5
# A side or fold of less than half its share, or more than twice, is noted.
_FAR = 2


def assign_split(
    sentences: pd.DataFrame,
    *,
    by: str,
    test_share: float = 0.2,
    folds: int = 5,
    seed: int,
    labels: pd.Series | None = None,
    missing_label: Missing = "refuse",
    sealed: Collection[str] = (),
) -> pd.DataFrame:
    """Divide sentences into training and test, and the training part into folds.

    Parameters
    ----------
    sentences : DataFrame
        Columns sentence_id (unique), doc_id, cluster_id, and the column that ``by`` speaks of.
    by : str
        ``cluster``: duplicates stay together. ``document``, ``outlet``, ``event``: these too; where copies would tie
        more than half of all sentences together, only these, and copies of test sentences are on no side. ``time``:
        documents in order, the newest are the test; an older copy of a test sentence is on no side (``unused``): all
        training sentences are older than all test sentences. ``random``: each sentence alone, for comparison only:
        copies of training sentences get into the test. ``column:NAME``: the official split that a column holds; its
        copies are noted, not moved.
    test_share : float
        Of the sentences, as near as the groups allow.
    folds : int
        For cross-validation on the training part; fewer where there are fewer groups, or groups with a label.
    seed : int
        The same seed gives the same split.
    labels : Series of str, optional
        Indexed by sentence_id. Each side gets its share of every label, as near as the groups allow.
    missing_label : "refuse" or "note"
        What to do when a label cannot be on both sides, or in two folds at least. An official split is only noted.
    sealed : collection of str
        Sentences of the sealed test set. Where there are any, they are the test and nothing is drawn; what belongs
        together with them is on no side. An official split goes before; a split by time cannot be had with it.

    Returns
    -------
    DataFrame
        The table split, sorted by sentence_id: ``fold`` is 0 to folds-1 for training rows, those of an official
        validation part among them, and -1 for all others; ``group`` is the smallest sentence_id of those that stay
        together. ``attrs["notes"]`` lists what the user should know.

    Raises
    ------
    TooFewLabels
        Fewer than three groups, or a label that one side or all folds but one must lack.
    UsageError
        There is no such split or column, or its values are not train, val and test; or a split by time is asked for
        although there is a sealed test set.
    """
    if by not in _TOGETHER and not by.startswith("column:"):
        raise UsageError(f"no split {by!r}; there are: {listed([*_TOGETHER, 'column:NAME'])}")
    rows = sentences.sort_values("sentence_id", ignore_index=True)
    in_test = rows["sentence_id"].isin(list(sealed))
    given = pd.Series("", rows.index) if labels is None else rows["sentence_id"].map(labels).fillna("")
    rng = np.random.default_rng(seed)
    notes: list[str] = []
    if by.startswith("column:"):
        side, missing_label = _official(rows, by.removeprefix("column:")), "note"
        notes += _straddling(_groups(rows, ("cluster_id",)), side, by)
        groups = _groups_within(rows, side == "test", ("cluster_id",))
    elif by == "time":
        if in_test.any():
            raise UsageError(
                f"no split by time: a test set of {int(in_test.sum())} sentences is sealed. Split by cluster"
            )
        side = _by_time(rows, test_share, notes)
        groups = _groups_within(rows, side, _TOGETHER[by])
    else:
        groups = _groups(rows, _TOGETHER[by])
        chained = groups.value_counts(normalize=True).iloc[0]
        if chained > _CHAINED and (own := _groups(rows, _TOGETHER[by][:1])).nunique() > groups.nunique():
            notes.append(f"copies tie {chained:.0%} of the sentences together, so each {by} is a group of its own")
            groups = own
        side = _sealed(groups, in_test, notes) if in_test.any() else _drawn(groups, given, by, test_share, folds, rng)
        if by != "random":
            side = _without_copies(rows, side, "copies of test sentences", notes)
    _check_sides(side, given, by, missing_label, notes)
    if not by.startswith("column:"):
        notes += _far("the test", (side == "test").sum() / len(rows), test_share, "sentences")
    fold = _folds(groups, given, side, folds, rng, missing_label, notes)
    if by not in ("random", "cluster"):
        notes += _copies_between(rows["cluster_id"], fold)
    result = pd.DataFrame({"sentence_id": rows["sentence_id"], "split": side, "fold": fold, "group": groups})
    result.attrs["notes"] = notes
    return result


def _without_copies(rows: pd.DataFrame, side: pd.Series, what: str, notes: list[str]) -> pd.Series:
    """``side``, with the training sentences that are copies of test sentences on neither side."""
    copies = (side == "train") & rows["cluster_id"].isin(rows.loc[side == "test", "cluster_id"])
    if copies.any():
        notes.append(f"{int(copies.sum())} of {len(rows)} sentences are on neither side: they are {what}")
    return side.mask(copies, UNUSED)


def _copies_between(cluster: pd.Series, fold: pd.Series) -> list[str]:
    """A note on sentences whose copies are in another fold, where there are any."""
    training = fold >= 0
    across = fold[training].groupby(cluster[training]).transform("nunique") > 1
    if not across.any():
        return []
    return [f"{int(across.sum())} training sentences have copies in other folds: predictions out of fold flatter there"]


def _sealed(groups: pd.Series, in_test: pd.Series, notes: list[str]) -> pd.Series:
    """The sealed sentences test; the rest trains, but for what belongs together with a sealed one."""
    beside = ~in_test & groups.isin(groups[in_test])
    notes.append(f"the test is the sealed test set: {int(in_test.sum())} sentences")
    if beside.any():
        notes.append(f"{int(beside.sum())} sentences that belong together with sealed ones are on neither side")
    if (in_test | beside).all():
        raise TooFewLabels(
            "nothing is left to train with: every group holds sentences of the sealed test set. Split by cluster"
        )
    return pd.Series(np.select([in_test, beside], ["test", UNUSED], "train"), groups.index)


def _groups(rows: pd.DataFrame, together: Sequence[str]) -> pd.Series:
    """The group of each row: the smallest sentence_id of the rows that share, over others, a value of ``together``."""
    values = [[(name, value) for value in rows[name].fillna("").tolist()] for name in together]
    joined = Components()
    for first, *others in zip(*values, strict=True):
        for other in others:
            joined.join(first, other)
    roots = pd.Series([str(joined.root(item)) for item in values[0]], rows.index)
    return rows["sentence_id"].groupby(roots).transform("min")


def _groups_within(rows: pd.DataFrame, side: pd.Series, together: Sequence[str]) -> pd.Series:
    """As :func:`_groups`, of each side alone: named after a test row, a training group would move when that changes."""
    found: pd.Series = pd.concat([_groups(part, together) for _, part in rows.groupby(side)]).sort_index()
    return found


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


def _drawn(
    groups: pd.Series, given: pd.Series, by: str, test_share: float, folds: int, rng: np.random.Generator
) -> pd.Series:
    """Whole groups at random to training and test, each with its share of every label."""
    counts = _counts(groups, given)
    if len(counts) < 3:
        raise TooFewLabels(
            f"a split by {by} needs at least 3 groups, and {len(groups)} sentences make {len(counts)}"
            + (": everything hangs together" if len(counts) == 1 else "")
            + ". Label more, or split by something finer (document, cluster)."
        )
    least = (min(folds, len(counts) - 1), 1)
    sides = distribute(counts.to_numpy(), np.array([1 - test_share, test_share]), least, rng)
    return groups.map(dict(zip(counts.index, np.array(["train", "test"])[sides], strict=True)))


def _counts(groups: pd.Series, given: pd.Series) -> pd.DataFrame:
    """Sentences of each group by label; those without a label count in a column of their own, named ""."""
    return pd.crosstab(groups, given).sort_index()


def _by_time(rows: pd.DataFrame, test_share: float, notes: list[str]) -> pd.Series:
    """The side of each row: what was published at the border or later is the test."""
    if undated := int(rows["published_at"].isna().sum()):
        raise UsageError(f"a split by time needs dates: {undated} of {len(rows)} sentences have no published_at")
    published = rows["published_at"]
    covered = published.value_counts().sort_index(ascending=False).cumsum()
    if len(covered) < 2:
        raise TooFewLabels(
            f"a split by time needs at least 2 dates, and all {len(rows)} sentences have one: {covered.index[0]}. "
            "Split by cluster, or build the corpus from more days."
        )
    # The border whose test comes nearest to its share; the oldest date always trains.
    border = (covered[:-1] - test_share * len(rows)).abs().idxmin()
    side = pd.Series(np.where(published >= border, "test", "train"), rows.index)
    what = f"older copies of test sentences (the test begins on {border:%Y-%m-%d})"
    side = _without_copies(rows, side, what, notes)
    if not (side == "train").any():
        raise TooFewLabels(
            f"a split by time leaves nothing to train with: every sentence from before {border:%Y-%m-%d} has a copy "
            "in the test. Split by cluster."
        )
    return side


def _check_sides(side: pd.Series, given: pd.Series, by: str, missing_label: Missing, notes: list[str]) -> None:
    """Every label must be in training, to which an official validation part belongs, and in the test."""
    for label in sorted(set(given) - {""}):
        there = side[given == label].replace("val", "train").value_counts()
        lacking = [name for name in ("train", "test") if not there.get(name)]
        if lacking:
            where = listed(f"{n} in {name}" for name, n in sorted(there.items()))
            _missing(
                f"split by {by}: label {label!r} is missing in {lacking[0]}; it has {where}",
                "Label more of it, take another split (cluster is the finest that keeps copies together) or another "
                "test_share",
                missing_label,
                notes,
            )


def _missing(problem: str, todo: str, missing_label: Missing, notes: list[str]) -> None:
    if missing_label == "refuse":
        raise TooFewLabels(f"{problem}. {todo}; or set split.missing_label to note, and the split is made without it.")
    notes.append(problem)


def _far(what: str, got: float, share: float, of: str) -> list[str]:
    if share / _FAR <= got <= share * _FAR:
        return []
    return [f"{what} has {got:.0%} of the {of} instead of {share:.0%}, as near as the groups allow"]


def _folds(
    groups: pd.Series,
    given: pd.Series,
    side: pd.Series,
    folds: int,
    rng: np.random.Generator,
    missing_label: Missing,
    notes: list[str],
) -> pd.Series:
    training = side.isin(("train", "val"))
    counts = _counts(groups[training], given[training])
    if len(counts) < 2:
        raise TooFewLabels("the training part is one group: cross-validation needs at least two. Label more.")
    k = min(folds, len(counts))
    why = f"the training part has {len(counts)} groups"
    having = (counts > 0).sum().drop("", errors="ignore").sort_values(kind="stable")
    if len(having) and having.iloc[0] < k:
        rarest, spread = str(having.index[0]), int(having.iloc[0])
        if spread < 2:
            _missing(
                f"label {rarest!r} is in {spread} group of the training part ({int(counts[rarest].sum())} of "
                f"{int(training.sum())} sentences): the fold that holds it out has none to learn it from",
                "Label more of it, or take a finer split (cluster is the finest that keeps copies together)",
                missing_label,
                notes,
            )
        k = max(2, spread)
        why = f"label {rarest!r} is in {counted(spread, 'group')} of the training part"
    if k < folds:
        notes.append(f"{k} folds instead of {folds}: {why}")
    fold = distribute(counts.to_numpy(), np.full(k, 1 / k), (1,) * k, rng)
    by_group = dict(zip(counts.index, fold, strict=True))
    found = groups.map(by_group).where(training, -1).fillna(-1).astype("int64")
    for number in range(k):
        notes += _far(f"fold {number}", (found == number).sum() / training.sum(), 1 / k, "training sentences")
    return found
