"""The training round before real work: sentences with known answers, and a bar that opens the work."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from corpus.errors import ServerError, UsageError
from corpus.files import sha256_text
from corpus.labels import Labels, WorkedExample
from labeling.assign.items import bring_in
from labeling.ledger.ledger import Assignment, Ledger
from labeling.questions import interface_xml, label_set
from labeling.studio.client import Server
from labeling.studio.own_project import own_project
from labeling.studio.refusals import missing

_ROUND: Literal["training"] = "training"


@dataclass(frozen=True)
class Standing:
    """How far somebody is with their training round, and whether they have passed it (or were let off)."""

    annotator: str
    project: int
    answered: int
    right: int
    total: int
    needed: int
    passed: bool


def gate(
    server: Server, ledger: Ledger, labels: Labels, annotator: str, project: int, *, bar: float, seed: int
) -> int | None:
    """Open a project to its annotator; or their training round first, which opens it when it is passed.

    Returns
    -------
    int or None
        The training project, if it has yet to be passed.
    """
    if not labels.training or not bar:
        server.set_members(project, [annotator])
        return None
    rounds = _rounds(server, ledger, annotator)
    training = rounds[-1] if rounds else _new_round(server, ledger, labels, annotator, bar=bar, seed=seed)
    if not _has_key(server, training):
        _complete(server, ledger, labels, annotator, training, bar=bar, seed=seed)
    key = _key(server, training)
    if key["passed"]:
        server.set_members(project, [annotator])
        return None
    if label_set(server.projects([training])[training].interface) != label_set(interface_xml(labels)):
        # It would teach labels that are not asked any more.
        training = _in_its_place(server, ledger, labels, annotator, training, bar=bar, seed=seed)
        key = _key(server, training)
    _put(server, ledger, labels, training, key | {"opens": sorted({*key["opens"], project})})
    return training


def standings(server: Server, ledger: Ledger) -> list[Standing]:
    """Where each person is with their last training round, by address."""
    people = sorted({p.annotator for p in ledger.projects() if p.role == _ROUND and p.annotator is not None})
    found = []
    for person in people:
        if rounds := _rounds(server, ledger, person):
            key = _key(server, rounds[-1])
            found.append(
                Standing(person, rounds[-1], key["answered"], key["right"], key["total"], key["needed"], key["passed"])
            )
    return found


def again(server: Server, ledger: Ledger, labels: Labels, annotator: str, *, bar: float, seed: int) -> int:
    """A new round for somebody who did not pass; it opens what the last one would have opened.

    Raises
    ------
    UsageError
        There is no round that was finished and not passed.
    """
    last = _last(server, ledger, annotator)
    key = _key(server, last)
    if key["passed"] or key["answered"] < key["total"]:
        state = "passed" if key["passed"] else f"not finished ({key['answered']} of {key['total']})"
        raise UsageError(f"the training round of {annotator} is {state}: there is nothing to do again")
    return _in_its_place(server, ledger, labels, annotator, last, bar=bar, seed=seed)


def _in_its_place(
    server: Server, ledger: Ledger, labels: Labels, annotator: str, last: int, *, bar: float, seed: int
) -> int:
    """A new round, which opens what the last one would have opened."""
    training = _new_round(server, ledger, labels, annotator, bar=bar, seed=seed)
    _put(server, ledger, labels, training, _key(server, training) | {"opens": _key(server, last)["opens"]})
    server.set_members(last, [])
    return training


def waive(server: Server, ledger: Ledger, labels: Labels, annotator: str) -> None:
    """Let somebody to their work, whatever their training round says."""
    last = _last(server, ledger, annotator)
    _put(server, ledger, labels, last, _key(server, last) | {"waived": True})


def _last(server: Server, ledger: Ledger, annotator: str) -> int:
    if not (rounds := _rounds(server, ledger, annotator)):
        raise UsageError(f"{annotator} has no training round; `stance label annotators assign` makes one")
    return rounds[-1]


def _rounds(server: Server, ledger: Ledger, annotator: str) -> list[int]:
    mine = (server.name, _ROUND, annotator)
    return sorted(int(p.project) for p in ledger.projects() if (p.server, p.role, p.annotator) == mine)


def _new_round(server: Server, ledger: Ledger, labels: Labels, annotator: str, *, bar: float, seed: int) -> int:
    number = len(_rounds(server, ledger, annotator)) + 1
    name = _ROUND if number == 1 else f"{_ROUND} {number}"
    project = own_project(server, ledger, labels, role=_ROUND, batch=name, annotator=annotator)
    _complete(server, ledger, labels, annotator, project, bar=bar, seed=seed)
    return project


def _complete(
    server: Server, ledger: Ledger, labels: Labels, annotator: str, project: int, *, bar: float, seed: int
) -> None:
    """Give a round its items, its answer key and its one member, as far as it lacks them."""
    texts = {_sentence_id(example): example.text for example in labels.training}
    if not _items(server, ledger, project):
        order = np.random.default_rng([seed, *annotator.encode()]).permutation(len(labels.training))
        rows = [
            Assignment(
                server=server.name, project=str(project), item=secrets.token_hex(8), batch=_ROUND,
                annotator=annotator, sentence_id=_sentence_id(example), kind=_ROUND, position=position, cue=False,
                suggestion=False, known=_known(labels, example), seed=seed,
            )
            for position, example in enumerate(labels.training[n] for n in order)
        ]  # fmt: skip
        with ledger.writing() as connection:
            ledger.assign(connection, rows)
    # The key first: an answer before it would get no verdict.
    _put(server, ledger, labels, project, {"bar": bar, "opens": []})
    tasks = [
        {"sentence_id": row["sentence_id"], "text": texts[row["sentence_id"]], "item": row["item"]}
        | dict.fromkeys(("title", "date", "before", "after"), "")
        for row in _items(server, ledger, project)
    ]
    bring_in(server, ledger, project, tasks)
    server.set_members(project, [annotator])


def _sentence_id(example: WorkedExample) -> str:
    return f"training-{sha256_text(example.text)[:15]}"


def _known(labels: Labels, example: WorkedExample) -> str:
    """The answers to the questions that are asked, as JSON."""
    return json.dumps({name: example.answers[name] for name in labels.enabled}, ensure_ascii=False)


def _items(server: Server, ledger: Ledger, project: int) -> list[Mapping[Any, Any]]:
    return [*ledger.assignments(server=server.name, project=str(project)).to_dict("records")]


def _key(server: Server, project: int) -> dict[str, Any]:
    found: dict[str, Any] = server.request("GET", f"api/stancelab/projects/{project}/training/")
    return found


def _has_key(server: Server, project: int) -> bool:
    """False for a round whose making was interrupted."""
    try:
        _key(server, project)
    except ServerError as error:
        if missing(error):
            return False
        raise
    return True


def _put(server: Server, ledger: Ledger, labels: Labels, project: int, key: dict[str, Any]) -> None:
    rules = {_sentence_id(example): example.rule for example in labels.training}
    known = {
        row["item"]: {"answers": json.loads(row["known"]), "rule": rules.get(row["sentence_id"], "")}
        for row in _items(server, ledger, project)
    }
    body = {name: key[name] for name in ("bar", "opens", "waived") if name in key} | {"items": known}
    server.request("PUT", f"api/stancelab/projects/{project}/training/", body)
