"""Learning curves: what models reach with how many labels, drawn in which way, over many draws."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit

from corpus.errors import TooFewLabels, UsageError, listed
from corpus.files import sha256_text
from corpus.sampling.diverse import vectors_of
from corpus.sampling.strategies import MODEL, RANDOM, STRATEGIES, TYPICLUST, VECTORS, choose
from corpus.versions.dataset import Dataset
from train.crossfit import fitted, predicted
from train.evaluation.metrics import confusions, macro_f1
from train.models import make
from train.selection.fits import Kept, run, training_rows
from train.settings import TrainSettings

# Of the groups, held out for scoring in each draw.
_HELD_OUT = 0.25
_FIRST = 20
# TypiClust is for the time before a model knows anything; from so many labels on, the model is asked.
_TYPICAL = 100


@dataclass(frozen=True)
class Curve:
    """Macro-F1 by model, strategy, number of labels and seed.

    Parameters
    ----------
    question : str
    table : pandas.DataFrame
        model, strategy, labels, seed, macro_f1 (0 to 1).
    counts : dict of str to int
        Training sentences of each label.
    """

    question: str
    table: pd.DataFrame
    counts: dict[str, int]


def curve(
    dataset: Dataset,
    *,
    question: str,
    models: Sequence[str],
    strategies: Sequence[str],
    seeds: int,
    settings: TrainSettings,
    kept: Path,
    executor: Executor,
    sizes: Sequence[int] = (),
    advance: Callable[[int], None] = lambda n: None,
) -> Curve:
    """Label training rows in the order of each strategy, fit each model, score it on held-out training rows.

    For each seed a quarter of the groups (what the split keeps together, and copies) is held out; all models and
    strategies see the same. The test split is not read. A strategy that asks a model asks the one that is drawn, and
    begins at random.

    Parameters
    ----------
    kept : Path
        The file that holds what is done, to go on from.
    sizes : sequence of int
        By default 20, doubled until the rows are used up.

    Raises
    ------
    UsageError
        There is no such model or strategy, or a size is more than there is.
    TooFewLabels
        There is too little to hold some out.
    """
    for strategy in strategies:
        if strategy not in STRATEGIES:
            raise UsageError(f"no strategy {strategy!r}; there are: {listed(STRATEGIES)}")
    for model in models:
        make(model, settings.seed, settings)
    data, rows = training_rows(dataset, question)
    splitter = GroupShuffleSplit(seeds, test_size=_HELD_OUT, random_state=settings.seed)
    splits = list(splitter.split(rows, groups=rows["group"]))
    chosen = _sizes(sizes, min(len(pool) for pool, _ in splits))
    vectors = vectors_of(list(rows["text"]), settings.seed) if set(strategies) & VECTORS else None
    jobs = {}
    for model in models:
        for strategy in strategies:
            for seed, (pool, test) in enumerate(splits):
                own = vectors[pool] if vectors is not None and strategy in VECTORS else None
                key = sha256_text(repr((model, strategy, seed, seeds, chosen)))[:16]
                jobs[key] = (
                    rows.iloc[pool], rows.iloc[test], own, data.labels, model, strategy, seed, chosen, settings
                )  # fmt: skip
    found = run(chain, jobs, Kept(kept), executor, advance)
    table = [
        {"model": job[4], "strategy": job[5], "labels": size, "seed": job[6], "macro_f1": score}
        for key, job in jobs.items()
        for size, score in zip(chosen, found[key], strict=True)
    ]
    return Curve(
        question, pd.DataFrame(table), {str(label): int(n) for label, n in rows["label"].value_counts().items()}
    )


def chain(
    pool: pd.DataFrame,
    test: pd.DataFrame,
    vectors: NDArray[np.float64] | None,
    labels: tuple[str, ...],
    model: str,
    strategy: str,
    seed: int,
    sizes: Sequence[int],
    settings: TrainSettings,
) -> list[float]:
    """Macro-F1 on ``test`` after each size, the rows of ``pool`` labelled in the order of ``strategy``."""
    taken = np.zeros(len(pool), dtype=bool)
    sure: NDArray[np.float64] | None = None
    scores = []
    for step, size in enumerate(sizes):
        asks = strategy in MODEL or (strategy == TYPICLUST and taken.sum() >= _TYPICAL)
        blind = strategy in MODEL and sure is None
        new = choose(
            RANDOM if blind else strategy,
            size - int(taken.sum()),
            taken=taken,
            # Strategies that begin at random begin with the same rows.
            seed=1000 * seed + step,
            vectors=vectors,
            probabilities=sure if asks else None,
        )
        taken[new] = True
        known, sure = pool[taken], None
        try:
            fit = fitted(partial(make, model, settings.seed, settings), known)
        except TooFewLabels:
            # One label so far: all that can be said is that one.
            answers = np.full(len(test), known["label"].mode().iloc[0], dtype=object)
        else:
            answers = predicted(fit, test, labels)["label"].to_numpy()
            if strategy in MODEL or strategy == TYPICLUST:
                sure = predicted(fit, pool, labels).filter(regex="^p_").to_numpy(dtype=np.float64)
        counts = confusions(["all"] * len(test), list(test["label"]), list(answers), labels)
        scores.append(round(float(macro_f1(counts.sum(0))), 6))
    return scores


def _sizes(asked: Sequence[int], most: int) -> list[int]:
    if not asked:
        asked = [_FIRST]
        while asked[-1] * 2 <= most * 0.8:
            asked.append(asked[-1] * 2)
        asked = [*asked, most] if most > asked[-1] else [most]
    sizes = sorted(set(asked))
    if sizes[0] < 2 or sizes[-1] > most:
        raise UsageError(
            f"--sizes: expected 2 to {most} labels (what is left beside the held-out quarter), got {sizes}"
        )
    return sizes


def as_record(of: Curve) -> dict[str, Any]:
    """The curve as plain values, for curve.json."""
    return {"question": of.question, "counts": of.counts, "points": of.table.to_dict("records")}
