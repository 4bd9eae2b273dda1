"""A corpus of hostile sentences, a ledger with answers about them, and the import."""

import pandas as pd
import pytest
from exchange_samples import HOSTILE, IDS, LABELS, TEXTS
from ledger_rows import answer

from labeling.exchange.load import load
from labeling.exchange.read import read
from labeling.questions import notes_text


@pytest.fixture
def sentences():
    columns = {"sentence_id": [f"s{n}" for n in range(len(TEXTS))], "doc_id": [f"d{n}" for n in range(len(TEXTS))]}
    return pd.DataFrame(columns | {"text": TEXTS, "start": 0})


@pytest.fixture
def documents():
    frame = pd.DataFrame({"doc_id": [f"d{n}" for n in range(len(TEXTS))], "record_id": IDS})
    return frame.assign(target=None)


@pytest.fixture
def bring(sentences, documents, ledger):
    def run(path, into=ledger, labels=LABELS, about=(sentences, documents), **options):
        return load(read(path, list(labels.questions), **options), into, labels, *about)

    return run


@pytest.fixture
def filled(ledger):
    """Two people on every sentence, one of them with a hostile name, each note, kind and arm; a deleted answer."""
    noted = {"comment": "=1+1\n<b>two</b> lines", "confidence": "@sure", "evidence": [[0, 5, "Plain"], [6, 10, "text"]]}
    answers = []
    for number in range(len(TEXTS)):
        for who in ("=cmd|calc!A0@example.com", "ann@example.com"):
            base = {
                "annotation_id": f"{number}{who}",
                "sentence_id": f"s{number}",
                "annotator": who,
                "suggestion": number == 1,
                "kind": {2: "gold", 3: "retest", 4: "adjudication"}.get(number, "normal"),
                "cue": {1: True, 2: False}.get(number),
                "notes": notes_text({name: noted[name] for name in noted if number == 5 or name == "confidence"}),
            }
            if number == 5 and who.startswith("ann"):
                gone = {"label": None, "state": "skipped", "skip_reason": "-off topic"}
                answers += [answer(0, question=q, **base, **gone) for q in ("stance", "source")]
                continue
            answers.append(answer(0, label=HOSTILE[number], **base))
            answers.append(answer(0, label="x", question="source", **base))
    trained = answer("trained", "a", sentence_id="training-0", kind="training")
    with ledger.writing() as connection:
        ledger.record(connection, [*answers, trained, answer("gone", "a", sentence_id="s0", state="deleted")])
    return ledger
