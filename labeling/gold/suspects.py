"""Labels that a run's audits found suspect, as disputes for an adjudicator; read from its audits.json."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from corpus.errors import InputError

SUSPECT = "suspect"
_AUDIT = "label errors"


def suspects(run: Path) -> dict[str, list[str]]:
    """The sentences of each question whose label the run's audit of label errors lists, the most suspect first.

    Raises
    ------
    InputError
        The run was not evaluated, or its audits.json is none.
    """
    path = run / "audits.json"
    try:
        audited = json.loads(path.read_text(encoding="utf-8"))["questions"]
        found = {}
        for question, audits in audited.items():
            listed = [table for table in audits[_AUDIT]["tables"] if table["columns"][:1] == ["sentence_id"]]
            found[question] = [str(row[0]) for table in listed for row in table["rows"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        todo = f"Run `stance train evaluate {run.name}` first"
        raise InputError(path, f"is no list of audits that can be read ({error!r:.80})", todo=todo) from None
    return found


def with_suspects(
    disputes: pd.DataFrame, listed: Mapping[str, Sequence[str]], votes: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    """``disputes`` and after them the listed sentences that are none yet.

    Parameters
    ----------
    disputes : pandas.DataFrame
        As :func:`labeling.gold.disputes.disputes` gives it.
    listed : mapping
        Question -> sentences. A question that has no votes is left out, and so is a sentence that has none.
    votes : mapping
        Question -> sentence -> its votes in words.
    """
    rows = [
        (sentence, question, SUSPECT, votes[question][sentence])
        for question, sentences in listed.items()
        for sentence in sentences
        if sentence in votes.get(question, {})
    ]
    new = pd.DataFrame(rows, columns=["sentence_id", "question", "reason", "votes"])
    together = pd.concat([part for part in (disputes, new) if len(part)] or [disputes], ignore_index=True)
    return together.drop_duplicates(["sentence_id", "question"], ignore_index=True)
