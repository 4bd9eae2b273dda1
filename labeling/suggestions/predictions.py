"""Model predictions as Label Studio takes them, checked by its client's own validation before anything is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from label_studio_sdk.label_interface import LabelInterface

from corpus.errors import ServerError, listed
from labeling.questions import result

# What a model says of one text: question -> its labels with their probabilities.
Probabilities = Mapping[str, Mapping[str, float]]


def prediction(said: Probabilities, model_version: str) -> dict[str, Any]:
    """One prediction: the most probable label of each question; its score is that of the least sure of them."""
    best = {question: max(labels, key=lambda label: labels[label]) for question, labels in said.items()}
    score = min(said[question][label] for question, label in best.items())
    return {"result": result(best), "score": round(float(score), 6), "model_version": model_version}


def checked(interface: str, predictions: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """``predictions``, if the project's interface takes them all.

    Raises
    ------
    ServerError
        It does not: nothing is sent, and the message has the client's words for the first that is wrong.
    """
    known = LabelInterface(interface)
    for number, one in enumerate(predictions, start=1):
        if problems := known.validate_prediction(dict(one), return_errors=True):
            raise ServerError(
                f"prediction {number} of {len(predictions)} does not fit the project's questions and labels: "
                f"{listed(problems, 3)}. The model was fitted on other labels: fit one on a dataset with these"
            )
    return predictions


def by_sentence(table: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """A ``predictions`` table as sentence_id -> question -> label -> probability; abstentions are left out."""
    columns = [name for name in table.columns if name.startswith("p_")]
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in table[~table["abstained"]][["sentence_id", "question", *columns]].to_dict("records"):
        said = {name[2:]: float(row[name]) for name in columns if pd.notna(row[name])}
        found.setdefault(str(row["sentence_id"]), {})[str(row["question"])] = said
    return found
