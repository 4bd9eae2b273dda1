"""Make the pictures of README and docs/labeling.md: `.venv/bin/python docs/screenshots.py [RUN_FOLDER]`.

Starts Label Studio in a temporary workspace with the bundled news sample, and goes as an annotator through the
training round and some sentences, by keys; then as the adjudicator of what somebody else said otherwise, and as the
lead. With a run's folder, also takes the top of its report.html.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pandas as pd
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from corpus import tables
from corpus.build import build, replace_tables
from corpus.console import ROOT
from corpus.labels import EVIDENCE, Labels, load_labels
from corpus.sampling.draw import sample
from corpus.workspace import Workspace
from labeling.assign.assign import Wanted, assign
from labeling.assign.beside import rows_of
from labeling.assign.plan import Asked, Beside, arms
from labeling.exchange import load, read
from labeling.gold.adjudicate import adjudicate
from labeling.ledger.ledger import Ledger
from labeling.people.accounts import add
from labeling.quality.page import render
from labeling.quality.report import summarize
from labeling.server.launch import serve
from labeling.studio.client import connect
from labeling.studio.pull import pull
from labeling.suggestions.suggest import suggest

IMAGES = ROOT / "docs" / "images"
DESK, TABLET = {"width": 1280, "height": 800}, {"width": 820, "height": 1100}
# As root Chromium needs the first; the others keep it from talking to anyone but our server.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_COLOURS = 128  # enough for a page of text, at a third of the size


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, nargs="?", help="folder of a run that has a report.html")
    run: Path | None = parser.parse_args().run
    # The words that decided are not asked for as configured; the pictures show them too.
    labels = load_labels(ROOT / "configs" / "labels.yaml").model_copy(update={"evidence": True})
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        page = browser.new_page(viewport=DESK, color_scheme="light")
        page.set_default_timeout(120_000)
        if run is not None:
            page.goto((run.resolve() / "report.html").as_uri())
            _take(page, "report")
        with _project(Workspace(Path(folder)), labels) as (url, password, training, work):
            _sign_in(page, url, "ann@example.com", password)
            page.get_by_text("0 of 10").first.wait_for()
            _take(page, "annotator-home")
            _train(page, f"{url}/projects/{training}/data?labeling=1", labels)
            _work(page, f"{url}/projects/{work}/data?labeling=1", labels)
            other = browser.new_page(viewport=DESK, color_scheme="light")
            other.set_default_timeout(120_000)
            _decide(other, Workspace(Path(folder)), labels, url)
        browser.close()


@contextmanager
def _project(workspace: Workspace, labels: Labels) -> Iterator[tuple[str, str, int, int]]:
    """A server with a batch assigned to Ann: its address, her password, her training round and her work."""
    replace_tables(workspace.corpus, build([str(ROOT / "corpus" / "sample" / "news.jsonl")]))
    batch = sample(workspace, 6, strategy="random", by=(), name="news", seed=3, test=False)
    rows = tables.read(batch.path, tables.BATCH)
    with serve(workspace.labelstudio, 0) as (running, _):
        server, ledger = connect(workspace), Ledger(workspace.ledger)
        account = add(server, "ann@example.com", name="Ann Example")
        asked, sentences = Asked(overlap=1, seed=3, suggestion_share=0.2), rows["sentence_id"].tolist()
        _, suggested = arms(sentences, asked)
        last = Beside(order=sorted(sentences, key=lambda sentence: sentence in suggested))
        wanted = Wanted(rows, batch.name, [account.email], asked, last)
        done = assign(
            server, ledger, wanted, lambda ids: rows_of(workspace, rows, ids), labels, bar=0.7, state=workspace.root
        )
        said = {
            f"p_{label}": share for label, share in zip(labels.questions["stance"].labels, (0.1, 0.7, 0.2), strict=True)
        }
        table = pd.DataFrame(
            {
                "sentence_id": sentences,
                "question": "stance",
                "label": "pro-US",
                "abstained": False,
                "model_id": "tfidf-1",
            }
            | said
        )
        suggest(server, ledger, batch.name, table)
        yield running.url, str(account.password), done.training[account.email], done.projects[account.email]


def _sign_in(page: Page, url: str, email: str, password: str) -> None:
    page.goto(f"{url}/user/login/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


def _train(page: Page, address: str, labels: Labels) -> None:
    """The training round, its second answer wrong."""
    known = {example.text: example.answers for example in labels.training}
    page.goto(address)
    seen: list[str] = []
    for number in range(len(known)):
        text = _sentence(page, seen)
        answers = {question: known[text][question] for question in labels.enabled}
        if number == 1:
            answers["stance"] = next(name for name in labels.questions["stance"].labels if name != answers["stance"])
        _answer(page, labels, answers)
        page.keyboard.press("Control+Enter")
        verdict = page.locator(".stancelab-verdict")
        verdict.wait_for()
        names = {0: "training-right", 1: "training-wrong", len(known) - 1: "training-passed"}
        if number in names:
            page.get_by_text("Annotation saved").first.wait_for(state="hidden")
            _take(page, names[number])
        page.keyboard.press("Enter")
        verdict.wait_for(state="detached")


def _work(page: Page, address: str, labels: Labels) -> None:
    """Sentences: empty, answered, the guideline, a skip, back to correct, the end; a tablet's width, and dark."""
    first = {"stance": "pro-Russia", "source_type": "none"}
    page.goto(address)
    seen: list[str] = []
    _sentence(page, seen)
    _take(page, "labeling-open")
    page.keyboard.press("?")
    page.get_by_text("Labeling Instructions").wait_for()
    page.wait_for_timeout(500)
    _take(page, "guideline")
    page.keyboard.press("Escape")
    page.get_by_text("Labeling Instructions").wait_for(state="hidden")
    _mark(page, labels)
    _answer(page, labels, first)
    page.keyboard.press(";")
    page.keyboard.type("Irony?")
    _take(page, "labeling-comment")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    _sentence(page, seen)
    page.get_by_text("Annotation saved").first.wait_for(state="hidden")
    _answer(page, labels, first)
    _take(page, "labeling")
    page.keyboard.press("Control+Enter")
    _sentence(page, seen)
    page.get_by_text("Annotation saved").first.wait_for(state="hidden")
    _answer(page, labels, {"skip_reason": "off topic"})
    _take(page, "labeling-skip")
    page.keyboard.press("Control+Space")
    _sentence(page, seen)
    page.keyboard.press("Control+Space")
    page.locator(".stancelab-hint").wait_for()
    _take(page, "labeling-why")
    page.keyboard.press(",")
    page.locator("button", has_text="Cancel skip").wait_for()
    page.wait_for_timeout(1000)
    page.keyboard.press(",")
    page.locator("button", has_text="Update").wait_for()
    page.wait_for_timeout(500)
    _take(page, "labeling-back")
    for _ in range(2):
        page.keyboard.press(".")
        page.wait_for_timeout(1500)
    page.set_viewport_size(TABLET)
    _take(page, "labeling-tablet")
    page.set_viewport_size(DESK)
    page.evaluate("document.documentElement.dataset.colorScheme = 'dark'")
    page.wait_for_timeout(500)
    _take(page, "labeling-dark")
    page.evaluate("document.documentElement.dataset.colorScheme = 'light'")
    while page.locator(".sl-sentence").count():
        before = page.locator(".sl-sentence").inner_text()
        if page.locator('input[name="pro-US"]').is_checked():
            _take(page, "labeling-suggestion")
        _answer(page, labels, first)
        page.keyboard.press("Control+Enter")
        page.wait_for_function(
            "before => { const now = document.querySelector('.sl-sentence');"
            " return now ? now.innerText !== before : !window.Htx?.isLoading; }",
            arg=before,
        )
        page.wait_for_timeout(3000)
    page.get_by_text("Annotation saved").first.wait_for(state="hidden")
    _take(page, "labeling-done")


