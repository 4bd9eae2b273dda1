"""The ``stance label`` commands that start or talk to a Label Studio server."""

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.console import Console, command, counted, labels_option
from labeling.cli.groups import checked_labels_option, group, settings_option

if TYPE_CHECKING:
    from labeling.ledger.ledger import Ledger
    from labeling.ledger.records import Trust


@command(group, "serve", "stance label serve --port 8080")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--database-url", envvar="STANCE_DATABASE_URL", help="postgresql://USER:PASSWORD@HOST:PORT/NAME.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer requests."
)
@checked_labels_option
def serve_command(console: Console, port: int, database_url: str | None, workers: int) -> None:
    """Run Label Studio on this machine until Ctrl-C or SIGTERM; other commands find it through the workspace."""
    from corpus.errors import ServerError
    from corpus.signals import stop_on_sigterm
    from labeling.server.launch import serve
    from labeling.server.secret_store import load_or_create

    folder = console.workspace.labelstudio
    first = not (folder / "label_studio.sqlite3").exists()
    console.note("starting Label Studio" + (" (the first start makes its database: some 30 s)" if first else ""))
    with (
        stop_on_sigterm(),
        suppress(KeyboardInterrupt),
        console.progress("waiting for Label Studio") as advance,
        serve(folder, port, database_url=database_url, workers=workers, waiting=lambda: advance(1)) as (info, child),
    ):
        owner = load_or_create(folder)
        console.result(
            {"url": info.url, "version": info.version, "pid": info.pid},
            [
                f"Label Studio {info.version} answers at {info.url} (Ctrl-C stops it)",
                f"owner: {owner.owner}, password in {folder / 'secrets.json'}",
            ],
        )
        child.wait()
        raise ServerError(f"Label Studio ended by itself (code {child.returncode}); its log: {folder / 'server.log'}")


@command(group, "push", "stance label push batch-001")
@click.argument("batch")
@click.option(
    "--migrate",
    "migrate_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="How labels given under another label set read now, in YAML: `questions: {stance: {old: new, gone: null}}`; "
    "null is labelled again, a label that stays need not be named, `QUESTION: null` is not asked any more.",
)
@click.option(
    "--accept-open-server", is_flag=True, help="Push although the server enforces no roles: nobody is blind there."
)
@labels_option
@settings_option
def push_command(
    console: Console,
    batch: str,
    migrate_file: Path | None,
    accept_open_server: bool,
    labels_file: Path,
    config_file: Path,
) -> None:
    """Create or update the project of BATCH and add the sentences that it lacks.

    Where BATCH is assigned, it updates the projects of those whom it is assigned to, and makes none for all. With
    --migrate each of them goes on in a second project of their own, with what they have not begun and what has to be
    labelled again.
    """
    from corpus import config, tables
    from corpus.labels import load_labels
    from labeling.assign.beside import rows_of
    from labeling.assign.migrate import migrate
    from labeling.ledger.ledger import open_ledger
    from labeling.settings import LabelingSettings, LabelMap
    from labeling.studio.client import connect
    from labeling.studio.imported import carry_over_imported
    from labeling.studio.own_project import reword
    from labeling.studio.push import open_server, push

    start = time.monotonic()
    path = console.workspace.batch(batch)
    labels = load_labels(labels_file)
    settings = config.load(config_file, LabelingSettings)
    written = config.load(migrate_file, LabelMap).questions if migrate_file else None
    frame = tables.read(path, tables.BATCH)
    server, ledger = connect(console.workspace), open_ledger(console.workspace)
    if told := open_server(server, accepted=accept_open_server):
        console.note(told)
    maps = _maps(ledger)
    roles = {p.role for p in ledger.projects() if (p.server, p.batch) == (server.name, path.stem)}
    common = "pool" in roles or "assigned" not in roles
    record: dict[str, Any] = {"project": None, "created": 0, "existing": 0}
    lines = []
    state = console.workspace.root
    with console.progress(f"push {path.stem}", len(frame)) as advance:
        if written is not None and "assigned" in roles:
            assigned = migrate(
                server, ledger, path.stem, lambda ids: rows_of(console.workspace, frame, ids), labels, written,
                bar=settings.training_bar, seed=settings.seed, state=state, advance=advance,
            )  # fmt: skip
            record |= {"created": assigned.created, "existing": assigned.existing, "moved": assigned.moved}
            record["annotators"] = [{"annotator": who, "project": n} for who, n in assigned.projects.items()]
            lines = [f"{row['annotator']:<36} goes on in project {row['project']}" for row in record["annotators"]] + [
                f"{counted(assigned.moved, 'item')} in another project now, under the new labels"
            ]
        elif "assigned" in roles:
            record["existing"] = reword(server, ledger, path.stem, labels, state=state)
            lines = [
                f"batch {path.stem} is assigned: each annotator has a project of their own, which says what the labels "
                "file says now; `stance label annotators assign` adds what is missing there"
            ]
        if "assigned" in roles:
            carry_over_imported(ledger, labels, written)
        if common:
            done = push(
                server, ledger, frame, path.stem, labels,
                overlap=settings.overlap, state=state, migrate=written, advance=advance,
            )  # fmt: skip
            record["project"] = done.project
            record["created"] += done.created
            record["existing"] += done.existing
    if written is not None and _maps(ledger) == maps:
        console.note(f"{migrate_file} maps nothing new: no answer needs it, or it was written down before")
    record["seconds"] = round(time.monotonic() - start, 2)
    lines.append(f"{record['created']} tasks created, {record['existing']} there before ({record['seconds']} s)")
    if record["project"] is not None:
        lines[-1] = f"project {record['project']}: {lines[-1]}"
        lines.append(f"label at {server.url}/projects/{record['project']}/")
    console.result(record, lines)


def _maps(ledger: "Ledger") -> int:
    """How many readings of an old label are written down."""
    from labeling.ledger import label_versions

    with ledger.reading() as connection:
        return len(label_versions.changes(connection))


@command(group, "pull", "stance label pull")
@click.option("--full", is_flag=True, help="Compare every task, not only those touched since the last pull.")
@click.option(
    "--trust",
    type=click.Choice(["ask", "ledger", "server"]),
    default="ask",
    show_default=True,
    help="Where the server lost what the ledger has: stop and say so, keep it for good, or record it as deleted.",
)
@checked_labels_option
def pull_command(console: Console, full: bool, trust: "Trust") -> None:
    """Bring what annotators did since the last pull into the ledger."""
    from labeling.ledger.ledger import open_ledger
    from labeling.studio.client import connect
    from labeling.studio.pull import pull

    start = time.monotonic()
    server, ledger = connect(console.workspace), open_ledger(console.workspace)
    with console.progress("pull") as advance:
        found = pull(server, ledger, state=console.workspace.root, full=full, trust=trust, advance=advance)
    for note in found.notes:
        console.note(note)
    record = {
        "new": found.new,
        "changed": found.changed,
        "deleted": found.deleted,
        "total": ledger.size(),
        "seconds": round(time.monotonic() - start, 2),
    }
    console.result(
        record,
        [
            f"annotations: {record['new']} new, {record['changed']} changed, {record['deleted']} deleted; "
            f"{record['total']} in the ledger ({record['seconds']} s)"
        ],
    )
