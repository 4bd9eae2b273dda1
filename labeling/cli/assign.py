"""``stance label annotators assign`` and ``training``: who labels what, and the round before it."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from corpus.console import Bounded, Console, command, counted, labels_option
from corpus.errors import listed
from labeling.cli.groups import annotators, settings_option

_SHARE = Bounded(0, 1)
# Settled for good by the first plan of a batch; the others still have a say in what --rebalance gives out anew.
_SETTLED = ("overlap", "overlap_share", "cue_share", "suggestion_share")
_OPEN = ("max_per_document", "gold_rate", "gold_file", "retest_share", "predictions", "question", "seed")


@command(annotators, "assign", "stance label annotators assign batch-001 ann@example.com bob@example.com --dry-run")
@click.argument("batch")
@click.argument("emails", metavar="EMAIL...", nargs=-1, required=True)
@click.option("--overlap", type=click.IntRange(1), help="How many people label a sentence.  [default: as configured]")
@click.option("--overlap-share", type=_SHARE, default=1.0, help="Of the sentences with overlap; one labels the rest.")
@click.option("--max-per-document", type=click.IntRange(1), help="Sentences of one document that one person gets.")
@click.option("--gold-rate", type=Bounded(0, 0.5), default=0.0, help="Share of hidden gold items.")
@click.option(
    "--gold",
    "gold_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of known answers: sentence_id or text, and a column a question.  [default: what was adjudicated]",
)
@click.option(
    "--retest-share",
    type=_SHARE,
    default=0.0,
    help="Share that comes back to the same person, hidden: of older batches, then of this.",
)
@click.option("--cue-share", type=_SHARE, default=0.0, help="Share shown with outlet and byline, drawn by sentence.")
@click.option("--suggestion-share", type=_SHARE, default=0.0, help="Share that may show a model's suggestion.")
@click.option(
    "--predictions",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The sentences that this table is least sure of come first.  [default: shuffled]",
)
@click.option("--question", help="Whose predictions, where the table answers several.")
@click.option("--seed", type=click.IntRange(0), help="[default: as configured]")
@click.option("--rebalance", is_flag=True, help="People came or left: share out again what nobody has begun.")
@click.option("--dry-run", is_flag=True, help="Show who would get what; do nothing.")
@labels_option
@settings_option
def assign_command(
    console: Console, batch: str, emails: tuple[str, ...], rebalance: bool, dry_run: bool, labels_file: Path,
    config_file: Path, **asked: Any,
) -> None:  # fmt: skip
    """Give each annotator a project of their own with their share of BATCH.

    Loads differ by one at most, and every two people share as many sentences as any other two, as far as arithmetic
    allows. Run again, it adds what is missing; --rebalance moves what nobody has begun, and what those who leave have
    drafted and not submitted.
    """
    from corpus import config, tables
    from corpus.labels import load_labels
    from labeling.assign.assign import assign, draft
    from labeling.assign.beside import rows_of
    from labeling.assign.plan import loads, pairs
    from labeling.ledger.ledger import open_ledger
    from labeling.settings import LabelingSettings
    from labeling.studio.client import connect
    from labeling.studio.own_project import check_people

    path = console.workspace.batch(batch)
    labels, settings = load_labels(labels_file), config.load(config_file, LabelingSettings)
    frame = tables.read(path, tables.BATCH)
    people = sorted({email.lower() for email in emails})
    server, ledger = connect(console.workspace), open_ledger(console.workspace)
    check_people(server, people)
    if not ledger.assignments(server=server.name, batch=path.stem).empty:
        _note_unused(console, path.stem, _SETTLED if rebalance else (*_SETTLED, *_OPEN))
    elif asked["overlap"] is None and settings.overlap > len(people):
        console.note(f"an overlap of {len(people)}: the configured {settings.overlap} needs more people")
    asked["overlap"] = asked["overlap"] or min(settings.overlap, len(people))
    asked["seed"] = settings.seed if asked["seed"] is None else asked["seed"]
    aged = datetime.now(UTC) - timedelta(days=settings.retest_after_days)
    wanted = _wanted(console, frame, path.stem, people, labels, ledger, aged, asked)
    drawn, moving = draft(server, ledger, wanted, move=rebalance)
    record: dict[str, Any] = {
        "batch": path.stem, "annotators": loads(drawn), "pairs": pairs(drawn), "created": 0, "existing": 0,
        "moved": moving, "dry_run": dry_run,
    }  # fmt: skip
    if not dry_run:
        with console.progress(f"assign {path.stem}", len(drawn)) as advance:
            done = assign(
                server, ledger, wanted, lambda ids: rows_of(console.workspace, frame, ids), labels,
                bar=settings.training_bar, state=console.workspace.root, move=rebalance, advance=advance,
            )  # fmt: skip
        record |= {"created": done.created, "existing": done.existing, "moved": done.moved}
        for row in record["annotators"]:
            row |= {"project": done.projects.get(row["annotator"]), "training": done.training.get(row["annotator"])}
    console.result(record, _table(record))


def _note_unused(console: Console, batch: str, settled: Collection[str]) -> None:
    """Say which of the options that were named decide nothing, as the batch goes on with its plan."""
    context = click.get_current_context()
    named = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in settled and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]
    if named:
        console.note(
            f"batch {batch} has a plan and goes on with it; not used: {listed(named)}. For another plan draw another "
            "batch (`stance corpus sample N --name NEW`)"
        )


def _wanted(
    console: Console, frame: Any, name: str, people: list[str], labels: Any, ledger: Any, aged: datetime,
    given: dict[str, Any],
) -> Any:  # fmt: skip
    from corpus.errors import UsageError
    from corpus.sampling.sealed import TEST
    from labeling.assign.assign import Wanted
    from labeling.assign.beside import adjudicated, known_file, labelled_before, least_sure_first, met
    from labeling.assign.plan import Asked, Beside

    gold, predictions, question = (given.pop(key) for key in ("gold_file", "predictions", "question"))
    asked = Asked(**given)
    if name == TEST and asked.suggestion_share:
        raise UsageError("the sealed test set is labelled without suggestions: leave --suggestion-share out")
    known: dict[str, str] = {}
    seen: dict[str, set[str]] = {}
    if asked.gold_rate:
        seen = met(ledger, people)
        known = known_file(gold, console.workspace, labels) if gold else adjudicated(console.workspace, labels)
        if not known:
            raise UsageError(
                "--gold-rate: no sentence was adjudicated yet; name a CSV of known answers with --gold FILE"
            )
    batch = set(frame["sentence_id"])
    earlier = labelled_before(ledger, people, batch, until=aged) if asked.retest_share else {}
    order = least_sure_first(frame, predictions, question) if predictions else None
    return Wanted(frame, name, people, asked, Beside(known, seen, earlier, order))


def _table(record: dict[str, Any]) -> list[str]:
    """The plan as people read it."""
    lines = [f"{'annotator':<36} sentences  gold  again  cue  suggestion"]
    for row in record["annotators"]:
        first = f"  training first: project {row['training']}" if row.get("training") else ""
        at = f"  project {row['project']}" if row.get("project") else ""
        lines.append(
            f"{row['annotator']:<36} {row['sentences']:>9} {row['gold']:>5} {row['retest']:>6} {row['cue']:>4} "
            f"{row['suggestion']:>11}{at}{first}"
        )
    counts = [pair["sentences"] for pair in record["pairs"]]
    if counts:
        lines.append(
            f"{counted(len(counts), 'pair')} of annotators, with {min(counts)} to {max(counts)} sentences each"
        )
    if record["dry_run"]:
        moved = f"; {counted(record['moved'], 'item')} would move" if record["moved"] else ""
        return [*lines, f"nothing was done (--dry-run){moved}"]
    moved = f", {record['moved']} taken back" if record["moved"] else ""
    return [*lines, f"{record['created']} tasks created, {record['existing']} there before{moved}"]


def _state(one: Any) -> str:
    if one.passed:
        return "passed"
    return "not begun" if not one.answered else "not passed" if one.answered == one.total else "not finished"


@command(annotators, "training", "stance label annotators training --again ann@example.com")
@click.option("--again", metavar="EMAIL", help="Make a new round for somebody who did not pass.")
@click.option("--waive", metavar="EMAIL", help="Let somebody to their work without passing.")
@labels_option
@settings_option
def training_command(
    console: Console, again: str | None, waive: str | None, labels_file: Path, config_file: Path
) -> None:
    """Where everybody is with their training round, from the server."""
    from corpus import config
    from corpus.errors import UsageError
    from corpus.labels import load_labels
    from labeling.assign import training as assign_training
    from labeling.ledger.ledger import open_ledger
    from labeling.settings import LabelingSettings
    from labeling.studio.client import connect

    if again and waive:
        raise UsageError("--again and --waive are two answers to one question: choose one")
    labels, settings = load_labels(labels_file), config.load(config_file, LabelingSettings)
    server, ledger = connect(console.workspace), open_ledger(console.workspace)
    if again:
        assign_training.again(server, ledger, labels, again.lower(), bar=settings.training_bar, seed=settings.seed)
    if waive:
        assign_training.waive(server, ledger, labels, waive.lower())
    found = assign_training.standings(server, ledger)
    lines = [
        f"{one.annotator:<36} {f'{one.right} of {one.answered} right, ' if one.answered else ''}"
        f"{one.needed} of {one.total} needed: {_state(one)}"
        for one in found
    ]
    console.result({"training": [asdict(one) for one in found]}, lines or ["nobody has a training round yet"])
