"""Search for settings by nested cross-validation: the inner folds choose, the outer folds say what choosing brings."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from corpus.errors import TooFewLabels
from corpus.files import sha256_text
from corpus.versions.dataset import Dataset
from train.crossfit import fitted, predicted
from train.evaluation.metrics import confusions, estimate, f1, macro_f1, resampled, rounded
from train.models import make
from train.selection.fits import Kept, run, training_rows
from train.selection.space import suggested
from train.settings import TrainSettings

OUTER, INNER = 5, 3
# Trials that are drawn before any of them is scored: as many in every place, so that workers change nothing.
_TOGETHER = 4


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Parameters
    ----------
    question : str
    settings : TrainSettings
        The best by inner score on all training rows.
    record : dict
        Scores and counts as plain values, for tune.json.
    trials : pandas.DataFrame
        inner_macro_f1 of every trial on all training rows, the best first, and what it changed.
    """

    question: str
    settings: TrainSettings
    record: dict[str, Any]
    trials: pd.DataFrame


@dataclass
class _Search:
    """One search on one set of rows: trials so far, each with its score."""

    rows: pd.DataFrame
    study: optuna.Study
    tried: list[tuple[TrainSettings, float]] = field(default_factory=list)
    folds: list[tuple[Any, Any]] = field(default_factory=list)

    @property
    def best(self) -> tuple[TrainSettings, float]:
        """The first of those with the best score: settings as they are, where nothing beats them."""
        return max(self.tried, key=lambda one: one[1])


