"""Audit 3, panel: would another panel of annotators have given another answer?"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from train.audits import chance
from train.audits.finding import Finding, Suspicion, table
from train.audits.material import Material
from train.audits.panels import Codes, camps, counted, gap, plurality
from train.audits.standin import folds_of
from train.evaluation import metrics
from train.numbers import number

# Two camps matter from this difference between agreement within and between on, above that of votes dealt anew.
GAP = 0.15
_NO_CAMPS = " Camps cannot be told apart: each takes two annotators who share sentences."
_ROUNDS = 99


def panel(of: Material) -> Finding:
    """Gold, the ranking of models and the headline without each annotator, and without each of two camps.

    The camps are those that were given, or else those that agree most within and least between. By chance: the same
    after the votes on each sentence were dealt anew to those who gave them.
    """
    votes = of.votes[of.votes["sentence_id"].isin(of.held_out.index)]
    people = sorted(votes["annotator"].unique())
    # Camps are looked for in all votes: just where they are as strong as each other, there is no gold label.
    wide = of.votes.assign(code=of.codes(of.votes["label"])).pivot(
        index="sentence_id", columns="annotator", values="code"
    )
    codes = wide.reindex(columns=people).fillna(-1).to_numpy().astype(np.intp)
    codes = codes[(codes >= 0).sum(axis=1) > 1]
    if len(people) < 3 or not len(codes):
        return Finding(unknown="Nobody can be left out: fewer than three annotators share sentences.")
    systems = _systems(of)
    whole = _scored(of, systems, votes)
    without = {name: _left(of, systems, whole, votes, [name]) for name in people}
    given = np.isin(people, of.camp)

    def divided(codes: Codes) -> tuple[NDArray[np.bool_], float]:
        return (given, gap(codes, given)) if of.camp else camps(codes)

    camp, apart = divided(codes)
    p, dealt = None, []
    if np.isfinite(apart):
        rng = np.random.default_rng(of.seed)
        dealt = [divided(_dealt(codes, rng))[1] for _ in range(_ROUNDS if len(people) <= 6 else _ROUNDS // 3)]
        p = chance.against(apart, dealt, larger=True)
    sides = {
        "one": [n for n, c in zip(people, camp, strict=True) if c],
        "two": [n for n, c in zip(people, camp, strict=True) if not c],
    }
    suspicions = []
    numbers: dict[str, Any] = {"whole": whole, "without": without, "camps": None}
    if np.isfinite(apart):
        left = {name: _left(of, systems, whole, votes, members) for name, members in sides.items()}
        numbers["camps"] = {"gap": apart, "by_chance": float(np.mean(dealt)), "members": sides, "without": left}
        if apart - float(np.mean(dealt)) >= GAP and p is not None:
            moved = max(part["moved"] for part in left.values())
            says = (
                f"There are two camps: {', '.join(sides['one'])} against {', '.join(sides['two'])}; agreement is "
                f"{number(apart)} lower between them than within. Without one of them {number(100 * moved, 0)} % of "
                "the labels would be others or lost."
            )
            suspicions.append(Suspicion(says, p))
    return Finding(
        clear=_clear(whole, without, "" if np.isfinite(apart) else _NO_CAMPS),
        suspicions=suspicions,
        p=p,
        numbers=numbers,
        tables=[_table(whole, without, numbers["camps"]), *_camps(numbers["camps"])],
        parameters={"gap": GAP, "rounds": len(dealt), "camp": list(of.camp)},
        seed=of.seed,
        note="Gold is made anew as the most frequent label, whatever the dataset's own method; ties are left out. The "
        "models' answers stay: they learnt from the whole panel.",
    )


def _dealt(codes: Codes, rng: np.random.Generator) -> Codes:
    """The votes on each sentence, dealt anew to those who gave them."""
    keys = np.where(codes >= 0, rng.random(codes.shape), 2.0)
    order = np.argsort(keys, axis=1)
    given = np.take_along_axis(codes, order, axis=1)
    place = np.cumsum(codes >= 0, axis=1) - 1
    dealt: Codes = np.where(codes >= 0, np.take_along_axis(given, np.maximum(place, 0), axis=1), -1)
    return dealt


def _systems(of: Material) -> pd.DataFrame:
    """Answers of four models to held-out rows: the run's, the stand-in, the most frequent label."""
    rows = of.held_out
    standin = of.standin
    fold = folds_of(standin.groups, np.random.default_rng(of.seed))
    answer = pd.Series(np.asarray(of.labels)[standin.out_of_fold(fold)], standin.rows.index)
    systems = rows[["unit", "predicted"]].rename(columns={"predicted": "model"})
    return systems.assign(standin=answer.reindex(rows.index), majority=rows["label"].mode().iloc[0])


