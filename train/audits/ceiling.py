"""Audit 2, human ceiling: how well people agree with each other, and the model on the same scale."""

from typing import Any

import numpy as np
import pandas as pd

from train.audits import chance
from train.audits.finding import Finding, Suspicion, corrected, table
from train.audits.material import DRAWS, Material
from train.audits.panels import others
from train.evaluation import metrics
from train.numbers import interval, number

# An annotator who has less than this share of the agreement beyond chance that the others have is no annotator.
SHARE = 0.5
# Items that an annotator must share with others to be judged.
ITEMS = 20


def ceiling(of: Material) -> Finding:
    """Each annotator against what most of the others said of the same sentences; the model against the same.

    Both are scored by macro-F1 on the sentences that the annotator answered and on which the others have a most
    frequent answer, so that a model's figure and a person's can be laid side by side.
    """
    votes = of.votes[of.votes["sentence_id"].isin(of.rows.index)]
    beside = others(votes, of.labels)
    beside = beside[beside["rest"].notna()]
    per = {str(name): part for name, part in beside.groupby("annotator") if len(part) >= ITEMS}
    if len(per) < 2:
        return Finding(
            unknown="There is no human ceiling: fewer than two annotators share enough sentences with others."
        )
    people, tests, suspicions = {}, [], []
    beyond = {name: _beyond_chance(part, of.labels) for name, part in per.items()}
    for name, part in per.items():
        people[name] = _one(of, part)
        usual = float(np.median([value for other, value in beyond.items() if other != name]))
        people[name]["beyond_chance"] = beyond[name]
        spread, units = _spread(part, of.rows["unit"])
        p = chance.below(beyond[name], SHARE * usual, spread / (1 - _by_luck(part, of.labels)), units)
        tests.append(p)
        if beyond[name] < SHARE * usual:
            says = (
                f"{name} agrees with the others hardly beyond chance: {number(beyond[name])} where the others reach "
                f"{number(usual)} (0 is chance, 1 is full agreement; {number(len(part))} sentences)."
            )
            suspicions.append(Suspicion(says, p * len(per)))
    together = _together(of, pd.concat(per.values()))
    model = together["model"]
    said = f"People reach macro-F1 {number(together['people']['value'])} against each other"
    if model["value"] is not None:
        said += (
            f" and the model {number(model['value'])} against the same people ({interval(model['low'], model['high'])})"
        )
    columns = ["annotator", "sentences", "macro_f1", "low", "high", "model", "model low", "model high", "beyond chance"]
    return Finding(
        clear=f"{said}.",
        suspicions=suspicions,
        p=corrected(tests),
        numbers={"people": people, "together": together},
        tables=[
            table(
                "Each annotator against the rest, and the model on the same sentences",
                columns,
                [_together_row(together), *(_row(n, p) for n, p in people.items())],
            )
        ],
        parameters={"items": ITEMS, "share": SHARE, "draws": DRAWS},
        seed=of.seed,
        note="People who label after the same guideline can share a mistake; the ceiling is what they agree on, not "
        "what is true. The model learnt from these people's labels, and its figure may be above theirs.",
    )


def _one(of: Material, part: pd.DataFrame) -> dict[str, Any]:
    rows = part.set_index("sentence_id").join(of.rows[["unit", "predicted"]])
    found = {"sentences": len(rows), **_estimated(of, rows, "label")}
    model = _estimated(of, rows.dropna(subset=["predicted"]), "predicted")
    return found | {f"model_{key}": value for key, value in model.items()}


def _together(of: Material, part: pd.DataFrame) -> dict[str, Any]:
    """All annotators pooled, and the model against the same references; their difference on the same documents."""
    rows = part.set_index("sentence_id").join(of.rows[["unit", "predicted"]]).dropna(subset=["predicted"])
    if rows.empty:
        nothing = dict.fromkeys(("value", "low", "high"))
        return {
            "sentences": int(part["sentence_id"].nunique()),
            "people": _estimated(of, part.set_index("sentence_id").join(of.rows["unit"]), "label"),
            "model": nothing,
            "difference": nothing,
        }
    counts, draws = of.draws(rows.assign(answer=rows["label"], label=rows["rest"]), "predicted", "answer")

    def estimated(score: metrics.Score) -> dict[str, Any]:
        return _edges(metrics.estimate(counts, score, draws))

    return {
        "sentences": int(rows.index.nunique()),
        "people": estimated(lambda c: metrics.macro_f1(c[..., 1, :, :])),
        "model": estimated(lambda c: metrics.macro_f1(c[..., 0, :, :])),
        "difference": estimated(lambda c: metrics.macro_f1(c[..., 0, :, :]) - metrics.macro_f1(c[..., 1, :, :])),
    }


def _estimated(of: Material, rows: pd.DataFrame, answer: str) -> dict[str, Any]:
    if rows.empty:
        return dict.fromkeys(("value", "low", "high"))
    counts, draws = of.draws(rows.assign(answer=rows[answer], label=rows["rest"]), "answer")
    one = None if draws is None else draws[:, 0]
    return _edges(metrics.estimate(counts[:, 0], metrics.macro_f1, one))


def _edges(found: metrics.Estimate) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high}


def _spread(part: pd.DataFrame, units: pd.Series) -> tuple[float, int]:
    """The standard error of a share of agreement, and of how many units: what is of one document goes together."""
    agreed = (part["label"] == part["rest"]).to_numpy(dtype=float)
    apart = pd.Series(agreed - agreed.mean()).groupby(units.loc[part["sentence_id"]].to_numpy()).sum()
    clustered = float(np.sqrt((apart**2).sum() * len(apart) / max(1, len(apart) - 1))) / len(agreed)
    # No finite sample is without spread.
    return max(clustered, 0.1 / np.sqrt(len(agreed))), len(apart)


def _by_luck(part: pd.DataFrame, labels: tuple[str, ...]) -> float:
    """The agreement of two who answer as often as they do, but at random (Cohen, 1960)."""
    own, rest = (part[name].value_counts(normalize=True).reindex(labels, fill_value=0) for name in ("label", "rest"))
    return min(0.99, float((own * rest).sum()))


def _beyond_chance(part: pd.DataFrame, labels: tuple[str, ...]) -> float:
    luck = _by_luck(part, labels)
    return (float((part["label"] == part["rest"]).mean()) - luck) / (1 - luck)


def _row(name: str, found: dict[str, Any]) -> list[Any]:
    keys = ("sentences", "value", "low", "high", "model_value", "model_low", "model_high", "beyond_chance")
    return [name, *(found[key] for key in keys)]


def _together_row(found: dict[str, Any]) -> list[Any]:
    edges = (found[who][key] for who in ("people", "model") for key in ("value", "low", "high"))
    return ["all together", found["sentences"], *edges, None]
