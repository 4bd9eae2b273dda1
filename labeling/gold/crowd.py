"""Models of annotators, by crowd-kit: what the label of each sentence probably is, given who answered what."""

from typing import Literal

import numpy as np
import pandas as pd

Model = Literal["dawid-skene", "mace", "glad"]
MODELS: tuple[Model, ...] = ("dawid-skene", "mace", "glad")

_MACE_STARTS = 3


def posterior(votes: pd.DataFrame, labels: list[str], model: Model, *, seed: int = 0) -> pd.DataFrame:
    """The probability of each label for each sentence.

    Parameters
    ----------
    votes : DataFrame
        One row for each (sentence_id, annotator): columns ``sentence_id``, ``annotator``, ``label``.
    labels : list of str
        All labels of the question. One that nobody gave has probability 0.
    model : "dawid-skene", "mace" or "glad"
        The model; none of them looks at the order of labels.
    seed : int
        Of the starts of MACE; the others draw nothing.

    Returns
    -------
    DataFrame
        (n_sentences, n_labels), indexed by ``sentence_id`` in order, a column for each of ``labels``; rows sum to one.

    References
    ----------
    Dawid and Skene (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm. Hovy et al.
    (2013), Learning whom to trust with MACE. Whitehill et al. (2009), Whose vote should count more.
    """
    votes = votes.sort_values(["sentence_id", "annotator"], kind="stable")
    # Numbers by first appearance instead of names: crowd-kit 1.4's MACE adds up by sorted worker and label what it
    # then reads by first appearance, and GLAD makes columns named like the labels beside its own.
    tasks, sentences = pd.factorize(votes["sentence_id"])
    people, _ = pd.factorize(votes["annotator"])
    by_person = np.argsort(people, kind="stable")
    codes, given = pd.factorize(votes["label"].to_numpy()[by_person])
    data = pd.DataFrame({"task": tasks[by_person], "worker": people[by_person], "label": codes})
    if len(given) == 1:
        found = np.ones((len(sentences), 1))
    else:
        found = _fitted(model, data, seed).reindex(index=range(len(sentences)), columns=range(len(given))).to_numpy()
    table = pd.DataFrame(found, index=pd.Index(sentences, name="sentence_id"), columns=list(given))
    return table.reindex(columns=labels, fill_value=0.0)


def _fitted(model: Model, data: pd.DataFrame, seed: int) -> pd.DataFrame:
    from crowdkit.aggregation import GLAD, MACE, DawidSkene  # takes seconds to import: here, and only here

    if model == "dawid-skene":
        # The default tolerance, 1e-5 of the mean log-likelihood, stops while labels still move.
        return DawidSkene(n_iter=1000, tol=1e-7).fit_predict_proba(data)  # type: ignore[no-any-return]
    if model == "mace":
        # A number as random_state makes all its restarts the same one; a generator makes them differ.
        starts = np.random.RandomState(seed)
        return MACE(n_restarts=_MACE_STARTS, random_state=starts).fit_predict_proba(data)  # type: ignore[no-any-return]
    return GLAD().fit_predict_proba(data)  # type: ignore[no-any-return]
