"""Audit 1, leaks: would the score hold for another document, outlet, event or month, and does it need the text?"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from train.audits import chance, copies, origins
from train.audits.finding import Finding, Suspicion, corrected, table
from train.audits.material import Material
from train.audits.standin import ROWS, Array, Codes, Standin, folds_of
from train.evaluation import metrics
from train.numbers import counted, number

# A loss of macro-F1 that is worth an alarm.
DROP = 0.03
# Rounds of cross-validation whose mean stands for a way to split.
_ROUNDS = 5
# What each way to split keeps apart, by the name of the dataset's split.
_KEPT_APART = {
    "cluster": {"cluster"},
    "document": {"cluster", "document"},
    "outlet": {"cluster", "document", "outlet"},
    "event": {"cluster", "document", "event"},
    "time": {"cluster", "document", "time"},
}


def leaks(of: Material) -> Finding:
    """The stand-in under splits of every kind, copies across the run's own split, and models of metadata alone.

    A way to split is compared with the same way after its values (outlets, dates, ...) were dealt to other documents:
    what a document's outlet has to say is then gone, and everything else is as it was.
    """
    standin = of.standin
    if len(np.unique(standin.codes)) < 2 or standin.groups.max() < 4:
        return Finding(unknown="Leaks cannot be looked for: there are too few documents, or only one label.")
    found, tests, suspicions = _splits(of, standin)
    alone, more_tests, more = origins.metadata_alone(of, standin, found["document"]["value"])
    tests += more_tests
    across = copies.across(of)
    smallest = corrected(tests)
    factor, drops = len(tests), len(suspicions)
    suspicions = [Suspicion(s.says, None if s.p is None else min(1.0, s.p * factor)) for s in (*suspicions, *more)]
    # What a reader must know first: that the text is hardly needed; then what is a fact.
    parted = [suspicions[:drops], suspicions[drops:]]
    suspicions = [*parted[1][:1], *copies.suspicions(across), *parted[0], *parted[1][1:]]
    rows = [
        [name, part["value"], part["low"], part["high"], part["by_chance"], part["groups"]]
        for name, part in found.items()
    ]
    columns = ["split", "macro_f1", "low", "high", "with values dealt to other documents", "groups"]
    clear, missing = _clear(found, alone, across), _missing(found)
    return Finding(
        unknown=None if tests or suspicions else f"Nothing could be tested but copies. {clear}",
        clear=clear,
        suspicions=suspicions,
        p=smallest,
        numbers={"splits": found, "metadata": alone, "copies": across["counts"]},
        tables=[
            table("The same model under other splits", columns, rows),
            table(
                "What is seen without the text",
                ["seen", "macro_f1", "by chance", "share of what the text model knows"],
                [[name, part["value"], part["by_chance"], part["share"]] for name, part in alone.items()],
            ),
            table(
                "Copies across the split", ["sentence", "copy of", "kind", "text", "text of the copy"], across["pairs"]
            ),
        ],
        parameters={"rows": len(standin.rows), "most_rows": ROWS, "rounds": _ROUNDS, "drop": DROP}
        | {"permutations": chance.PERMUTATIONS, "come_close": origins.CLOSE, "copied_share": copies.SHARE},
        seed=of.seed,
        note="The splits are compared with a stand-in for the run's model: ridge regression on the same n-grams (and "
        f"encoder), fitted on {number(len(standin.rows))} of {number(len(of.rows))} labelled sentences.{missing}",
    )


def _splits(of: Material, standin: Standin) -> tuple[dict[str, dict[str, Any]], list[float], list[Suspicion]]:
    """Each way to split with its score; the p of those that the run's split does not keep apart; the drops."""
    rows, documents = standin.rows, standin.documents
    kept = _KEPT_APART.get(of.split, set())
    each_row = np.arange(len(rows))
    joined = standin.groups
    found = {
        "random": _mean(of, standin, each_row),
        "document": _mean(of, standin, joined),
        "cluster": _mean(of, standin, pd.factorize(rows["cluster_id"])[0].astype(np.intp)),
    }
    tests: list[float] = []
    suspicions: list[Suspicion] = []
    found["document"]["by_chance"] = found["random"]["value"]
    if "document" not in kept and len(np.unique(joined)) < len(rows):
        dealt = chance.repeated(lambda rng: _score(standin, rng.permutation(joined), rng), of.seed)
        _judge("document", found["document"], dealt, tests, suspicions)
    for name in ("outlet", "event"):
        values = rows[name].groupby(documents).first().astype("object").where(lambda v: v.notna(), "")
        group = pd.factorize(values)[0].astype(np.intp)
        if len(np.unique(group)) < 3:
            continue
        found[name] = _mean(of, standin, group[documents])
        dealt = chance.repeated(partial(_dealt, standin, group), of.seed)
        found[name]["by_chance"] = float(np.mean(dealt))
        if name not in kept:
            _judge(name, found[name], dealt, tests, suspicions)
    if (order := origins.order_of(rows, documents)) is not None:
        found["time"] = _estimated(of, standin, _forward(standin, order)) | {"groups": origins.BLOCKS}
        found["time"]["undated"] = int(np.isnan(order).sum())
        dealt = chance.repeated(
            lambda rng: standin.macro_f1(_forward(standin, origins.dealt_dates(order, rng))), of.seed
        )
        found["time"]["by_chance"] = float(np.mean(dealt))
        if "time" not in kept:
            _judge("time", found["time"], dealt, tests, suspicions)
    for part in found.values():
        part.setdefault("by_chance", None)
    return found, tests, suspicions


