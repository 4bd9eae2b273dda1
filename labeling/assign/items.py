"""The items of one person's project: which are there, which were begun, adding and taking back."""

from collections.abc import Callable, Mapping, Sequence

from labeling.ledger.ledger import Ledger
from labeling.studio.client import Server

CHUNK = 500


def bring_in(
    server: Server,
    ledger: Ledger,
    project: int,
    tasks: Sequence[Mapping[str, str]],
    advance: Callable[[int], None] = lambda n: None,
) -> int:
    """Add the tasks that a project lacks, in their order; take back others that nobody has begun. How many were added.

    A task is known by its ``item``.
    """
    wanted = {task["item"] for task in tasks}
    there = items(server, project)
    withdraw(server, project, [item for item, begun in there.items() if item not in wanted and not begun])
    missing = [task for task in tasks if task["item"] not in there]
    advance(len(tasks) - len(missing))
    for start in range(0, len(missing), CHUNK):
        part = missing[start : start + CHUNK]
        made = server.import_tasks(project, part)
        rows = [(task, data["sentence_id"], data["item"]) for task, data in zip(made, part, strict=True)]
        with ledger.writing() as connection:
            ledger.pushed(connection, server.name, str(project), rows)
        advance(len(part))
    return len(missing)


def items(server: Server, project: int, *, keep_drafts: bool = True) -> dict[str, bool]:
    """Item -> whether somebody answered or skipped it, or drafted it (if that counts), in the order of the project."""
    rows = server.request("GET", f"api/stancelab/projects/{project}/items/")
    return {row["item"]: row["begun" if keep_drafts else "answered"] for row in rows}


def withdraw(server: Server, project: int, unwanted: Sequence[str], *, keep_drafts: bool = True) -> None:
    """Take items back; those that somebody has begun stay, as :func:`items` has it."""
    if unwanted:
        body = {"items": list(unwanted), "keep_drafts": keep_drafts}
        server.request("DELETE", f"api/stancelab/projects/{project}/items/", body)