def _scored(of: Material, systems: pd.DataFrame, votes: pd.DataFrame) -> dict[str, Any]:
    """Macro-F1 of each system against what most of these votes say, and the gold itself."""
    gold = plurality(counted(votes, of.labels)).dropna()
    rows = systems.join(gold.rename("label"), how="inner").dropna()
    scores = {}
    for name in ("model", "standin", "majority"):
        found = metrics.confusions(rows["unit"].tolist(), rows["label"].tolist(), rows[name].tolist(), of.labels)
        scores[name] = float(metrics.macro_f1(found.sum(0)))
    ranking = sorted(scores, key=lambda name: (-scores[name], name))
    return {"sentences": len(rows), "scores": scores, "ranking": ranking}


def _left(
    of: Material, systems: pd.DataFrame, whole: dict[str, Any], votes: pd.DataFrame, gone: list[str]
) -> dict[str, Any]:
    rest = votes[~votes["annotator"].isin(gone)]
    before, after = (plurality(counted(part, of.labels)) for part in (votes, rest))
    both = pd.DataFrame({"before": before, "after": after}).dropna(subset=["before"])
    found = _scored(of, systems, rest)
    # A label that the others do not give, because they tie or said nothing, is lost: it moved, too.
    return found | {
        "moved": float((both["before"] != both["after"]).mean()) if len(both) else 0.0,
        "lost": float(both["after"].isna().mean()) if len(both) else 0.0,
        "headline": found["scores"]["model"] - whole["scores"]["model"],
        "same_ranking": found["ranking"] == whole["ranking"],
    }


def _clear(whole: dict[str, Any], without: dict[str, Any], camps: str) -> str:
    most = max(without, key=lambda name: abs(without[name]["headline"]))
    changed = sum(not part["same_ranking"] for part in without.values())
    ranking = "the ranking of models stays" if not changed else f"the ranking of models changes in {changed} cases"
    moved = max(without, key=lambda name: without[name]["moved"])
    return (
        f"Without any one annotator macro-F1 stays within {number(abs(without[most]['headline']))} of "
        f"{number(whole['scores']['model'])}, and {ranking}; up to {number(100 * without[moved]['moved'], 0)} % of the "
        f"labels would be others or lost (without {moved}).{camps}"
    )


def _table(whole: dict[str, Any], without: dict[str, Any], camps: dict[str, Any] | None) -> dict[str, Any]:
    left = dict(without)
    if camps:
        left |= {"camp " + ", ".join(camps["members"][name]): part for name, part in camps["without"].items()}
    columns = [
        "without",
        "sentences",
        "labels that change or are lost",
        "lost",
        "macro_f1",
        "change",
        "stand-in",
        "majority",
        "ranking stays",
    ]
    scores = whole["scores"]
    rows = [["nobody", whole["sentences"], 0.0, 0.0, scores["model"], 0.0, scores["standin"], scores["majority"], True]]
    for name, part in left.items():
        scores = part["scores"]
        rows.append(
            [
                name,
                part["sentences"],
                part["moved"],
                part["lost"],
                scores["model"],
                part["headline"],
                scores["standin"],
                scores["majority"],
                part["same_ranking"],
            ]
        )
    return table("Without an annotator or a camp", columns, rows)


def _camps(camps: dict[str, Any] | None) -> list[dict[str, Any]]:
    if camps is None:
        return []
    columns = ["one camp", "the other", "agreement lower between than within", "by chance"]
    members = (", ".join(camps["members"][name]) for name in ("one", "two"))
    return [table("The two camps that are furthest apart", columns, [[*members, camps["gap"], camps["by_chance"]]])]
