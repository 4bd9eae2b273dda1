"""Several runs on the same test items: which differences are more than chance, and which this test could show."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from corpus.errors import UsageError, listed
from corpus.versions.dataset import Dataset
from train import run
from train.audits.finding import holm
from train.evaluation import metrics
from train.evaluation.dependence import DEPENDENCE, units
from train.evaluation.receipts import rows_hash
from train.labelled import Labelled, labelled

FORMAT_VERSION = 1
# The chance that a difference of the smallest size is found, at 5 % on both sides.
POWER = 0.8
_BLOCK = 4_000_000


def compare(runs: Sequence[run.Run]) -> dict[str, Any]:
    """Scores of each run and, for each pair, difference, interval, p, and the smallest difference that would show.

    The interval is a paired bootstrap, the p a permutation test (approximate randomization: Noreen, 1989; Yeh, 2000):
    in each draw the two runs change places in every group of documents with probability one half. p is corrected by
    Holm over the pairs. Draws and seed are those of the first run.

    Raises
    ------
    UsageError
        Fewer than two runs, one twice, no question in common, or test items that are not the same.
    """
    ids = [each.id for each in runs]
    if len(set(ids)) < 2 or len(set(ids)) < len(ids):
        raise UsageError(f"a comparison needs two or more different runs; got {listed(ids)}")
    datasets = [each.dataset() for each in runs]
    common = [q for q in runs[0].manifest["fitted"] if all(q in each.manifest["fitted"] for each in runs)]
    if not common:
        has = "; ".join(f"{each.id}: {listed(each.manifest['fitted']) or 'none'}" for each in runs)
        raise UsageError(f"the runs answer no question in common ({has})")
    return {
        "format_version": FORMAT_VERSION,
        "runs": [{"id": each.id, "model": each.manifest["model"], "seed": each.settings.seed} for each in runs],
        "dataset": {key: runs[0].manifest["dataset"][key] for key in ("name", "version")},
        "draws": runs[0].settings.bootstrap_draws,
        "seed": runs[0].settings.seed,
        "power": POWER,
        "questions": {question: _question(runs, datasets, question) for question in common},
    }


def _question(runs: Sequence[run.Run], datasets: Sequence[Dataset], question: str) -> dict[str, Any]:
    tests = [labelled(dataset, question) for dataset in datasets]
    _check_same(runs, tests, question)
    data, settings = tests[0], runs[0].settings
    rows = data.test
    answers = {each.id: _answers(each, question).reindex(rows.index) for each in runs}
    rows = rows[pd.DataFrame(answers).notna().all(axis=1)]
    if rows.empty:
        raise UsageError(f"{question}: the dataset version has no test sentences to compare on")
    group = units(rows, datasets[0].sentences.set_index("sentence_id")["cluster_id"], DEPENDENCE).tolist()
    counts = np.stack(
        [
            metrics.confusions(group, rows["label"].tolist(), found.reindex(rows.index).tolist(), data.labels)
            for found in answers.values()
        ],
        axis=1,
    )
    draws = metrics.resampled(counts, settings.bootstrap_draws, settings.seed) if len(counts) > 1 else None
    named: dict[str, metrics.Score] = {"macro_f1": metrics.macro_f1, "accuracy": metrics.accuracy}
    if data.sides:
        first, second = (data.labels.index(side) for side in data.sides)
        named["semeval_f1"] = metrics.semeval_f1((first, second))
    return {
        "n": len(rows),
        "n_documents": int(rows["doc_id"].nunique()),
        "n_units": len(counts),
        "rows_sha256": rows_hash(rows.index),
        "scores": {
            each: {name: metrics.estimate(counts, _of(score, at), draws).as_dict() for name, score in named.items()}
            for at, each in enumerate(answers)
        },
        "pairs": {name: _pairs(counts, score, draws, list(answers), settings) for name, score in named.items()},
    }


def _of(score: metrics.Score, at: int) -> metrics.Score:
    return lambda counts: score(counts[..., at, :, :])


def _answers(of: run.Run, question: str) -> pd.Series:
    found = of.predictions()
    labels: pd.Series = found[found["question"] == question].set_index("sentence_id")["label"]
    return labels


def _check_same(runs: Sequence[run.Run], tests: Sequence[Labelled], question: str) -> None:
    """Refuse runs whose test sentences, or their gold labels, are not those of the first."""
    first = tests[0].test["label"]
    for each, data in zip(runs[1:], tests[1:], strict=True):
        other = data.test["label"]
        shared = first.index.intersection(other.index)
        if len(shared) < max(len(first), len(other)):
            raise UsageError(
                f"{question}: {runs[0].id} and {each.id} were not tested on the same sentences ({len(first)} and "
                f"{len(other)}, {len(shared)} of them the same). Fit both on one dataset version"
            )
        if moved := int((first.loc[shared] != other.loc[shared]).sum()):
            raise UsageError(
                f"{question}: {moved} of the {len(shared)} test sentences have another gold label for {each.id} than "
                f"for {runs[0].id}. Fit both on one dataset version"
            )


def _pairs(
    counts: metrics.Array, score: metrics.Score, draws: metrics.Array | None, ids: Sequence[str], settings: Any
) -> list[dict[str, Any]]:
    found = []
    for a, b in combinations(range(len(ids)), 2):
        both = counts[:, [a, b]]
        drawn = None if draws is None else draws[:, [a, b]]
        difference = metrics.estimate(both, lambda c: score(c[..., 1, :, :]) - score(c[..., 0, :, :]), drawn)
        row: dict[str, Any] = {"a": ids[a], "b": ids[b], "difference": difference.as_dict()}
        row["p"] = permuted(both, score, settings.bootstrap_draws, settings.seed)
        row["smallest"] = None if drawn is None else smallest(score(drawn[:, 1]) - score(drawn[:, 0]))
        found.append(row)
    corrected = holm({str(at): row["p"] for at, row in enumerate(found) if row["p"] is not None})
    return [row | {"p_holm": _or_none(corrected.get(str(at)))} for at, row in enumerate(found)]


def _or_none(value: float | None) -> float | None:
    return None if value is None else metrics.rounded(value)


def permuted(counts: metrics.Array, score: metrics.Score, draws: int, seed: int) -> float | None:
    """Two-sided p of the difference of two systems, by letting them change places in whole groups.

    Parameters
    ----------
    counts : numpy.ndarray of shape (n_units, 2, k, k)

    Returns
    -------
    float or None
        (1 + draws at least as far apart) / (1 + draws), so never 0; None where the difference is undefined.
    """
    rng = np.random.default_rng(seed)
    first, second = counts[:, 0].sum(0), counts[:, 1].sum(0)
    observed = abs(float(score(second) - score(first)))
    if np.isnan(observed):
        return None
    moved = (counts[:, 1] - counts[:, 0]).reshape(len(counts), -1)
    block, far = max(1, _BLOCK // len(counts)), 0
    for start in range(0, draws, block):
        swapped = rng.integers(0, 2, size=(min(block, draws - start), len(counts))).astype(float)
        shift = (swapped @ moved).reshape(-1, *first.shape)
        apart = np.abs(score(second - shift) - score(first + shift))
        far += int((np.nan_to_num(apart, nan=np.inf) >= observed - 1e-12).sum())
    return metrics.rounded((1 + far) / (1 + draws))


def smallest(differences: metrics.Array) -> float | None:
    """The difference that a test of this size finds in :data:`POWER` of cases, at 5 % on both sides.

    (z(0.975) + z(power)) standard errors, the standard error being the spread of the paired bootstrap. None where it
    cannot be said: two runs that are right and wrong alike say nothing of how far two others would scatter.
    """
    kept = differences[~np.isnan(differences)]
    if len(kept) < 2 or np.ptp(kept) < 1e-12:
        return None
    return metrics.rounded(float(norm.ppf(0.975) + norm.ppf(POWER)) * float(kept.std(ddof=1)))
