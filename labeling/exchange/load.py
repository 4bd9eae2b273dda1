"""Answers from a file into the ledger, each once however often the file is imported."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from corpus.documents import content_id
from corpus.labels import Labels
from labeling.exchange.answer import KINDS, Given, Item, Unusable, written_time
from labeling.exchange.match import Sentences
from labeling.ledger import label_versions
from labeling.ledger.ledger import Answer, Ledger
from labeling.ledger.records import IMPORTED
from labeling.questions import interface_xml, label_set


@dataclass(frozen=True)
class Loaded:
    """What an import did: ``rows`` answers were read; of them ``skipped`` were left out, by reason.

    ``known`` are in the ledger already, pulled from a server; ``examples`` holds the first place of each reason.
    """

    rows: int
    sentences: int
    annotators: int
    new: int
    changed: int
    known: int
    skipped: dict[str, int]
    examples: dict[str, str]


def load(
    items: Iterable[Item],
    ledger: Ledger,
    labels: Labels,
    sentences: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    advance: Callable[[int], None] = lambda n: None,
) -> Loaded:
    """Match answers with sentences and append them to the ledger, all in one transaction.

    An answer is known by sentence, annotator, time, and its place among equals: the same file again adds nothing, and
    a corrected file changes what it corrects.

    Parameters
    ----------
    items : iterable of Given or Unusable
        As a reader gives them.
    ledger : Ledger
        Where they go.
    labels : Labels
        Questions and labels as they read now; others are left out, with the reason. An answer that names no version was
        given under these.
    sentences, documents : DataFrame
        Those tables.
    advance : callable
        Told how many answers were read.
    """
    known_sentences = Sentences(sentences, documents)
    skipped: Counter[str] = Counter()
    examples: dict[str, str] = {}
    answers: list[Answer] = []
    seen: Counter[tuple[str, str, str, str | None]] = Counter()
    pulled = _pulled(ledger)
    with ledger.reading() as connection:
        # A file says how answers read now: where the ledger has a map of their version, they have been through it.
        reads_in = label_versions.reads_in(connection)
    rows = known = 0
    for item in items:
        rows += 1
        advance(1)
        sentence, reason = _placed(item, known_sentences, labels)
        if not isinstance(item, Given) or sentence is None:
            skipped[reason] += 1
            examples.setdefault(reason, item.place)
            continue
        answer = _answer(item, sentence, _version(item, labels, reads_in), seen)
        if _told_apart(answer) in pulled:
            known += 1
        else:
            answers.append(answer)
    with ledger.writing() as connection:
        recorded = ledger.record(connection, answers)
        if answers:
            label_versions.know(connection, labels.version, label_set(interface_xml(labels)))
    return Loaded(
        rows=rows,
        sentences=len({answer.sentence_id for answer in answers}),
        annotators=len({answer.annotator for answer in answers}),
        new=recorded.new,
        changed=recorded.changed,
        known=known,
        skipped=dict(skipped.most_common()),
        examples=examples,
    )


def _placed(item: Item, sentences: Sentences, labels: Labels) -> tuple[str | None, str]:
    """The sentence of an answer, or why it has none that can be used."""
    if isinstance(item, Unusable):
        return None, item.reason
    if item.question not in labels.questions:
        return None, f"question {item.question[:60]!r} is not configured"
    if item.label is not None and item.label not in labels.questions[item.question].labels:
        return None, f"label {item.label[:60]!r} is not configured for {item.question}"
    return sentences.find(item)


def _version(item: Given, labels: Labels, reads_in: Mapping[str, str]) -> str:
    version = item.labels_version
    return labels.version if version is None else reads_in.get(version, version)


def _answer(item: Given, sentence: str, labels_version: str, seen: Counter[tuple[str, str, str, str | None]]) -> Answer:
    moment = written_time(item.created_at)
    key = (sentence, item.annotator, item.question, moment)
    number = seen[key]
    seen[key] += 1
    first = content_id(sentence, item.annotator, moment, 0)
    return Answer(
        server=IMPORTED,
        # Of equals the last in the file has the highest name, and counts.
        annotation_id=f"{first}.{number:06}" if number else first,
        question=item.question,
        sentence_id=sentence,
        annotator=item.annotator,
        label=item.label,
        state="submitted" if item.label is not None else "skipped",
        skip_reason=item.skip_reason,
        created_at=item.created_at,
        updated_at=item.updated_at or item.created_at,
        lead_time_s=item.lead_time_s,
        labels_version=labels_version,
        suggestion=item.suggestion,
        kind=item.kind,
        cue=item.cue,
        notes=item.notes,
    )


def _pulled(ledger: Ledger) -> set[tuple[object, ...]]:
    """What a server gave us: our own export, imported again, is no second answer."""
    found = ledger.annotations(KINDS)
    found = found[(found["server"] != IMPORTED) & (found["state"] != "deleted")]
    return {
        (sentence, who, question, None if pd.isna(label) else label, None if pd.isna(at) else at.isoformat())
        for sentence, who, question, label, at in found[
            ["sentence_id", "annotator", "question", "label", "created_at"]
        ].itertuples(index=False)
    }


def _told_apart(answer: Answer) -> tuple[object, ...]:
    moment = pd.Timestamp(answer.created_at).isoformat() if answer.created_at else None
    return answer.sentence_id, answer.annotator, answer.question, answer.label, moment