def tune(
    dataset: Dataset,
    *,
    question: str,
    models: Sequence[str],
    trials: int,
    settings: TrainSettings,
    kept: Path,
    executor: Executor,
    advance: Callable[[int], None] = lambda n: None,
) -> Tuned:
    """Choose settings for ``question`` by macro-F1 on held-out training rows; the test split is not read.

    The same search runs on all rows, which gives the settings, and on those outside each outer fold, whose winner is
    then scored on that fold: a score that no choice has seen. Folds keep groups and copies whole and give each label
    its share. Trial 0 is the settings as they are.

    Parameters
    ----------
    models : sequence of str
        To choose from.
    trials : int
        Settings to try beside those as they are.
    kept : Path
        The file that holds what is done, to go on from.

    Raises
    ------
    UsageError
        There is no such model, or no such question.
    TooFewLabels
        There is too little to hold some out.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    start = settings.model_copy(update={"model": models[0]})
    for model in models:
        make(model, settings.seed, settings)
    data, rows = training_rows(dataset, question)
    done = Kept(kept)
    outer = _folds(rows, OUTER, settings.seed)
    searches = [_search(part, settings.seed) for part in [rows, *(rows.iloc[train] for train, _ in outer)]]
    fit = partial(_run, labels=data.labels, kept=done, executor=executor, advance=advance)
    targets = bool(rows["target"].notna().any())
    begun = 0
    while begun <= trials:
        # All searches go on side by side, so that many workers have enough to do.
        asked = 1 if begun == 0 else min(_TOGETHER, trials + 1 - begun)
        _round(searches, asked, start, models, targets, data.labels, fit)
        begun += asked
    tuned = _outer(outer, [search.best[0] for search in searches[1:]], rows, fit)
    plain = _outer(outer, [start] * len(outer), rows, fit)
    record = _record(rows, data.labels, tuned, plain, settings) | {
        "question": question,
        "trials": trials,
        "folds": {"outer": len(outer), "inner": INNER},
        "inner": rounded(searches[0].best[1]),
        "changed": _changed(searches[0].best[0], start),
        "chosen_outside_each_fold": [_changed(search.best[0], start) for search in searches[1:]],
    }
    return Tuned(question, searches[0].best[0], record, _table(searches[0], start))


def predict_held_out(train: pd.DataFrame, test: pd.DataFrame, labels: tuple[str, ...], chosen: str) -> list[str]:
    """Answers for ``test`` of a model with the settings ``chosen`` (JSON) that was fitted on ``train``."""
    settings = TrainSettings.model_validate_json(chosen)
    try:
        fit = fitted(partial(make, settings.model, settings.seed, settings), train)
    except TooFewLabels:
        return [str(train["label"].mode().iloc[0])] * len(test)
    return [str(label) for label in predicted(fit, test, labels)["label"]]


Fit = Callable[[list[tuple[pd.DataFrame, pd.DataFrame, TrainSettings]]], list[list[str]]]


def _run(
    jobs: list[tuple[pd.DataFrame, pd.DataFrame, TrainSettings]],
    *,
    labels: tuple[str, ...],
    kept: Kept,
    executor: Executor,
    advance: Callable[[int], None],
) -> list[list[str]]:
    keyed, keys = {}, []
    for train, test, settings in jobs:
        chosen = json.dumps(settings.model_dump(mode="json"), sort_keys=True)
        keys.append(sha256_text(repr((list(train.index), list(test.index), chosen)))[:24])
        keyed[keys[-1]] = (train, test, labels, chosen)
    found = run(predict_held_out, keyed, kept, executor, advance)
    advance(len(jobs) - len(keyed))
    return [found[key] for key in keys]


def _folds(rows: pd.DataFrame, wanted: int, seed: int) -> list[tuple[Any, Any]]:
    """Folds by group, each with its share of the labels; fewer where there are fewer groups."""
    count = min(wanted, rows["group"].nunique())
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    # An empty side is possible with few groups of very different size.
    return [pair for pair in splitter.split(rows, rows["label"], rows["group"]) if len(pair[0]) and len(pair[1])]


def _search(rows: pd.DataFrame, seed: int) -> _Search:
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=8, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    return _Search(rows, study, folds=_folds(rows, INNER, seed))


def _round(
    searches: list[_Search],
    asked: int,
    start: TrainSettings,
    models: Sequence[str],
    targets: bool,
    labels: tuple[str, ...],
    fit: Fit,
) -> None:
    """Draw the next trials of every search, score them all, and tell each search."""
    drawn: list[tuple[_Search, Any, TrainSettings]] = []
    for search in searches:
        first = not search.tried
        trials = [None] if first else [search.study.ask() for _ in range(asked)]
        for trial in trials:
            chosen = start if trial is None else suggested(trial, start, models, targets=targets)
            drawn.append((search, trial, chosen))
    jobs = [
        (search.rows.iloc[train], search.rows.iloc[test], chosen)
        for search, _, chosen in drawn
        for train, test in search.folds
    ]
    answers = iter(fit(jobs))
    for search, trial, chosen in drawn:
        own = [(search.rows.iloc[test]["label"], next(answers)) for _, test in search.folds]
        gold = [label for part, _ in own for label in part]
        found = [label for _, part in own for label in part]
        score = float(macro_f1(confusions(["all"] * len(gold), gold, found, labels).sum(0)))
        search.tried.append((chosen, score))
        if trial is not None:
            search.study.tell(trial, score)


def _outer(outer: list[tuple[Any, Any]], chosen: list[TrainSettings], rows: pd.DataFrame, fit: Fit) -> pd.Series:
    """The answers for every row from the settings of its fold, indexed by sentence_id."""
    pairs = list(zip(outer, chosen, strict=True))
    answers = fit([(rows.iloc[train], rows.iloc[test], settings) for (train, test), settings in pairs])
    parts = [pd.Series(own, rows.index[test]) for ((_, test), _), own in zip(pairs, answers, strict=True)]
    return pd.concat(parts).sort_index()


def _record(
    rows: pd.DataFrame, labels: tuple[str, ...], tuned: pd.Series, plain: pd.Series, settings: TrainSettings
) -> dict[str, Any]:
    """Outer scores with 95 % intervals over groups: of the search, of settings as they were, and the difference."""
    rows = rows.loc[tuned.index]
    counts = np.stack(
        [confusions(list(rows["group"]), list(rows["label"]), list(own), labels) for own in (tuned, plain)], axis=1
    )
    draws = resampled(counts, settings.bootstrap_draws, settings.seed)
    scores = {
        "outer": estimate(counts, lambda c: macro_f1(c)[..., 0], draws),
        "outer_as_they_were": estimate(counts, lambda c: macro_f1(c)[..., 1], draws),
        "gain": estimate(counts, lambda c: macro_f1(c)[..., 0] - macro_f1(c)[..., 1], draws),
    }
    frequency = rows["label"].value_counts()
    each = f1(counts.sum(0))
    per_label = {
        label: {
            "sentences": int(frequency.get(label, 0)),
            "f1": rounded(each[0, at]),
            "f1_as_it_was": rounded(each[1, at]),
        }
        for at, label in enumerate(labels)
    }
    imbalance = round(float(frequency.max() / frequency.min()), 2)
    return {name: score.as_dict() for name, score in scores.items()} | {"labels": per_label, "imbalance": imbalance}


def _changed(chosen: TrainSettings, start: TrainSettings) -> dict[str, Any]:
    """Settings that differ from ``start``, by their path."""
    found: dict[str, Any] = {} if chosen.model == start.model else {"model": chosen.model}
    for part in ("tfidf", "kernel"):
        own, other = (getattr(one, part).model_dump(mode="json") for one in (chosen, start))
        found |= {f"{part}.{key}": value for key, value in own.items() if value != other[key]}
    return found


def _table(search: _Search, start: TrainSettings) -> pd.DataFrame:
    rows = [
        {"trial": at, "inner_macro_f1": round(score, 6), "model": chosen.model, "changed": _changed(chosen, start)}
        for at, (chosen, score) in enumerate(search.tried)
    ]
    return pd.DataFrame(rows).sort_values("inner_macro_f1", ascending=False, kind="stable", ignore_index=True)
