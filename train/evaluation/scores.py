"""All scores of one question on one set of rows, as metrics.json has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from train.evaluation import metrics, probability
from train.labelled import Labelled
from train.models import BASELINE
from train.settings import TrainSettings

_MODEL, _BASELINE = 0, 1
# Resamples of the area under risk and coverage, each of which goes through all rows.
_AREA_DRAWS = 500
# Columns of the sums that scores of probabilities are means of.
_SUMS = ("n", "log_loss", "brier", "prior_log_loss", "prior_brier")
# A column of rows, if the run states a risk.
_ABSTENTION = "abstained"
_SOFT = ("n", "cross_entropy", "brier", "distance", "entropy")


@dataclass(frozen=True)
class _Drawn:
    """Sums by unit, and the same sums of each resample: by name, shape (n_units, ...) and (draws, ...) or None."""

    own: Mapping[str, metrics.Array]
    draws: Mapping[str, metrics.Array] | None

    def estimate(
        self, name: str, score: metrics.Score, edges: metrics.Edges | None = None, rests_on: int | None = None
    ) -> dict[str, Any]:
        draws = None if self.draws is None else self.draws[name]
        return metrics.estimate(self.own[name], score, draws, edges, rests_on).as_dict()


def scored(rows: pd.DataFrame, data: Labelled, prior: metrics.Array, settings: TrainSettings) -> dict[str, Any]:
    """Scores of the rows that have a prediction, of model and baseline.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns doc_id, unit (what is resampled as one), label, predicted, baseline, p_LABEL, votes (how many voted),
        v_LABEL (the share of each label) and, if the run states a risk, abstained.
    data : Labelled
        The question: its labels and sides.
    prior : numpy.ndarray of shape (n_labels,)
        Shares of the labels in training: the probabilities of one who has not read the sentence.
    settings : TrainSettings
        Draws and seed.

    Returns
    -------
    dict
        ``n``, ``n_documents``, ``n_units``; an estimate for each score; ``per_class``, ``confusion``, ``calibration``,
        ``risk_coverage``, ``soft``, ``baseline`` and, if the run states a risk, ``abstention``.
    """
    rows = rows.dropna(subset=["predicted", "baseline"])
    drawn = _drawn(rows, data, prior, settings)
    named: dict[str, metrics.Score] = {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1, "mcc": metrics.mcc}
    if data.sides:
        first, second = (data.labels.index(side) for side in data.sides)
        named["semeval_f1"] = metrics.semeval_f1((first, second))

    def estimated(pick: Any) -> dict[str, Any]:
        return {"semeval_f1": None} | {name: drawn.estimate("systems", pick(score)) for name, score in named.items()}

    baseline = estimated(lambda score: lambda c: score(c[..., _BASELINE, :, :]))
    baseline["difference"] = estimated(
        lambda score: lambda c: score(c[..., _MODEL, :, :]) - score(c[..., _BASELINE, :, :])
    )
    return {
        "n": len(rows),
        "n_documents": int(rows["doc_id"].nunique()),
        "n_units": int(rows["unit"].nunique()),
        **estimated(lambda score: lambda c: score(c[..., _MODEL, :, :])),
        **{name: drawn.estimate("sums", probability.mean_of(_SUMS.index(name), 0)) for name in _SUMS[1:]},
        "ece": drawn.estimate("bins", probability.ece, probability.ece_edges),
        "per_class": _per_class(drawn, data.labels),
        "confusion": drawn.own["systems"].sum(0)[_MODEL].astype(int).tolist(),
        "calibration": _calibration(drawn.own["bins"].sum(0)),
        "risk_coverage": _risk_coverage(rows, drawn, data.labels, settings),
        "soft": _soft(rows, drawn),
        **({"abstention": _abstention(drawn)} if _ABSTENTION in rows else {}),
        "baseline": {BASELINE: baseline},
    }


def area_draws(settings: TrainSettings) -> int:
    """Resamples behind the interval of the area under risk and coverage."""
    return min(_AREA_DRAWS, settings.bootstrap_draws)


def _drawn(rows: pd.DataFrame, data: Labelled, prior: metrics.Array, settings: TrainSettings) -> _Drawn:
    """What every score is a function of, summed by unit; one set of resamples for all of them."""
    systems = [
        metrics.confusions(rows["unit"].tolist(), rows["label"].tolist(), rows[system].tolist(), data.labels)
        for system in ("predicted", "baseline")
    ]
    own = {"systems": np.stack(systems, axis=1)}
    if rows.empty:
        widths = {"sums": (len(_SUMS),), "bins": (probability.BINS, 3), "risk": (0, 2), "soft": (len(_SOFT),)}
        widths |= {"abstention": (4,)} if _ABSTENTION in rows else {}
        return _Drawn(own | {name: np.zeros((0, *width)) for name, width in widths.items()}, None)
    _, units = np.unique(rows["unit"].to_numpy(dtype=str), return_inverse=True)
    for name, columns in _columns(rows, data, prior).items():
        own[name] = probability.sums(units, columns)
    if len(own["systems"]) < 2:
        return _Drawn(own, None)
    flat = np.concatenate([part.reshape(len(part), -1) for part in own.values()], axis=1)
    together = metrics.resampled(flat, settings.bootstrap_draws, settings.seed)
    ends = np.cumsum([int(np.prod(part.shape[1:])) for part in own.values()])
    parts = np.split(together, ends[:-1], axis=1)
    return _Drawn(own, {name: part.reshape(-1, *own[name].shape[1:]) for name, part in zip(own, parts, strict=True)})


def _columns(rows: pd.DataFrame, data: Labelled, prior: metrics.Array) -> dict[str, metrics.Array]:
    """For each row what the sums are of."""
    labels, n = list(data.labels), len(rows)
    p = rows[[f"p_{label}" for label in labels]].fillna(0.0).to_numpy(dtype=float)
    gold = np.array([labels.index(label) for label in rows["label"]])
    hot = np.eye(len(labels))[gold]
    confidence, right = certainty(rows, data.labels)
    before = np.broadcast_to(prior, p.shape)
    of_gold = [probability.log_losses(q, gold) for q in (p, before)]
    against = [probability.briers(q, hot) for q in (p, before)]
    shares = rows[[f"v_{label}" for label in labels]].fillna(0.0).to_numpy(dtype=float)
    # One vote is no distribution.
    voted = ((rows["votes"].to_numpy() > 1) & (np.abs(shares.sum(axis=1) - 1) < 1e-6)).astype(float)
    soft = [
        probability.cross_entropies(p, shares),
        probability.briers(p, shares),
        probability.distances(p, shares),
        probability.cross_entropies(shares, shares),
    ]
    found = {}
    if _ABSTENTION in rows:
        answered = ~rows[_ABSTENTION].to_numpy(dtype=bool)
        found["abstention"] = np.column_stack([np.ones(n), ~answered, answered, answered & ~right])
    return found | {
        "sums": np.column_stack([np.ones(n), of_gold[0], against[0], of_gold[1], against[1]]),
        "bins": probability.binned(confidence, right),
        "risk": probability.answered(confidence, right, probability.thresholds(confidence)),
        "soft": np.column_stack([voted, *(column * voted for column in soft)]),
    }


def certainty(rows: pd.DataFrame, labels: tuple[str, ...]) -> tuple[metrics.Array, Any]:
    """The probability of each row's answer, and whether it is right.

    It need not be the highest: a model may lean to rare labels.
    """
    p = rows[[f"p_{label}" for label in labels]].fillna(0.0).to_numpy(dtype=float)
    answer = np.array([labels.index(label) for label in rows["predicted"]], dtype=int)
    return p[np.arange(len(rows)), answer], (rows["predicted"] == rows["label"]).to_numpy(dtype=bool)


def _per_class(drawn: _Drawn, labels: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    named = {"precision": metrics.precision, "recall": metrics.recall, "f1": metrics.f1}
    support = drawn.own["systems"].sum(0)[_MODEL].sum(-1).astype(int)
    found: dict[str, dict[str, Any]] = {}
    for at, label in enumerate(labels):
        each = {name: drawn.estimate("systems", _of_class(score, at)) for name, score in named.items()}
        values = {name: score["value"] for name, score in each.items()}
        found[label] = values | {"support": int(support[at]), "intervals": each}
    return found


def _calibration(total: metrics.Array) -> list[dict[str, Any]]:
    """The bins that hold rows: edges, rows, mean confidence, share of right answers."""
    width = 1 / probability.BINS
    return [
        {
            "low": round(at * width, 2),
            "high": round((at + 1) * width, 2),
            "n": int(n),
            "confidence": metrics.rounded(sure / n),
            "accuracy": metrics.rounded(right / n),
        }
        for at, (n, sure, right) in enumerate(total)
        if n
    ]


def _risk_coverage(
    rows: pd.DataFrame, drawn: _Drawn, labels: tuple[str, ...], settings: TrainSettings
) -> dict[str, Any]:
    """The area with its interval; for each coverage: the bar, the rows answered, the share of them that are wrong."""
    if rows.empty:
        return {"aurc": None, "aurc_low": None, "aurc_high": None, "points": []}
    confidence, right = certainty(rows, labels)
    bars, total = probability.thresholds(confidence), drawn.own["risk"].sum(0)
    points = [
        {
            "coverage": coverage,
            "threshold": metrics.rounded(bars[at]),
            "n": int(total[at, 0]),
            "risk": drawn.estimate("risk", _at(at)),
        }
        for at, coverage in enumerate(probability.COVERAGES)
    ]
    _, unit = np.unique(rows["unit"].to_numpy(dtype=str), return_inverse=True)
    low, high = probability.aurc_edges(confidence, right, unit, area_draws(settings), settings.seed)
    edges = {"aurc_low": low, "aurc_high": high}
    area = {"aurc": metrics.rounded(probability.aurc(confidence, right))}
    return (
        area
        | {key: None if edge is None else metrics.rounded(edge) for key, edge in edges.items()}
        | {"points": points}
    )


def _abstention(drawn: _Drawn) -> dict[str, Any]:
    """How many rows are answered, the share of those that are not, and the share of wrong ones among the answers."""
    answered = int(drawn.own["abstention"].sum(0)[2])
    abstained = drawn.estimate("abstention", probability.mean_of(1, 0))
    # The errors are of the documents with an answer, however many others there are.
    some = int(np.count_nonzero(drawn.own["abstention"][:, 2]))
    error = drawn.estimate("abstention", probability.mean_of(3, 2), rests_on=some)
    if abstained["value"] is not None and not answered:
        error = metrics.unknown("it abstains from every sentence").as_dict()
    return {"answered": answered, "abstained": abstained, "error": error}


def _at(bar: int) -> metrics.Score:
    """The share of wrong answers among those that reach one bar."""
    return lambda sums: probability.mean_of(1, 0)(sums[..., bar, :])


def _of_class(score: metrics.Score, at: int) -> metrics.Score:
    return lambda counts: score(counts[..., _MODEL, :, :])[..., at]


def _soft(rows: pd.DataFrame, drawn: _Drawn) -> dict[str, Any] | None:
    """Scores against the shares of the votes, over rows that several people voted on; None without any."""
    n = int(drawn.own["soft"].sum(0)[0]) if len(rows) else 0
    if not n:
        return None
    each = {name: drawn.estimate("soft", probability.mean_of(at, 0)) for at, name in enumerate(_SOFT) if at}
    return {"n": n} | each
