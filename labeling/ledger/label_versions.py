"""What the ledger knows of label sets: their versions, and how the labels of one read in another."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from labeling.ledger.schema import label_sets, migrations, revisions
from labeling.studio.migration import LabelChange, LabelSet


def know(connection: sa.Connection, version: str, questions: LabelSet) -> None:
    """Write down the label set of a version, once."""
    if connection.execute(sa.select(label_sets.c.version).where(label_sets.c.version == version)).first() is None:
        text = json.dumps({name: list(labels) for name, labels in questions.items()}, ensure_ascii=False)
        connection.execute(sa.insert(label_sets).values(version=version, questions=text, at=datetime.now(UTC)))


def known(connection: sa.Connection) -> dict[str, dict[str, list[str]]]:
    """Version -> question -> labels, of every version that was pushed, or imported under."""
    rows = connection.execute(sa.select(label_sets.c.version, label_sets.c.questions))
    return {version: json.loads(questions) for version, questions in rows}


def given_under(connection: sa.Connection, server: str, project: str | None) -> set[str]:
    """The versions under which answers of a project were given; imported ones belong to none."""
    c = revisions.c
    query = sa.select(c.labels_version).distinct().where(c.server == server, c.project == project)
    return {str(version) for (version,) in connection.execute(query) if version is not None}


def record(connection: sa.Connection, found: Iterable[LabelChange]) -> None:
    """Append how labels of one version read in another."""
    now = datetime.now(UTC)
    rows = [vars(change) | {"at": now} for change in found]
    if rows:
        connection.execute(sa.insert(migrations), rows)


def changes(connection: sa.Connection) -> list[LabelChange]:
    """Every change that was written, in order."""
    c = migrations.c
    query = sa.select(c.from_version, c.to_version, c.question, c.old, c.label).order_by(c.seq)
    return [LabelChange(*row) for row in connection.execute(query)]


def reads_in(connection: sa.Connection) -> dict[str, str]:
    """Version -> the version that its labels read in, for those that were migrated."""
    steps = {change.from_version: change.to_version for change in changes(connection)}
    found = {}
    for start in steps:
        last, seen = start, {start}
        while last in steps and steps[last] not in seen:
            last = steps[last]
            seen.add(last)
        found[start] = last
    return found


def settled(connection: sa.Connection, questions: LabelSet) -> set[str]:
    """The versions whose labels read in this label set: those that have it, and those that were migrated to it."""
    sets, reads = known(connection), reads_in(connection)
    return {version for version in {*sets, *reads} if sets.get(reads.get(version, version)) == questions}
