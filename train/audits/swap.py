"""Russia and the United States exchanged in the text: a stance should turn over, a neutral sentence stay neutral."""

from typing import Any

import numpy as np
import pandas as pd

from corpus.text import exchange, gazetteer
from train.audits import chance
from train.audits.material import DRAWS, Material
from train.crossfit import predicted
from train.evaluation.metrics import Array
from train.labelled import labels_of

# Of the stances at least this share should turn over; a model that goes by names alone turns half of them, or none.
CONSISTENT = 0.5
# Test sentences that are exchanged; of more, some are drawn.
MOST = 500
_WORST = 20


def applies(of: Material) -> bool:
    """Whether the question's two sides are Russia and the United States, by their names or else their definitions."""
    named = [_named(of, label) for label in of.data.sides or ()]
    return named in ([{"russia"}, {"us"}], [{"us"}, {"russia"}])


def swapped(of: Material) -> dict[str, Any] | None:
    """Shares of answers that are as they should be after the exchange.

    Returns
    -------
    dict or None
        ``sides``, ``neutral``: value, low, high, n of the sentences that the model took for a side, or for none; ``p``,
        how probable so small a share of turned stances is where it is :data:`CONSISTENT`; ``worst``, rows of a table;
        ``unsure``, how many sentences name a side and are left out, as :func:`corpus.text.exchange.swapped` does not
        know what would stand for their words. None where the sides are others (:func:`applies`), no test sentence names
        one that can be exchanged, or there is no model.
    """
    if of.data.sides is None or not applies(of):
        return None
    rows = of.tested
    rows = rows.assign(exchanged=rows["text"].map(exchange.swapped))
    rows = rows[rows["exchanged"] != rows["text"]]
    turned = rows["target"].map(lambda target: exchange.swapped(target) if isinstance(target, str) else target)
    unsure = rows["exchanged"].isna() | (turned.isna() & rows["target"].notna())
    rows = rows.assign(turned=turned)[~unsure]
    if of.model is None or rows.empty:
        return None
    if len(rows) > MOST:
        rows = rows.sample(MOST, random_state=of.seed).sort_index()
    first, second = of.data.sides
    other = {first: second, second: first}
    answers = predicted(of.model, rows.assign(text=rows["exchanged"], target=rows["turned"]), of.labels)
    rows = rows.assign(answer=answers["label"], expected=rows["predicted"].map(lambda label: other.get(label, label)))
    kept = rows["answer"] == rows["expected"]
    stance = rows["predicted"].isin(other)
    sides, draws = _share(rows[stance], kept[stance], of.seed)
    neutral, _ = _share(rows[~stance], kept[~stance], of.seed)
    units = rows.loc[stance, "unit"].nunique()
    p = 1.0 if sides["value"] is None else chance.above(-draws, -sides["value"], -CONSISTENT, units)
    # The surest before the exchange that did not turn: most to be ashamed of.
    sure = rows[[f"p_{label}" for label in of.labels]].max(axis=1)
    wrong = rows[~kept].assign(sure=sure[~kept]).sort_values("sure", ascending=False, kind="stable").head(_WORST)
    worst = wrong[["text", "exchanged", "predicted", "answer", "label"]].to_numpy().tolist()
    return {"sides": sides, "neutral": neutral, "p": p, "worst": worst, "unsure": int(unsure.sum())}


def _named(of: Material, label: str) -> set[str]:
    # With an article a label `US` is no pronoun.
    found = gazetteer.mentions(f"the {label.replace('_', ' ')}")
    if not found:
        found = gazetteer.mentions(labels_of(of.dataset).question(of.data.question).labels[label].definition)
    return {one.side for one in found}


def _share(rows: pd.DataFrame, kept: pd.Series, seed: int) -> tuple[dict[str, Any], Array]:
    """The share of ``kept`` with its interval over resampled units, and the resamples."""
    if rows.empty:
        return {"value": None, "low": None, "high": None, "n": 0}, np.zeros(0)
    by = kept.groupby(rows["unit"]).agg(["sum", "count"]).to_numpy(dtype=float)
    chosen = np.random.default_rng(seed).multinomial(len(by), np.full(len(by), 1 / len(by)), size=DRAWS)
    sums = chosen @ by
    draws = sums[:, 0] / sums[:, 1]
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"value": float(kept.mean()), "low": float(low), "high": float(high), "n": len(rows)}, draws