def _judge(
    name: str, part: Mapping[str, Any], dealt: list[float], tests: list[float], suspicions: list[Suspicion]
) -> None:
    p = chance.against(part["value"], dealt, larger=False)
    tests.append(p)
    drop = float(np.mean(dealt)) - part["value"]
    if drop >= DROP:
        what = {"time": "later texts than it learnt from", "document": "other documents"}.get(name, f"another {name}")
        suspicions.append(
            Suspicion(f"For {what} macro-F1 drops by {number(drop)}, from {number(float(np.mean(dealt)))} to "
                      f"{number(part['value'])}.", p)
        )  # fmt: skip


def _dealt(standin: Standin, group: Codes, rng: np.random.Generator) -> float:
    """The score where the groups of documents were dealt to other documents."""
    return _score(standin, rng.permutation(group)[standin.documents], rng)


def _forward(standin: Standin, order: Array) -> Codes:
    """The label of each row by a model of earlier parts of time; rows without a date teach nothing, and get -1."""
    return standin.forward(origins.blocks_of(order, standin.documents), last=origins.BLOCKS - 1)


def _score(standin: Standin, groups: Codes, rng: np.random.Generator) -> float:
    return standin.macro_f1(standin.out_of_fold(folds_of(groups, rng)))


def _mean(of: Material, standin: Standin, groups: Codes) -> dict[str, Any]:
    """The mean score over rounds of folds, with the interval of the first."""
    answers = [standin.out_of_fold(folds_of(groups, np.random.default_rng([of.seed, at]))) for at in range(_ROUNDS)]
    first = _estimated(of, standin, answers[0])
    mean = float(np.mean([standin.macro_f1(answer) for answer in answers]))
    shift = mean - first["value"]
    edges = {
        edge: None if first[edge] is None else float(np.clip(first[edge] + shift, 0, 1)) for edge in ("low", "high")
    }
    return first | {"value": mean} | edges | {"groups": len(np.unique(groups))}


def _estimated(of: Material, standin: Standin, answer: Codes) -> dict[str, Any]:
    known = answer >= 0
    rows = standin.rows[known].assign(answer=np.asarray(of.labels)[answer[known]])
    counts, draws = of.draws(rows, "answer")
    found = metrics.estimate(counts[:, 0], metrics.macro_f1, None if draws is None else draws[:, 0]).as_dict()
    return {key: found[key] for key in ("value", "low", "high")}


def _missing(found: Mapping[str, Any]) -> str:
    """Which splits could not be made, and why; and how many documents one does without."""
    why = {name: f"fewer than three {name}s are known" for name in ("outlet", "event")}
    why["time"] = "documents are of fewer than five known days"
    said = "".join(f" There is no split by {name}: {reason}." for name, reason in why.items() if name not in found)
    if undated := found.get("time", {}).get("undated"):
        said += f" The split by time is without {counted(undated, 'document', 'documents')} of no known date."
    return said


def _clear(found: Mapping[str, Any], alone: Mapping[str, Any], across: Mapping[str, Any]) -> str:
    others = [part["value"] for name, part in found.items() if name in ("outlet", "event", "time")]
    least = f", down to {number(min(others))} for other outlets, events or months" if others else ""
    best = max((part["value"] for part in alone.values()), default=None)
    without = f"; without the text {number(best)}" if best is not None else ""
    return (
        f"Macro-F1 is {number(found['document']['value'])} for other documents{least}{without}; "
        f"{counted(across['counts']['test'], 'test sentence is a copy', 'test sentences are copies')} of training ones."
    )
