"""The labeling page itself: nothing that is refused, hostile texts as text, words marked by keys, dialogs that hold."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from labeling_page import choose, go, next_sentence, readable, serious, sign_in, start, submit, wait_for_the_end
from playwright.sync_api import Browser, Page, expect
from role_world import Person, make
from stance_command import Stance

from corpus import tables
from corpus.workspace import Workspace
from labeling.exchange.answer import KINDS
from labeling.ledger.ledger import Ledger
from labeling.studio.client import connect_embedded
from labeling.suggestions.suggest import suggest

ANN = "hostile@example.com"
IMAGE = "<img src=x onerror=document.title='hit'>"
FOR, AGAINST, TURNED = f"{IMAGE} for", "=1+1 against", "\u202edenrut"
LABELS = {
    "questions": {
        "side": {
            "title": f"{IMAGE} $text {{{{7*7}}}}",
            "labels": {FOR: {"definition": f"{IMAGE} is bad"}, AGAINST: {}, TURNED: {}},
        }
    },
    "skip_reasons": [f"{IMAGE} off topic"],
    "confidence": [f"{IMAGE} sure", "unsure"],
    "evidence": True,
    "guideline": f"## {IMAGE}\nLook at the words alone.\n" + "\nOne more rule.\n" * 60,
}
SUGGESTION_SAID = (
    "() => !document.querySelector('.stancelab-suggested') === !Htx.annotationStore.selected?.parent_prediction"
)
FACE = "\U0001f642 The <b>harbour</b> was called a nest of thieves, again."
TEXTS = [
    FACE, f"{IMAGE} stood in the harbour.", "=HYPERLINK(1) said the man.", "\u202bhgih saw edit ehT\u202c",
    "long " * 20_000, "</script><script>document.title='hit'</script> was all he said.", "Plain words about a quay.",
    "More words on a pier.", "The crane on the quay is {{7*7}} years old.", "$text and $title cost $300 million.",
]  # fmt: skip


@dataclass
class Assigned:
    """What was assigned to whom, and how to sign in."""

    stance: Stance
    url: str
    password: str
    row: dict[str, Any]
    order: list[str]
    labels: Path

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.stance.workspace / "ledger.db")


@pytest.fixture(scope="module")
def people(shared: tuple[Any, str]) -> dict[str, Person]:
    return make(*shared)


@pytest.fixture(scope="module")
def assigned(shared: tuple[Stance, str], people: dict[str, Person]) -> Assigned:
    """Six hostile sentences in the order of a model's doubt, half with its suggestion, and two hidden gold ones."""
    stance, url = shared
    folder = stance.workspace
    (folder / "news.jsonl").write_text(
        "\n".join(json.dumps({"id": f"r{n}", "text": text, "title": IMAGE}) for n, text in enumerate(TEXTS))
    )
    labels = folder / "labels.yaml"
    labels.write_text(json.dumps(LABELS))
    stance("corpus", "build", str(folder / "news.jsonl"), "--unit", "line")
    stance("corpus", "sample", "6", "--name", "page")
    batch = tables.read(folder / "batches" / "page.parquet", tables.BATCH)
    sure = np.linspace(0.4, 0.9, len(batch))
    predictions = pd.DataFrame(
        {"sentence_id": batch["sentence_id"], "question": "side", "label": FOR, "abstained": False, "model_id": "m1"}
        | {f"p_{FOR}": sure, f"p_{AGAINST}": (1 - sure) * 0.75, f"p_{TURNED}": (1 - sure) * 0.25}
    )
    tables.write(predictions, folder / "doubt.parquet", tables.PREDICTIONS)
    sentences = tables.read(folder / "corpus" / "sentences.parquet", tables.SENTENCES)
    free = sentences[~sentences["sentence_id"].isin(batch["sentence_id"])]
    free[["sentence_id"]].assign(side=AGAINST).to_csv(folder / "gold.csv", index=False)
    password = stance("label", "annotators", "add", ANN)["password"]
    done = stance(
        "label", "annotators", "assign", "page", ANN, "--labels", str(labels), "--overlap", "1", "--gold-rate", "0.25",
        "--gold", str(folder / "gold.csv"), "--suggestion-share", "0.5", "--predictions", str(folder / "doubt.parquet"),
    )  # fmt: skip
    given = suggest(connect_embedded(Workspace(folder)), Ledger(folder / "ledger.db"), "page", predictions)
    assert (given.arm, given.created) == (3, 3)
    return Assigned(stance, url, password, done["annotators"][0], batch["sentence_id"].tolist(), labels)


