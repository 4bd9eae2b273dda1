"""A project that belongs to one person: made once, found again, and never shared."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from corpus.errors import LabelsChanged, ServerError, UsageError, listed
from corpus.files import sha256_text
from corpus.labels import Labels
from labeling.guideline import guideline_summary_html
from labeling.ledger.ledger import Ledger, Project
from labeling.ledger.records import Role
from labeling.questions import interface_xml, label_set
from labeling.studio.client import Server
from labeling.studio.migration import differences
from labeling.studio.pull import pull


def check_people(server: Server, annotators: Collection[str]) -> None:
    """Raise unless the server keeps people's work apart and has an open account for each address.

    Raises
    ------
    ServerError
        The server does not enforce roles.
    UsageError
        An address has no account, or a closed one.
    """
    if not server.enforces_roles:
        raise ServerError(
            f"{server.url} is not run by `stance label serve`: everybody there sees everybody's labels, and assigning "
            "would promise what it cannot keep. `stance label push BATCH` makes one project for all"
        )
    open_accounts = {person.email for person in server.people() if person.active}
    if unknown := sorted(set(annotators) - open_accounts):
        raise UsageError(
            f"no open account for {listed(unknown)}; add one with `stance label annotators add {unknown[0]}`"
        )


def own_project(server: Server, ledger: Ledger, labels: Labels, *, role: Role, batch: str, annotator: str) -> int:
    """The project of one person for a batch; made, and remembered in the ledger, if there is none.

    Its title tells its annotator which batch it is, and nobody whose. It has no members yet.

    Raises
    ------
    ServerError
        The ledger knows the project, and the server has it no more.
    """
    mine = (server.name, role, batch, annotator)
    known = next((p for p in ledger.projects() if (p.server, p.role, p.batch, p.annotator) == mine), None)
    if known is not None:
        if int(known.project) not in server.projects([int(known.project)]):
            raise ServerError(
                f"{server.url} has no project {known.project} any more, which is {annotator}'s for {batch}. What was "
                "pulled is in the ledger; restore the server from a backup, or draw a new batch"
            )
        return int(known.project)
    title = f"{batch[:40]} {sha256_text(' '.join(mine))[:8]}"
    found = server.project(title)
    if found is not None:
        project = found.id
    else:
        project = server.create_project(
            title, interface_xml(labels), instruction=guideline_summary_html(labels), overlap=1
        )
    with ledger.writing() as connection:
        ledger.remember(
            connection, Project(server.name, str(project), batch, labels.version, None, role=role, annotator=annotator)
        )
    return project


def keep_to(server: Server, ledger: Ledger, labels: Labels, projects: Collection[str], *, state: Path) -> None:
    """Bring the words of projects to those of ``labels``; what was answered until now was answered under the old ones.

    Raises
    ------
    LabelsChanged
        Questions or labels are others than those of a project; its items were drawn for these.
    """
    old = [
        p
        for p in ledger.projects()
        if p.server == server.name and p.project in projects and p.labels_version != labels.version
    ]
    if not old:
        return
    there = server.projects([int(p.project) for p in old])
    interface = interface_xml(labels)
    for project in there.values():
        if changes := differences(label_set(project.interface), label_set(interface)):
            raise LabelsChanged(
                f"project {project.title!r} was assigned with another label set: {'; '.join(changes)}. "
                "Put the labels back, or draw a new batch (`stance corpus sample N --name NEW`) and assign that"
            )
    pull(server, ledger, state=state)
    for number in there:
        server.update_interface(number, interface, guideline_summary_html(labels))
    with ledger.writing() as connection:
        for known in ledger.projects():
            if known.server == server.name and known.project in projects and int(known.project) in there:
                ledger.remember(connection, replace(known, labels_version=labels.version))
