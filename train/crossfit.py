"""Fitting one question: on all training rows, and out of fold."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from corpus.errors import TooFewLabels, listed

Make = Callable[[], Pipeline]


@dataclass(frozen=True)
class Folds:
    """The fold of each training row, and why there are fewer folds than the split has.

    Parameters
    ----------
    number : pandas.Series
        Indexed like the training rows; values from 0 on.
    notes : tuple of str
        Sentences for the report; empty when the folds are those of the split.
    """

    number: pd.Series
    notes: tuple[str, ...]


def folds(train: pd.DataFrame) -> Folds:
    """The split's folds, merged into fewer when the rarest label has fewer rows than there are folds.

    Merging whole folds keeps a group (document, cluster, outlet ...) on one side. With fewer folds each model sees
    more of a rare label; there are never fewer than two.
    """
    number = train["fold"]
    there, rarest = int(number.nunique()), int(train["label"].value_counts().min())
    wanted = max(2, min(there, rarest))
    if wanted >= there:
        return Folds(number, ())
    rare = train["label"].value_counts().idxmin()
    note = f"{there} folds were merged into {wanted}: label {rare!r} has {rarest} training sentences."
    return Folds(number.rank(method="dense").astype(int).sub(1).mod(wanted), (note,))


def fitted(make: Make, rows: pd.DataFrame) -> Pipeline:
    """A new model fitted on ``rows`` (columns text, label, group, what :mod:`train.texts` knows, votes).

    Raises
    ------
    TooFewLabels
        Fewer than two labels occur, or the texts give no features.
    """
    found = rows["label"].nunique()
    if found < 2:
        which = f"only {rows['label'].iloc[0]!r}" if found else "no label"
        raise TooFewLabels(f"{which} occurs among the {len(rows)} training sentences; a classifier needs two labels")
    model = make()
    try:
        # One thread: how BLAS splits a sum over threads moves its last digits, and with them the bytes of the model.
        with threadpool_limits(1, user_api="blas"):
            # A plain string dtype: object arrays would not be saved without pickle.
            labels = np.asarray(rows["label"].tolist(), dtype=str)
            known = {"groups": rows["group"].to_numpy(dtype=str), "votes": _votes(rows, np.unique(labels))}
            taken = signature(model[-1].fit).parameters
            return model.fit(rows, labels, **{f"classifier__{key}": known[key] for key in known if key in taken})
    except ValueError as error:
        counts = listed(f"{count} {label!r}" for label, count in rows["label"].value_counts().sort_index().items())
        why = _why(str(error), model, rows)
        raise TooFewLabels(f"the {len(rows)} training sentences ({counts}) cannot be fitted: {why}") from None


def _why(said: str, model: Pipeline, rows: pd.DataFrame) -> str:
    """What scikit-learn said of rows that it could not fit, in words for whoever labels; else its own."""
    known = model.get_params()
    least = max((value for name, value in known.items() if name.endswith("__min_df")), default=1)
    if "empty vocabulary" in said:
        together = max((value[0] for name, value in known.items() if name.endswith("words__ngram_range")), default=1)
        row = f"{together} words in a row" if together > 1 else "a word (letters or digits)"
        return f"the model needs {row}, and none of them has that; the first is {rows['text'].iloc[0]!r:.40}"
    if least > 1 and "min_df" in said:
        return (
            f"no sequence of words, or none of characters, stands in {least} of them or more, as tfidf.min_sentences "
            "asks. Set it lower, or label more"
        )
    return f"the model takes at least two labels and a word; what was wrong here, in the words of its library: {said}"


def _votes(rows: pd.DataFrame, labels: NDArray[np.str_]) -> NDArray[np.float64] | None:
    """The share of each of ``labels`` among a row's votes; None without columns of votes.

    Votes count where the gold label is the most frequent of them. Where an adjudicator decided otherwise, or votes are
    missing, the gold label has all of it.
    """
    columns = [f"v_{label}" for label in labels]
    if not set(columns) <= set(rows.columns):
        return None
    decided = np.asarray(rows["label"].to_numpy(dtype=str)[:, None] == labels[None], dtype=float)
    votes = rows[columns].fillna(0.0).to_numpy(dtype=float)
    agree = (votes[decided.astype(bool)] > 0) & (votes[decided.astype(bool)] == votes.max(axis=1))
    return np.where(agree[:, None], votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-9), decided)


def predicted(model: Pipeline, rows: pd.DataFrame, labels: tuple[str, ...]) -> pd.DataFrame:
    """The model's label and probabilities for each of ``rows``.

    Returns
    -------
    pandas.DataFrame
        Indexed like ``rows``; ``label``, and ``p_LABEL`` for each label, which sum to one in a row. A label that the
        model never saw has probability 0. The label need not be the most probable one: a model may lean to rare ones.
    """
    if not len(rows):
        return none_predicted(labels)
    with threadpool_limits(1, user_api="blas"):
        values = model.predict_proba(rows)
    # Not `predict`, which would read every text once more.
    leaning = getattr(model[-1], "decided", None)
    chosen = leaning(values) if leaning else model.classes_[values.argmax(axis=1)]
    found = pd.DataFrame(values, index=rows.index, columns=model.classes_)
    return found.reindex(columns=list(labels), fill_value=0.0).add_prefix("p_").assign(label=chosen.astype(object))


def out_of_fold(
    make: Make, train: pd.DataFrame, labels: tuple[str, ...], advance: Callable[[int], None] = lambda n: None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Predictions for training rows, each from a model that saw no row of its fold.

    Returns
    -------
    predicted : pandas.DataFrame
        As :func:`predicted`. Rows of a fold whose complement cannot be fitted are left out, and noted.
    notes : tuple of str
        What differs from the split's folds.
    """
    plan = folds(train)
    parts, notes = [], list(plan.notes)
    for fold in sorted(plan.number.unique()):
        held_out = plan.number == fold
        try:
            model = fitted(make, train[~held_out])
        except TooFewLabels as error:
            without = f"The {int(held_out.sum())} sentences of fold {fold} have no out-of-fold prediction"
            notes.append(f"{without}: without them, {error}.")
        else:
            parts.append(predicted(model, train[held_out], labels))
        advance(1)
    together = pd.concat(parts) if parts else none_predicted(labels)
    return together.sort_index(), tuple(notes)


def none_predicted(labels: tuple[str, ...]) -> pd.DataFrame:
    """The empty table of :func:`predicted`."""
    index = pd.Index([], dtype=str, name="sentence_id")
    return pd.DataFrame(columns=[f"p_{label}" for label in labels], dtype=float, index=index).assign(label="")
