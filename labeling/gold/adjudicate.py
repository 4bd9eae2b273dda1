"""Disputes become Label Studio projects, one for each adjudicator and question; decisions come back with pull."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from corpus import tables
from corpus.documents import target_start
from corpus.errors import NotFound, UsageError, listed
from corpus.files import lock, sha256_text
from corpus.labels import COMMENT, Labels
from corpus.sampling.draw import batch_table
from corpus.workspace import Workspace
from labeling.gold.aggregate import Method, aggregate, votes
from labeling.gold.disputes import disputes, said_of
from labeling.gold.suspects import with_suspects
from labeling.guideline import guideline_summary_html
from labeling.ledger.ledger import Ledger, Project
from labeling.questions import interface_xml
from labeling.studio.client import Server
from labeling.studio.task_data import task_data

_CHUNK = 500


@dataclass(frozen=True)
class Adjudication:
    """What is disputed, how much of it is decided, and the projects: (adjudicator, question) -> its number."""

    disputes: int
    decided: int
    created: int
    projects: dict[tuple[str, str], int]


def disputed(
    workspace: Workspace,
    ledger: Ledger,
    labels: Labels,
    method: Method,
    min_probability: float,
    suspects: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """The disputes of a workspace, whether decided or not, and what a run finds suspect.

    See :func:`labeling.gold.disputes.disputes` and :func:`labeling.gold.suspects.with_suspects`.
    """
    annotations = ledger.annotations()
    documents = tables.read(workspace.corpus / "documents.parquet", tables.DOCUMENTS)
    sentences = tables.read(workspace.corpus / "sentences.parquet", tables.SENTENCES)
    gold = aggregate(annotations, labels, method, min_probability=min_probability)
    given = {name: votes(annotations, name, spec.labels) for name, spec in labels.enabled.items()}
    about = sentences.merge(documents[["doc_id", "target", "target_start"]], on="doc_id")
    # Near copies do not have a mention in the same place, but in the same order.
    mention = target_start(about).groupby([about["text"], about["target"]]).rank("dense").fillna(1)
    found = disputes(gold, given, about.assign(mention=mention))
    known = set(sentences["sentence_id"])
    listed = {question: [s for s in of if s in known] for question, of in suspects.items()}
    return with_suspects(found, listed, {question: said_of(frame) for question, frame in given.items()})


def adjudicate(
    server: Server,
    ledger: Ledger,
    workspace: Workspace,
    labels: Labels,
    *,
    adjudicators: Sequence[str],
    method: Method,
    min_probability: float,
    suspects: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Adjudication:
    """Give each dispute that nobody has yet to an adjudicator, in turn; again and again without doubling one.

    Parameters
    ----------
    server, ledger, workspace : Server, Ledger, Workspace
        Where the tasks go; whose votes; whose corpus.
    labels : Labels
        Questions and guideline.
    adjudicators : sequence of str
        Their addresses; if empty, everybody whom the server knows as one.
    method, min_probability
        How the gold labels are made whose open ones are disputes.
    suspects : mapping
        Question -> sentences that are to be decided as well, though they have a gold label.

    Raises
    ------
    NotFound
        An adjudicator has no account.
    UsageError
        There is nobody to decide, or somebody named is an annotator.
    """
    found = disputed(workspace, ledger, labels, method, min_probability, suspects)
    decided = ledger.annotations(kinds=("adjudication",))
    decided = decided[(decided["state"] == "submitted")][["sentence_id", "question"]].drop_duplicates()
    done = found.merge(decided, on=["sentence_id", "question"])
    people = _people(server, adjudicators)
    documents = tables.read(workspace.corpus / "documents.parquet", tables.DOCUMENTS)
    sentences = tables.read(workspace.corpus / "sentences.parquet", tables.SENTENCES)
    rows = batch_table(documents, sentences, list(dict.fromkeys(found["sentence_id"]))).set_index(
        "sentence_id", drop=False
    )
    created = 0
    projects: dict[tuple[str, str], int] = {}
    with lock(workspace.root / "adjudicate.lock", "", wait=True):
        for question, part in found.groupby("question", sort=False):
            name = str(question)
            theirs = {who: _project(server, ledger, labels, name, who) for who in people}
            # Also what somebody got who is not asked this time.
            given = {int(p.project) for p in ledger.projects() if (p.server, p.batch) == (server.name, _batch(name))}
            taken = {s for project in given for _, s, _ in server.task_sentences(project)}
            new = part[~part["sentence_id"].isin(taken)]
            for number, who in enumerate(people):
                mine = new.iloc[number :: len(people)]
                _add(server, ledger, theirs[who], mine, rows)
            created += len(new)
            projects |= {(who, name): project for who, project in theirs.items()}
    return Adjudication(len(found), len(done), created, projects)


def _people(server: Server, named: Sequence[str]) -> list[str]:
    if not server.enforces_roles:
        known = sorted(server.users().values())
        if not named:
            raise UsageError("this server has no roles: name who decides (stance label adjudicate EMAIL)")
    else:
        people = [person for person in server.people() if person.active]
        known = [person.email for person in people]
        asked = {email.lower() for email in named}
        # Who labels would decide on their own votes, and see those of the others.
        if labelling := [p.email for p in people if p.role == "annotator" and p.email.lower() in asked]:
            raise UsageError(
                f"{listed(labelling)} labels here, and who labels does not decide; name somebody else, or make it "
                f"their role: `stance label annotators add {labelling[0]} --role adjudicator`"
            )
        named = named or [person.email for person in people if person.role == "adjudicator"]
        if not named:
            raise UsageError(
                "there is no adjudicator: `stance label annotators add EMAIL --role adjudicator`, "
                "or name who decides (stance label adjudicate EMAIL)"
            )
    for email in named:
        if email.lower() not in {who.lower() for who in known}:
            raise NotFound("account", email, known, "Make one: `stance label annotators add EMAIL --role adjudicator`.")
    return sorted({who for who in known if who.lower() in {email.lower() for email in named}})


def _project(server: Server, ledger: Ledger, labels: Labels, question: str, who: str) -> int:
    """The project in which one person decides one question; another label set is another project."""
    mark = sha256_text(f"{who} {question} {list(labels.questions[question].labels)}")[:8]
    title = f"Adjudication: {question[:20]} {mark}"
    found = server.project(title)
    if found is None:
        instruction = guideline_summary_html(labels)
        project = server.create_project(title, interface(labels, question), instruction=instruction, overlap=1)
    else:
        project = found.id
    if server.enforces_roles and server.members(project) != [who]:
        server.set_members(project, [who])
    known = {p.project for p in ledger.projects() if p.server == server.name}
    if str(project) not in known:
        with ledger.writing() as connection:
            ledger.remember(
                connection,
                Project(
                    server.name,
                    str(project),
                    _batch(question),
                    labels.version,
                    None,
                    role="adjudication",
                    annotator=who,
                ),
            )
    return project


def _batch(question: str) -> str:
    """What stands for a batch in the ledger, so that a question's projects are found again."""
    return f"adjudication of {question}"


