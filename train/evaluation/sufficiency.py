"""Are the test data enough to conclude anything? A verdict with reasons in plain sentences."""

import math
from typing import Any

from train.numbers import counted, interval, number
from train.settings import EnoughSettings


def sufficiency(scores: dict[str, Any], settings: EnoughSettings) -> dict[str, Any]:
    """Judge one question of metrics.json.

    Parameters
    ----------
    scores : dict
        As :func:`train.evaluation.evaluate.measure` builds it for a question: skipped, n_test, n_test_documents,
        labels, per_class, macro_f1 and baseline.
    settings : EnoughSettings
        The bars.

    Returns
    -------
    dict
        ``verdict`` (bool) and ``reasons`` (list of sentences, each with its number and what would be needed; empty
        when the verdict is true).
    """
    if scores["skipped"]:
        return {"verdict": False, "reasons": [f"No model could be fitted: {scores['skipped']}."]}
    reasons = [*_counts(scores, settings), *_width(scores, settings), *_baseline(scores)]
    return {"verdict": not reasons, "reasons": reasons}


def _counts(scores: dict[str, Any], settings: EnoughSettings) -> list[str]:
    reasons = []
    for what, found, needed in (
        ("sentence", scores["n_test"], settings.test_sentences),
        ("document", scores["n_test_documents"], settings.test_documents),
    ):
        if found < needed:
            reasons.append(
                f"The test has {counted(found, what, what + 's')}; "
                f"at least {number(needed)} are needed, {number(needed - found)} more."
            )
    rare = {label: scores["per_class"][label]["support"] for label in scores["labels"]}
    rare = {label: found for label, found in rare.items() if found < settings.sentences_per_label}
    if rare:
        names = ", ".join(f"{label} {number(found)}" for label, found in rare.items())
        reasons.append(
            f"Labels with too few test sentences: {names}; "
            f"at least {number(settings.sentences_per_label)} of each are needed."
        )
    return reasons


def _width(scores: dict[str, Any], settings: EnoughSettings) -> list[str]:
    score = scores["macro_f1"]
    if score["low"] is None:
        return [f"Macro-F1 has no 95 % interval ({score['note']}); sentences of several documents are needed."]
    width = score["high"] - score["low"]
    if width <= settings.interval_width:
        return []
    # The width falls with the square root of the number of documents.
    needed = math.ceil(scores["n_test_documents"] * (width / settings.interval_width) ** 2)
    return [
        f"The 95 % interval of macro-F1 ({interval(score['low'], score['high'])}) is {number(width)} wide; at most "
        f"{number(settings.interval_width)} is needed, which takes about {number(needed)} test documents."
    ]


def _baseline(scores: dict[str, Any]) -> list[str]:
    (baseline,) = scores["baseline"].values()
    difference = baseline["difference"]["macro_f1"]
    if difference["low"] is None or difference["low"] > 0:
        return []
    return [
        f"The model is not shown to be better than always answering {baseline['label']!r}: the difference in macro-F1 "
        f"is {number(difference['value'])} ({interval(difference['low'], difference['high'])}); "
        "an interval above 0 is needed."
    ]
