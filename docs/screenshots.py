"""Make the pictures of the README: `.venv/bin/python docs/screenshots.py RUN_FOLDER`.

Starts Label Studio in a temporary workspace with the bundled news sample, signs in as an annotator in Chromium, labels
two sentences by keys and takes the third; then takes the top of the run's report.html.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from corpus import tables
from corpus.build import build, replace_tables
from corpus.console import ROOT
from corpus.labels import load_labels
from corpus.sampling import sample
from corpus.workspace import Workspace
from labeling.annotators import add
from labeling.client import connect
from labeling.ledger import Ledger
from labeling.push import push
from labeling.server.launch import serve

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
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


def main() -> None:
    """Take both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a run that has a report.html")
    report: Path = parser.parse_args().run.resolve() / "report.html"
    if not report.is_file():
        parser.error(f"{report} is not there: `stance train report RUN` writes it")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(report.as_uri())
        page.screenshot(path=IMAGES / "report.png")
        with _project(Workspace(Path(folder))) as (label_at, sign_in_at, email, password):
            page.goto(sign_in_at)
            page.fill("input[name=email]", email)
            page.fill("input[name=password]", password)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "login" not in url)
            page.goto(label_at)
            _label(page, "3q")
            _label(page, "1w")
            page.get_by_text("Annotation saved").wait_for(state="hidden")
            page.keyboard.press("1")
            page.keyboard.press("f")
            page.wait_for_timeout(500)
            page.screenshot(path=IMAGES / "labeling.png")
        browser.close()


@contextmanager
def _project(workspace: Workspace) -> Iterator[tuple[str, str, str, str]]:
    """A server with a batch to label: where to label, where to sign in, as whom, with which password."""
    labels = load_labels(ROOT / "configs" / "labels.yaml")
    replace_tables(workspace.corpus, build([str(ROOT / "corpus" / "sample" / "news.jsonl")]))
    batch = sample(workspace, 20, strategy="random", by=(), name="news", seed=3, test=False)
    with serve(workspace.labelstudio, 0) as (running, _):
        server, rows = connect(workspace), tables.read(batch.path, tables.BATCH)
        done = push(server, Ledger(workspace.ledger), rows, batch.name, labels, overlap=1, state=workspace.root)
        account = add(server, "ann@example.com", name="Ann Example")
        server.set_members(done.project, [account.email])
        project = f"{running.url}/projects/{done.project}/data?labeling=1"
        yield project, f"{running.url}/user/login/", account.email, str(account.password)


def _label(page: Page, keys: str) -> None:
    """Answer with one key a question, submit, and wait for the next sentence."""
    sentence = page.locator(".sl-sentence")
    sentence.wait_for()
    before = sentence.inner_text()
    page.wait_for_timeout(1000)
    for key in keys:
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("before => document.querySelector('.sl-sentence')?.innerText !== before", arg=before)


if __name__ == "__main__":
    main()