def test_what_assign_mixes_in_is_on_the_server_in_order(assigned: Assigned) -> None:
    row = assigned.row
    assert (row["sentences"], row["gold"], row["suggestion"]) == (6, 2, 3)
    with assigned.stance.owner(assigned.url) as owner:
        items = [one["item"] for one in owner.get(f"/api/stancelab/projects/{row['project']}/items/").json()]
        tasks = owner.get("/api/tasks/", params={"project": row["project"], "fields": "all", "page_size": 20}).json()
    plan = assigned.ledger.assignments(batch="page").set_index("item").loc[items]
    assert plan["sentence_id"][plan["kind"] == "normal"].tolist() == assigned.order
    assert [json.loads(known) for known in plan["known"].dropna()] == [{"side": AGAINST}] * 2
    shown = {task["data"]["item"] for task in tasks["tasks"] if task["total_predictions"]}
    assert shown == set(plan.index[plan["suggestion"]])
    # Nothing in a task says which it is.
    assert len({tuple(sorted(task["data"])) for task in tasks["tasks"]}) == 1


def test_a_sentence_with_hostile_text_by_keys_alone(assigned: Assigned, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    sign_in(page, assigned.url, ANN, assigned.password)
    start(page, assigned.url, assigned.row["project"])
    seen: list[str] = []
    suggested = 0
    for number in range(8):
        text = next_sentence(page, seen)
        seen.append(text)
        assert not page.locator(".sl-page img").count()
        page.wait_for_function(SUGGESTION_SAID)
        if page.locator(".stancelab-suggested").count():
            suggested += 1
            assert not serious(page, ".stancelab-progress")
        if number == 0:
            shown = page.locator(".sl-page").inner_text()
            assert all(written in shown for written in (FOR, AGAINST, f"{IMAGE} off topic", f"{IMAGE} sure", "{{7*7}}"))
            nothing_gets_past_the_guideline(page)
            definitions_and_comment_can_be_read(page)
            mark_by_keys(page)
        if number == 1:
            nothing_gets_past_a_warning(page)
            skip_and_take_it_back(page)
        choose(page, "2", AGAINST)
        submit(page)
    wait_for_the_end(page)
    assert suggested == 3
    assert page.title() != "hit"
    assert not serious(page, ".stancelab-progress"), "with the way home"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your work")).to_be_visible()
    expect(page.get_by_text("All 8 done")).to_be_visible()
    page.context.close()

    assigned.stance("label", "pull")
    found = assigned.ledger.annotations(KINDS, more=("notes",))
    assert (found["label"] == AGAINST).all()
    assert found["kind"].value_counts().to_dict() == {"normal": 6, "gold": 2}
    texts = pd.read_parquet(assigned.stance.workspace / "corpus" / "sentences.parquet").set_index("sentence_id")["text"]
    assert {" ".join(text.split()) for text in seen} == {" ".join(texts[s].split()) for s in found["sentence_id"]}
    ((sentence, notes),) = found.dropna(subset=["notes"])[["sentence_id", "notes"]].itertuples(index=False)
    spans = json.loads(notes)["evidence"]
    assert [texts[sentence][start:end] for start, end, _ in spans] == [span for _, _, span in spans]
    assert len(spans) == 1


def nothing_gets_past_the_guideline(page: Page) -> None:
    guideline = page.get_by_text("Look at the words alone.")
    page.keyboard.press("?")
    expect(guideline).to_be_visible()
    expect(page.locator(".ant-modal-body")).to_have_attribute("tabindex", "0")
    assert not serious(page, ".ant-modal-body")
    text, chosen = page.locator(".sl-sentence").inner_text(), page.locator("input[type=radio]:checked")
    before = chosen.count()  # a suggestion may be in view
    for key in ("1", "2", ";", ",", "Control+Enter", "Control+Space"):
        page.keyboard.press(key)
    page.keyboard.press("End")
    expect(guideline).not_to_be_in_viewport()
    page.keyboard.press("Home")
    expect(guideline).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(guideline).to_be_hidden()
    assert page.locator(".sl-sentence").inner_text() == text
    assert chosen.count() == before


def definitions_and_comment_can_be_read(page: Page) -> None:
    """In both looks, on what is under them."""
    page.keyboard.press(";")
    page.keyboard.type("Irony?")
    assert not serious(page, ".sl-comment")
    assert readable(page, ".sl-comment")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Escape")
    head = page.locator(".sl-definitions .ant-collapse-header")
    head.click()
    expect(page.locator(".sl-definitions").get_by_text("is bad")).to_be_visible()
    for look in ("light", "dark"):
        page.evaluate("look => { document.documentElement.dataset.colorScheme = look }", look)
        page.wait_for_timeout(500)  # colours fade
        assert not serious(page, ".sl-definitions"), look
        assert readable(page, ".sl-definitions"), look
    grey = page.locator(".sl-definitions .ant-collapse-content").evaluate(
        "part => getComputedStyle(part).backgroundColor"
    )
    assert grey == "rgb(31, 41, 55)"
    page.evaluate("document.documentElement.dataset.colorScheme = 'light'")
    head.click()


def nothing_gets_past_a_warning(page: Page) -> None:
    chosen = page.locator(".sl-q0 input[type=radio]:checked")
    if chosen.count():  # a suggestion: its key takes it back
        page.keyboard.press("1")
    expect(chosen).to_have_count(0)
    choose(page, "4", f"{IMAGE} off topic")
    page.keyboard.press("Control+Enter")
    warning = page.get_by_text(f"Please answer: {LABELS['questions']['side']['title']}")
    expect(warning).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    expect(chosen).to_have_count(0)
    page.keyboard.press("4")
    expect(page.locator(".sl-skip input:checked")).to_have_count(0)


def skip_and_take_it_back(page: Page) -> None:
    """Without a reason the first try only asks for it; Ctrl+Enter takes a skip back."""
    text, hint = page.locator(".sl-sentence").inner_text(), page.locator(".stancelab-hint")
    page.keyboard.press("Control+Space")
    expect(hint).to_contain_text(f"Why? {IMAGE} off topic")
    assert not serious(page, ".stancelab-hint")
    choose(page, "4", f"{IMAGE} off topic")
    expect(hint).to_be_hidden()
    submit(page, "Control+Space")
    assert go(page, ",", [page.locator(".sl-sentence").inner_text().strip()]) == text.strip()
    expect(page.get_by_text("Cancel skip")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("bottombar-submit-button")).to_be_visible()
    assert page.locator(".sl-sentence").inner_text() == text


def mark_by_keys(page: Page) -> None:
    """The second and third word; a mark on the first is made, and taken away again."""
    hint, marks = page.locator(".stancelab-hint"), page.locator(".sl-sentence .htx-highlight")
    key = page.locator(".sl-more .lsf-label__hotkey").inner_text()
    page.keyboard.press(key)
    expect(hint).to_contain_text("Enter marks")
    assert not serious(page, ".stancelab-hint")
    page.keyboard.press("Enter")
    expect(hint).to_be_hidden()
    expect(marks).to_have_count(1)
    page.keyboard.press(key)
    expect(hint).to_be_visible()
    page.keyboard.press("Backspace")
    expect(marks).to_have_count(0)
    for keys in ("ArrowRight", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(keys)
    expect(marks).to_have_count(1)
    expect(hint).to_be_hidden()


@pytest.fixture(scope="module")
def url(shared: tuple[Any, str]) -> str:
    return shared[1]


@pytest.fixture(scope="module")
def ann(people: dict[str, Person]) -> Person:
    return people["ann"]


@pytest.fixture(scope="module")
def bob(people: dict[str, Person]) -> Person:
    return people["bob"]


@pytest.fixture(scope="module")
def owner(shared: tuple[Any, str]) -> httpx.Client:
    return shared[0].owner(shared[1])


@pytest.fixture(scope="module")
def page(browser: Browser, url: str, ann: Person) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    cookies = [{"name": c.name, "value": str(c.value), "url": url} for c in ann.http.cookies.jar]
    context.add_cookies(cookies)
    page = context.new_page()
    yield page
    context.close()


FORBIDDEN = ("Create", "Import", "Export", "Settings", "Invite", "Account", "Organization", "Delete", "API", "Members")


@pytest.mark.parametrize("width", [1280, 820])
def test_the_page_shows_no_button_that_would_be_refused(page: Page, url: str, ann: Person, width: int) -> None:
    refused: list[str] = []
    page.on("response", lambda r: refused.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{url}/")
    page.get_by_role("link", name="work of ann").click()
    page.get_by_text("ann sentence").first.wait_for(timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.locator("[class*=userpic]").first.click()
    page.get_by_text("Log Out").wait_for()
    shown = page.locator("a:visible, button:visible").all_inner_texts()
    assert not [text for text in shown if any(word in text for word in FORBIDDEN)], shown
    assert not refused
    page.locator("a", has_text="Projects").first.click()
    expect(page.get_by_role("heading", name="Your work")).to_be_visible()


def test_an_address_typed_into_the_browser_is_refused(page: Page, url: str, bob: Person) -> None:
    page.goto(f"{url}/projects/{bob.has['project']}/data?labeling=1")
    expect(page.get_by_role("heading", name="This page is not open to you")).to_be_visible()
    assert "bob" not in page.content()
    page.goto(f"{url}/projects/{bob.has['project']}/settings/")
    expect(page.get_by_role("heading", name="This page is not open to you")).to_be_visible()


def test_hostile_names_show_as_text(
    shared: tuple[Any, str], browser: Browser, owner: httpx.Client, ann: Person
) -> None:
    name = "<img src=x onerror=document.title='hit'>\u202eeve"
    title = "</bdi><script>document.title='hit'</script>"
    owner.patch(f"/api/users/{ann.id}/", json={"first_name": name}).raise_for_status()
    owner.patch(f"/api/projects/{ann.has['project']}/", json={"title": title}).raise_for_status()
    context = browser.new_context()
    context.add_cookies([{"name": c.name, "value": str(c.value), "url": shared[1]} for c in ann.http.cookies.jar])
    page = context.new_page()
    page.goto(f"{shared[1]}/")
    assert name in page.locator("header").inner_text()
    assert title in page.locator("main").inner_text()
    assert page.title() == "Your work"
    context.close()
    owner.patch(f"/api/users/{ann.id}/", json={"first_name": ""})
    owner.patch(f"/api/projects/{ann.has['project']}/", json={"title": "work of ann"})
