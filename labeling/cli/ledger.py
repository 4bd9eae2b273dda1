"""The ``stance label`` commands about the ledger itself: history, backup, restore."""

from pathlib import Path

import click

from corpus.console import Console, command
from labeling.cli.groups import checked_labels_option, group

_database_url_option = click.option(
    "--database-url", envvar="STANCE_DATABASE_URL", help="Of the server, where it is kept in PostgreSQL."
)


@command(group, "history", "stance label history 3f2a91c07b5d44e8")
@click.argument("sentence")
@checked_labels_option
def history_command(console: Console, sentence: str) -> None:
    """Who said what about SENTENCE (its id, or the beginning of it), and when; nothing is ever taken out."""
    from labeling.ledger.history import history, said_beside
    from labeling.ledger.ledger import open_ledger

    rows = history(open_ledger(console.workspace), sentence)
    lines = []
    for row in rows:
        lines.append(
            f"{(row['updated_at'] or row['recorded_at'])[:19].replace('T', ' ')}  {row['annotator']:<32} "
            f"{row['question']:<14} {row['label'] or row['skip_reason'] or '-':<24} {row['state']:<10} "
            f"revision {row['revision']}, {row['kind']}, labels {row['labels_version'] or '-'}"
        )
        lines += [f"  {name}: {said}" for name, said in said_beside(row["notes"])]
    console.result({"sentence": rows[0]["sentence_id"], "history": rows}, lines)


@command(group, "backup", "stance label backup monday.tar.gz")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_database_url_option
@checked_labels_option
def backup_command(console: Console, file: Path, database_url: str | None) -> None:
    """Copy ledger and server into FILE; the server may go on working. FILE holds passwords: keep it safe."""
    import os

    from labeling.ledger.backup import backup

    with console.progress("backup"):
        done = backup(
            console.workspace, file, ledger_url=os.environ.get("STANCE_LEDGER_URL"), database_url=database_url
        )
    size = file.stat().st_size
    console.result(
        {"file": str(file.resolve()), "bytes": size, "parts": list(done.parts), "made_at": done.made_at},
        [f"{file}: {' and '.join(done.parts)}, {size / 1e6:.1f} MB"],
    )


@command(group, "restore", "stance label restore monday.tar.gz")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the ledger and server that are there (they are moved aside).")
@_database_url_option
@checked_labels_option
def restore_command(console: Console, file: Path, force: bool, database_url: str | None) -> None:
    """Put ledger and server of a backup in place, whole or not at all; the server must not run."""
    import os

    from labeling.ledger.backup import restore

    with console.progress("restore"):
        done = restore(
            console.workspace,
            file,
            force=force,
            ledger_url=os.environ.get("STANCE_LEDGER_URL"),
            database_url=database_url,
        )
    kept = f"; what was there is in {done.replaced}" if done.replaced else ""
    console.result(
        {"restored": list(done.parts), "made_at": done.made_at, "replaced": str(done.replaced or "") or None},
        [f"{' and '.join(done.parts)} as of {done.made_at}{kept}"],
    )
