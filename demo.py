"""``stance demo``: the whole loop on the bundled sample, on the real Label Studio, labelled by simulated annotators."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.console import ROOT, Console, command, labels_option

if TYPE_CHECKING:
    import pandas as pd

    from corpus.labels import Labels
    from corpus.workspace import Workspace
    from labeling.ledger.ledger import Ledger
    from labeling.server.launch import Running
    from labeling.studio.client import Server

NAME = "demo"
SAMPLE = ROOT / "corpus" / "sample"
CONFIGS = ROOT / "configs"
SEED = 20260101  # of the simulated annotators' errors
# For each simulated annotator, how often it errs, by question; an error is any other label, each as likely as the next.
PANEL = {
    "annotator-1": {"stance": 0.08, "source_type": 0.05},
    "annotator-2": {"stance": 0.15, "source_type": 0.10},
    "annotator-3": {"stance": 0.22, "source_type": 0.15},
}
_INTENDED = tuple(PANEL["annotator-1"])


@command(click.Group(), "demo", "stance demo --no-serve")
@click.option("--no-serve", is_flag=True, help="Stop when the report is written, instead of serving the labeling page.")
@click.option("--port", type=click.IntRange(0, 65535), help="Of Label Studio.  [default: 8080, or a free one]")
@labels_option
def demo(console: Console, no_serve: bool, port: int | None, labels_file: Path) -> None:
    """Build, push, label, pull, agree, release, fit, evaluate, report; then serve Label Studio until Ctrl-C.

    The corpus is the user's 15 sentences and a fictional news sample. The labels come from three simulated annotators
    with stated, seeded error rates: the figures show that the loop works, and nothing about people.
    """
    from corpus.errors import ServerError, UsageError, listed
    from corpus.labels import load_labels
    from corpus.signals import stop_on_sigterm
    from labeling.server.launch import port_near, serve

    labels = load_labels(labels_file)
    if not {"stance"} <= set(labels.enabled) <= set(_INTENDED):
        raise UsageError(
            f"{labels_file}: the demo's sample has intended labels for {listed(_INTENDED)}, and needs stance among the "
            f"questions; got {listed(labels.enabled)}. For questions of your own, follow the steps of the README."
        )
    with _step(console, "build the corpus and draw a batch"):
        sizes = _build(console.workspace)
    with stop_on_sigterm(), console.progress("starting Label Studio") as tick:
        folder, chosen = console.workspace.labelstudio, port_near(8080) if port is None else port
        with serve(folder, chosen, waiting=lambda: tick(1)) as (running, child):
            record = sizes | _loop(console, labels, running)
            console.result(record, _summary(record))
            if no_serve:
                return
            console.note(f"Label Studio stays open at {running.url} until Ctrl-C")
            console.note(f"sign in as owner@localhost with the password in {folder}/secrets.json")
            console.note(f"the project {NAME} has every sentence still to label; only owners see it")
            with suppress(KeyboardInterrupt):
                child.wait()
                raise ServerError(f"Label Studio ended by itself; its log: {folder / 'server.log'}")


@contextmanager
def _step(console: Console, what: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    console.note(f"{what}: {time.monotonic() - start:.1f} s")


def _build(workspace: "Workspace") -> dict[str, int]:
    """The corpus of the sample and a batch of all its sentences."""
    from corpus.build import build, replace_tables
    from corpus.config import load
    from corpus.copies.duplicates import CopyRules
    from corpus.errors import UsageError
    from corpus.sampling.draw import sample
    from corpus.settings import CorpusSettings
    from corpus.text.filters import Filters

    settings = load(CONFIGS / "corpus.yaml", CorpusSettings)
    built = build(
        [str(SAMPLE / "seed.txt"), str(SAMPLE / "news.jsonl")],
        titles=True,
        **settings.segmenting.model_dump(),
        filters=Filters(**settings.filters.model_dump()),
        copies=CopyRules(**settings.duplicates.model_dump()),
    )
    there = workspace.corpus / "documents.parquet"
    if there.is_file() and not set(_column(there, "doc_id")) <= set(built.documents["doc_id"]):
        raise UsageError(
            f"the workspace {workspace.root} holds a corpus of your own, which the demo would replace; "
            "give it another folder: stance demo --workspace demo"
        )
    replace_tables(workspace.corpus, built)
    sample(workspace, None, strategy="random", by=(), name=NAME, seed=settings.sampling.seed, test=False)
    return {"documents": len(built.documents), "sentences": len(built.sentences)}


def _column(path: Path, name: str) -> "pd.Series[str]":
    import pandas as pd

    return pd.read_parquet(path, columns=[name])[name]


def _loop(console: Console, labels: "Labels", running: "Running") -> dict[str, Any]:
    """Push, assign, label, pull, agree, release, fit, evaluate, report."""
    from corpus import tables
    from labeling.ledger.ledger import open_ledger
    from labeling.studio.client import connect_embedded
    from labeling.studio.pull import pull
    from labeling.studio.push import push

    workspace = console.workspace
    server, ledger = connect_embedded(workspace), open_ledger(workspace)
    batch = tables.read(workspace.batch(NAME), tables.BATCH)
    with _step(console, "push"):
        pushed = push(server, ledger, batch, NAME, labels, overlap=1, state=workspace.root)
    with _step(console, f"assign and label, by {len(PANEL)} simulated annotators"):
        _label(console, server, ledger, labels, batch)
    with _step(console, "pull"):
        pull(server, ledger, state=workspace.root)
    with _step(console, "agree, aggregate, release"):
        found = _release(workspace, labels, ledger)
    with _step(console, "fit, evaluate, report"):
        found |= _train(workspace, found["dataset"])
    return {
        "server": {"url": running.url, "version": running.version},
        "tasks": pushed.created + pushed.existing,
        "annotations": ledger.size(),
        "annotators_simulated": len(PANEL),
    } | found


def _label(console: Console, server: "Server", ledger: "Ledger", labels: "Labels", batch: "pd.DataFrame") -> None:
    """A project for each simulated annotator, with every sentence; they sign in and label. None of them is trained."""
    from labeling.assign.assign import Wanted, assign
    from labeling.assign.beside import rows_of
    from labeling.assign.plan import Asked, Beside
    from labeling.people.simulated import Simulated, join, label
    from labeling.server.secret_store import load_or_create

    workspace, intended = console.workspace, _intended(batch, labels)
    secret = load_or_create(workspace.labelstudio).password
    panel = [Simulated(name, rates) for name, rates in PANEL.items()]
    join(server, panel, secret=secret)
    emails = [annotator.email for annotator in panel]
    wanted = Wanted(batch, NAME, emails, Asked(overlap=len(panel), seed=SEED), Beside())
    done = assign(
        server, ledger, wanted, lambda ids: rows_of(workspace, batch, ids), labels, bar=0, state=workspace.root
    )
    with console.progress("label", len(panel) * len(intended)) as advance:
        label(server, done.projects, panel, intended, labels, seed=SEED, secret=secret, advance=advance)


def _intended(batch: "pd.DataFrame", labels: "Labels") -> "pd.DataFrame":
    """The intended label of each sentence, indexed by sentence_id, one column a question.

    The news sample brings its own; those of the user's sentences are the guideline's worked examples.
    """
    import pandas as pd

    from corpus.errors import UsageError, listed

    news = pd.read_csv(SAMPLE / "intended.csv", dtype=str)
    worked = pd.DataFrame([{"text": e.text, **e.answers} for e in labels.worked_examples], dtype=str)
    questions = list(labels.enabled)
    known = pd.concat([news, worked]).drop_duplicates("text").set_index("text")
    found = known.reindex(batch["text"])[questions].set_axis(batch["sentence_id"]).dropna()
    for question in questions:
        if unknown := set(found[question]) - set(labels.questions[question].labels):
            raise UsageError(
                f"the sample's intended labels for {question} are not all configured: {listed(sorted(unknown))}"
            )
    return found


def _release(workspace: "Workspace", labels: "Labels", ledger: "Ledger") -> dict[str, Any]:
    """Gold from the ledger, frozen into a dataset version."""
    from corpus import tables
    from corpus.config import load
    from corpus.settings import CorpusSettings
    from labeling.gold.aggregate import aggregate
    from labeling.gold.release import release

    gold = aggregate(ledger.annotations(), labels, decisions=ledger.annotations(kinds=("adjudication",)))
    tables.write(gold, workspace.gold, tables.GOLD)
    split = load(CONFIGS / "corpus.yaml", CorpusSettings).split
    frozen = release(
        workspace, NAME, labels, split=split.by, test_share=split.test_share, folds=split.folds, seed=split.seed
    )
    return {"dataset": str(frozen.path)}


def _train(workspace: "Workspace", dataset: str) -> dict[str, Any]:
    """Fit on the dataset version, evaluate, report."""
    from corpus.config import load
    from corpus.versions import dataset as versions
    from train.evaluation.evaluate import evaluate
    from train.fit import fit
    from train.report.published import publish
    from train.settings import TrainSettings

    settings = load(CONFIGS / "train.yaml", TrainSettings)
    fitted = fit(versions.load(Path(dataset)), runs=workspace.runs, settings=settings)
    metrics = evaluate(fitted.run).metrics
    score = metrics["questions"]["stance"]["macro_f1"]
    made = publish(fitted.run)
    return {
        "run": str(fitted.run.path),
        "report": str(made.report),
        "pdf": str(made.pdf) if made.pdf else None,
        "index": str(made.index),
        "macro_f1": {key: score[key] for key in ("value", "low", "high")},
    }


def _summary(record: dict[str, Any]) -> list[str]:
    score = record["macro_f1"]
    lines = [
        f"{record['documents']} documents, {record['sentences']} sentences, {record['tasks']} tasks, "
        f"{record['annotations']} annotations by {record['annotators_simulated']} simulated annotators",
        f"stance macro-F1 {score['value']:.2f} [{score['low']:.2f}, {score['high']:.2f}] (simulated labels)",
    ]
    return lines + [f"{name:8} {record[name]}" for name in ("dataset", "run", "report", "pdf", "index") if record[name]]
