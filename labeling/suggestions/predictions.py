"""Model predictions as Label Studio takes them, checked by its client's own validation before anything is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from label_studio_sdk.label_interface import LabelInterface

from corpus.errors import ServerError, listed
from labeling.questions import result

# What a model says of one text: question -> its label and how probable that is. The label need not be the most probable
# one, as a model may lean to rare labels.
Said = Mapping[str, tuple[str, float]]


def prediction(said: Said, model_version: str) -> dict[str, Any]:
    """One prediction: the label of each question; its score is the probability of the least sure of them."""
    labels = {question: label for question, (label, _) in said.items()}
    score = min(probability for _, probability in said.values())
    return {"result": result(labels), "score": round(float(score), 6), "model_version": model_version}


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


def by_sentence(table: pd.DataFrame) -> dict[str, dict[str, tuple[str, float]]]:
    """A ``predictions`` table as sentence_id -> question -> label and its probability; abstentions are left out."""
    found: dict[str, dict[str, tuple[str, float]]] = {}
    for row in table[~table["abstained"]].to_dict("records"):
        own = found.setdefault(str(row["sentence_id"]), {})
        own[str(row["question"])] = (str(row["label"]), float(row[f"p_{row['label']}"]))
    return found
