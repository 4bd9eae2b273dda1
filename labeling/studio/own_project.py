"""A project that belongs to one person: made once, found again, and never shared."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from corpus.errors import LabelsChanged, ServerError, UsageError, listed
from corpus.files import lock, sha256_text
from corpus.labels import Labels
from labeling.assign.items import items
from labeling.guideline import guideline_summary_html
from labeling.ledger import label_versions
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
    """The project of one person for a batch under today's labels; made, and remembered in the ledger, if there is none.

    Its title tells its annotator which batch it is, and nobody whose. It has no members yet.

    Raises
    ------
    ServerError
        The ledger knows the project, and the server has it no more.
    """
    mine = (server.name, role, batch, annotator)
    interface = interface_xml(labels)
    now = label_set(interface)
    known = [int(p.project) for p in ledger.projects() if (p.server, p.role, p.batch, p.annotator) == mine]
    there = server.projects(known)
    if known and max(known) not in there:
        raise ServerError(
            f"{server.url} has no project {max(known)} any more, which is {annotator}'s for {batch}. What was "
            "pulled is in the ledger; restore the server from a backup, or draw a new batch"
        )
    if fitting := [number for number, found in there.items() if label_set(found.interface) == now]:
        return max(fitting)
    # Of a batch that was migrated to another label set, each person has a project for each.
    words = [*mine, repr(now)] if known else mine
    title = f"{batch[:40]} {sha256_text(' '.join(words))[:8]}"
    found = server.project(title)
    if found is not None:
        project = found.id
    else:
        project = server.create_project(title, interface, instruction=guideline_summary_html(labels), overlap=1)
    with ledger.writing() as connection:
        ledger.remember(
            connection, Project(server.name, str(project), batch, labels.version, None, role=role, annotator=annotator)
        )
        label_versions.know(connection, labels.version, now)
    return project


def reword(server: Server, ledger: Ledger, batch: str, labels: Labels, *, state: Path) -> int:
    """Bring the words of the projects of an assigned batch to those of ``labels``; how many tasks they hold.

    Raises
    ------
    LabelsChanged
        As :func:`keep_to` does.
    """
    with lock(state / "push.lock", "", wait=True):
        mine = {p.project for p in ledger.projects() if (p.server, p.role, p.batch) == (server.name, "assigned", batch)}
        keep_to(server, ledger, labels, mine, state=state)
        return sum(project.tasks for project in server.projects([int(number) for number in mine]).values())


def keep_to(server: Server, ledger: Ledger, labels: Labels, projects: Collection[str], *, state: Path) -> None:
    """Bring the words of projects to those of ``labels``; what was answered until now was answered under the old ones.

    Raises
    ------
    LabelsChanged
        Questions or labels are others than those of a project, whose items were drawn for these, and no map says how
        they read now.
    """
    old = [
        p
        for p in ledger.projects()
        if p.server == server.name and p.project in projects and p.labels_version != labels.version
    ]
    if not old:
        return
    interface = interface_xml(labels)
    now = label_set(interface)
    with ledger.reading() as connection:
        settled = label_versions.settled(connection, now)
    there = {}
    for number, project in server.projects([int(p.project) for p in old]).items():
        if changes := differences(label_set(project.interface), now):
            known = [p for p in old if p.project == str(number)]
            if {p.labels_version for p in known} <= settled and all(items(server, number).values()):
                continue  # its answers read in this set by a written map, and it asks for no others
            raise LabelsChanged(
                f"project {project.title!r} was assigned with another label set: {'; '.join(changes)}. "
                "Put the labels back; or draw a new batch (`stance corpus sample N --name NEW`) and assign that; or "
                f"write down how the old labels read now: `stance label push {known[0].batch} --migrate FILE`"
            )
        there[number] = project
    _reword(server, ledger, labels, list(there), state=state)


def _reword(server: Server, ledger: Ledger, labels: Labels, projects: Collection[int], *, state: Path) -> None:
    """Give projects the interface and guideline of today; what was answered until now was answered under the old."""
    if not projects:
        return
    pull(server, ledger, state=state)
    for number in projects:
        server.update_interface(number, interface_xml(labels), guideline_summary_html(labels))
    with ledger.writing() as connection:
        label_versions.know(connection, labels.version, label_set(interface_xml(labels)))
        for known in ledger.projects():
            if known.server == server.name and known.project in set(map(str, projects)):
                ledger.remember(connection, replace(known, labels_version=labels.version))
