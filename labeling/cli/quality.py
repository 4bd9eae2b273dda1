"""``stance label quality`` and ``adjudicate``: who and which labels need a talk, and who decides what stayed open."""

from pathlib import Path

import click

from corpus.console import Console, command, counted, labels_option
from labeling.cli.groups import group, note_without_corpus, settings_option


@command(group, "quality", "stance label quality --html quality.html")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Also write it as a page.")
@labels_option
@settings_option
def quality_command(console: Console, page: Path | None, labels_file: Path, config_file: Path) -> None:
    """Who and which labels need a talk: known answers, second answers, pace, runs, agreement; as pictures."""
    from corpus import config
    from corpus.files import write_text
    from corpus.labels import load_labels
    from labeling.quality.report import summarize
    from labeling.settings import LabelingSettings

    labels, settings = load_labels(labels_file), config.load(config_file, LabelingSettings)
    found = summarize(console.workspace, labels, draws=settings.draws, seed=settings.seed)
    note_without_corpus(console)
    if page is not None:
        from labeling.quality.page import render

        write_text(page, render(found, labels))
        found["html"] = str(page)
    lines = [
        f"{who}: {'; '.join(reasons)}" for who, reasons in found["talk"]["annotators"].items()
    ] or [f"nobody of {counted(len(found['annotators']), 'annotator')} stands out"]  # fmt: skip
    lines += [f"labels of {name}: {', '.join(low)}" for name, low in found["talk"]["labels"].items() if low]
    console.result(found, lines + ([f"the page: {page}"] if page else []))


@command(group, "adjudicate", "stance label adjudicate")
@click.argument("email", nargs=-1)
@click.option(
    "--method",
    type=click.Choice(["majority", "dawid-skene", "mace", "glad"]),
    default="majority",
    show_default=True,
    help="Whose open labels are disputes; as in `stance label aggregate`.",
)
@click.option("--from-run", metavar="RUN", help="Also what the audits of RUN found probably mislabelled.")
@labels_option
@settings_option
def adjudicate_command(
    console: Console, email: tuple[str, ...], method: str, from_run: str | None, labels_file: Path, config_file: Path
) -> None:
    """Give what stayed open, and copies with other labels, to an adjudicator in Label Studio.

    EMAIL is who decides; without it, everybody with the role adjudicator, in turn. They see the votes without names.
    Decisions come back with `stance label pull` and win in `stance label aggregate`.
    """
    from corpus import config
    from corpus.labels import load_labels
    from labeling.gold.adjudicate import adjudicate
    from labeling.gold.aggregate import METHODS
    from labeling.gold.suspects import suspects
    from labeling.ledger.ledger import open_ledger
    from labeling.settings import LabelingSettings
    from labeling.studio.client import connect

    labels, settings = load_labels(labels_file), config.load(config_file, LabelingSettings)
    suspect = {} if from_run is None else suspects(console.workspace.run(from_run))
    server = connect(console.workspace)
    done = adjudicate(
        server,
        open_ledger(console.workspace),
        console.workspace,
        labels,
        adjudicators=email,
        method=next(known for known in METHODS if known == method),
        min_probability=settings.min_probability,
        suspects=suspect,
    )
    projects = [
        {"adjudicator": who, "question": question, "project": project}
        for (who, question), project in sorted(done.projects.items())
    ]
    console.result(
        {"disputes": done.disputes, "decided": done.decided, "created": done.created, "projects": projects},
        [f"{counted(done.disputes, 'dispute')}, {done.decided} decided, {done.created} given out now"]
        + [f"{p['adjudicator']} decides {p['question']} at {server.url}/projects/{p['project']}/" for p in projects],
    )