def interface(labels: Labels, question: str) -> str:
    """The labeling interface with this question alone, the votes beneath the sentence, and room for the reason."""
    alone = {question: labels.questions[question].model_copy(update={"enabled": True})}
    page = ElementTree.fromstring(  # noqa: S314 - our own XML
        interface_xml(labels.model_copy(update={"questions": alone, "comment": True, "evidence": False}))
    )
    block = ElementTree.Element("View", className="sl-meta sl-votes")
    ElementTree.SubElement(block, "Header", value="What people said", size="6", underline="false")
    ElementTree.SubElement(block, "Text", name="votes", value="$votes", selectionEnabled="false")
    first = next(place for place, part in enumerate(page) if (part.get("className") or "").startswith("sl-question"))
    page.insert(first, block)
    for area in page.iter("TextArea"):
        if area.get("name") == COMMENT:
            area.set("placeholder", "Why? If a rule of the guideline decides, which one")
    return ElementTree.tostring(page, encoding="unicode")


def _add(server: Server, ledger: Ledger, project: int, new: pd.DataFrame, rows: pd.DataFrame) -> None:
    for start in range(0, len(new), _CHUNK):
        part = new.iloc[start : start + _CHUNK]
        data: list[dict[str, Any]] = [
            task_data(rows.loc[sentence].to_dict()) | {"votes": said}
            for sentence, said in part[["sentence_id", "votes"]].itertuples(index=False)
        ]
        made = server.import_tasks(project, data)
        with ledger.writing() as connection:
            ledger.pushed(
                connection,
                server.name,
                str(project),
                [(task, s, None) for task, s in zip(made, part["sentence_id"], strict=True)],
            )