def _decide(page: Page, workspace: Workspace, labels: Labels, url: str) -> None:
    """The page for the lead, where somebody else said otherwise than Ann, and the adjudicator's first dispute."""
    server, ledger = connect(workspace), Ledger(workspace.ledger)
    pull(server, ledger, state=workspace.root)
    placed = [
        tables.read(workspace.corpus / f"{one.name}.parquet", one) for one in (tables.SENTENCES, tables.DOCUMENTS)
    ]
    other = ledger.annotations().query("state == 'submitted'")[["sentence_id", "question", "label"]]
    other = other.assign(annotator="bob@example.com")
    other.loc[other["question"] == "stance", "label"] = "neutral"
    answers = workspace.root / "bob.csv"
    other.to_csv(answers, index=False)
    load.load(read.read(answers, list(labels.questions)), ledger, labels, *placed)
    shown = workspace.root / "quality.html"
    shown.write_text(render(summarize(workspace, labels, draws=200, seed=1), labels), encoding="utf-8")
    page.goto(shown.as_uri())
    _take(page, "quality")
    eve = add(server, "eve@example.com", role="adjudicator")
    done = adjudicate(
        server, ledger, workspace, labels, adjudicators=[eve.email], method="majority", min_probability=0.0
    )
    _sign_in(page, url, eve.email, str(eve.password))
    page.goto(f"{url}/projects/{done.projects[eve.email, 'stance']}/data?labeling=1")
    _sentence(page, [])
    _take(page, "adjudication")


def _mark(page: Page, labels: Labels) -> None:
    """Two words of the sentence, by keys."""
    page.keyboard.press(labels.hotkeys[EVIDENCE, EVIDENCE])
    page.locator(".stancelab-hint").wait_for()
    for key in ("ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    _take(page, "labeling-marking")
    page.keyboard.press("Enter")
    page.locator(".stancelab-hint").wait_for(state="detached")


def _sentence(page: Page, seen: list[str]) -> str:
    """The text of the next sentence, once it is on the page; remembered in ``seen``."""
    page.wait_for_function(
        "seen => { const now = document.querySelector('.sl-sentence')?.innerText.trim();"
        " return now && !seen.includes(now); }",
        arg=seen,
    )
    page.wait_for_timeout(1000)
    seen.append(page.locator(".sl-sentence").inner_text().strip())
    return seen[-1]


def _answer(page: Page, labels: Labels, answers: dict[str, str]) -> None:
    for question, label in answers.items():
        choice = page.locator(f'input[type=radio][name="{label}"]')
        while not choice.is_checked():
            page.keyboard.press(labels.hotkeys[question, label])
            page.wait_for_timeout(400)


def _take(page: Page, name: str) -> None:
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(_COLOURS).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
