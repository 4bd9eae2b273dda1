"""A full day: owner, adjudicator and two annotators, from the training round to what they disputed; all by keys."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from labeling_page import choose, go, next_sentence, serious, sign_in, start, submit, wait_for_the_end
from playwright.sync_api import Browser, Page, expect

from corpus.console import ROOT
from labeling.ledger.ledger import Ledger

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
SENTENCES = 20
TRAINING = {
    "The harbour was called a fortress of peace.": "for",
    "<b>The harbour</b> \u202eis shown\u202c as it stands.": "neither",
    "The harbour was called a nest of thieves.": "against",
}
LABELS = {
    "questions": {"side": {"title": "Which side?", "labels": {"for": {}, "against": {}, "neither": {}}}},
    "training": [
        {"text": text, "answers": {"side": label}, "rule": f"Because <i>{label}</i>."}
        for text, label in TRAINING.items()
    ],
    "guideline": "## The task\nLook at the words alone.",
    "confidence": ["unsure", "sure"],
    "evidence": True,
}
KEYS = {"for": "1", "against": "2", "neither": "3", "off topic": "4"}


@dataclass
class Person:
    """Somebody at the page, and what they answered."""

    email: str
    page: Page
    url: str
    gave: dict[str, str] = field(default_factory=dict)

    def projects(self) -> set[str]:
        """The numbers of the projects that they see."""
        found = self.page.evaluate("async () => (await (await fetch('/api/projects/')).json()).results.map(p => p.id)")
        return {str(number) for number in found}

    def train(self, project: int, wrong: str = "") -> None:
        """Answer the training round, and read each verdict."""
        start(self.page, self.url, project)
        seen: list[str] = []
        for _ in TRAINING:
            text = next_sentence(self.page, seen)
            seen.append(text)
            right = TRAINING[text]
            given = right if text != wrong else next(label for label in KEYS if label != right)
            choose(self.page, KEYS[given], given)
            self.page.keyboard.press("Control+Enter")
            verdict = self.page.get_by_role("dialog", name="Right" if given == right else "Not as the guideline has it")
            expect(verdict).to_contain_text(f"Because <i>{right}</i>.")
            expect(verdict.locator("blockquote")).to_have_text(text)
            if given != right:
                expect(verdict).to_contain_text(f"Which side? {right} (you: {given})")
            assert not serious(self.page, ".stancelab-verdict")
            # While it is open no key reaches the sentence behind it.
            self.page.keyboard.press("2")
            self.page.keyboard.press("Enter")
            verdict.wait_for(state="detached")

    def answer(self, text: str, label: str) -> None:
        choose(self.page, KEYS[label], label)
        submit(self.page)
        self.gave[text] = label

    def correct(self, text: str, label: str) -> None:
        choose(self.page, KEYS[label], label)
        self.page.keyboard.press("Control+Enter")
        self.page.get_by_text("updated").first.wait_for()
        self.gave[text] = label


def refused(person: Person, project: int, task: int) -> None:
    """Somebody else's work, by typing its address."""
    for path in (f"/projects/{project}/data", f"/projects/{project}/data?task={task}"):
        answer = person.page.goto(f"{person.url}{path}")
        shown = person.page.locator(".sl-sentence")
        assert answer is not None
        assert answer.status in (403, 404) or not shown.count(), path
    for path in (f"/api/projects/{project}/", f"/api/tasks/{task}/", f"/api/tasks/{task}/annotations/"):
        status = person.page.evaluate("async path => (await fetch(path)).status", path)
        assert status in (403, 404), path


def test_a_full_day(stance: Any, server: dict[str, Any], browser: Browser, tmp_path: Path) -> None:
    url = server["url"]
    labels = tmp_path / "labels.yaml"
    labels.write_text(json.dumps(LABELS))
    config = tmp_path / "labeling.yaml"
    config.write_text("training_bar: 0.6\n")
    with_files = ("--labels", str(labels), "--config", str(config))

    # The owner makes the batch and the accounts, looks at the plan, and assigns.
    stance("corpus", "build", str(ROOT / "corpus" / "sample" / "news.jsonl"))
    batch = stance("corpus", "sample", str(SENTENCES), "--name", "day")["batch"]
    roles = {ANN: "annotator", BOB: "annotator", EVE: "adjudicator"}
    accounts = {email: stance("label", "annotators", "add", email, "--role", role) for email, role in roles.items()}
    assign = ("label", "annotators", "assign", batch, ANN, BOB, *with_files)
    shown = stance(*assign, "--dry-run")
    assert [(row["annotator"], row["sentences"]) for row in shown["annotators"]] == [(ANN, 20), (BOB, 20)]
    assigned = {row["annotator"]: row for row in stance(*assign)["annotators"]}

    people = {}
    for email, account in accounts.items():
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(60_000)
        sign_in(page, url, email, account["password"])
        people[email] = Person(email, page, url)
    ann, bob, eve = people[ANN], people[BOB], people[EVE]

    # Before the bar there is the training round and nothing else; nobody sees another's.
    assert ann.projects() == {str(assigned[ANN]["training"])}
    assert bob.projects() == {str(assigned[BOB]["training"])}
    assert eve.projects() == set()
    ann.train(assigned[ANN]["training"])
    bob.train(assigned[BOB]["training"], wrong=next(iter(TRAINING)))
    standing = {
        one["annotator"]: (one["right"], one["passed"]) for one in stance("label", "annotators", "training")["training"]
    }
    assert standing == {ANN: (3, True), BOB: (2, True)}
    assert ann.projects() == {str(assigned[ANN][name]) for name in ("training", "project")}

    # Ann: guideline, answers with comment and confidence, a skip with its reason, a correction.
    start(ann.page, url, assigned[ANN]["project"])
    ann.page.keyboard.press("?")
    expect(ann.page.get_by_text("Look at the words alone.")).to_be_visible()
    ann.page.keyboard.press("Escape")
    expect(ann.page.get_by_text("Look at the words alone.")).to_be_hidden()
    skipped = ""
    for number in range(SENTENCES):
        text = next_sentence(ann.page, [*ann.gave, skipped])
        expect(ann.page.locator(".stancelab-progress")).to_contain_text(f"{number} of {SENTENCES} done")
        if number == 0:
            assert not serious(ann.page, ".sl-page")
            assert not serious(ann.page, ".stancelab-progress")
            choose(ann.page, "7", "sure")
            ann.page.keyboard.press(";")
            ann.page.keyboard.type("1 <b>odd</b>; 2")
            ann.page.keyboard.press("Escape")
        if number == 5:
            choose(ann.page, KEYS["off topic"], "off topic")
            submit(ann.page, "Control+Space")
            skipped = text
            continue
        ann.answer(text, "for")
        if number == 10:
            following = next_sentence(ann.page, [*ann.gave, skipped])
            others = [known for known in ann.gave if known != text]
            assert go(ann.page, ",", [*others, skipped, following]) == text
            ann.correct(text, "neither")
            corrected = text
            go(ann.page, ".", [*ann.gave, skipped])
    wait_for_the_end(ann.page)

    # Bob disagrees on three; then each tries the other's address.
    start(bob.page, url, assigned[BOB]["project"])
    for _ in range(SENTENCES):
        text = next_sentence(bob.page, list(bob.gave))
        disputed = [known for known, label in bob.gave.items() if label == "against"]
        against = len(disputed) < 3 and text not in (skipped, corrected)
        bob.answer(text, "against" if against else "neither" if text == corrected else "for")
    wait_for_the_end(bob.page)
    with stance.owner(url) as api:
        tasks = {
            email: api.get("/api/tasks", params={"project": assigned[email]["project"]}).json()["tasks"][0]["id"]
            for email in (ANN, BOB)
        }
    refused(ann, assigned[BOB]["project"], tasks[BOB])
    refused(bob, assigned[ANN]["project"], tasks[ANN])

    pulled = stance("label", "pull")
    assert pulled["new"] == 2 * (SENTENCES + len(TRAINING))
    check_ledger(stance.workspace, ann, bob, skipped)
    aggregated = stance("label", "aggregate", *with_files)
    assert aggregated["ties"] == 3

    # The adjudicator sees the votes without names, and decides.
    given = stance("label", "adjudicate", EVE, *with_files)
    assert given["disputes"] >= 3
    (project,) = {row["project"] for row in given["projects"]}
    assert eve.projects() == {str(project)}
    start(eve.page, url, project)
    for _ in range(given["disputes"]):
        text = next_sentence(eve.page, list(eve.gave))
        votes = eve.page.locator(".sl-votes").inner_text()
        assert "for" in votes
        assert "against" in votes
        assert "ann@" not in eve.page.content()
        assert "bob@" not in eve.page.content()
        eve.answer(text, "against")
    wait_for_the_end(eve.page)
    stance("label", "pull")
    decided = stance("label", "aggregate", *with_files)
    assert (decided["ties"], decided["adjudicated"]) == (0, given["disputes"])
    assert stance("label", "adjudicate", EVE, *with_files)["decided"] == given["disputes"]
    for person in people.values():
        person.page.context.close()


def check_ledger(workspace: Path, ann: Person, bob: Person, skipped: str) -> None:
    ledger = Ledger(workspace / "ledger.db")
    text = pd.read_parquet(workspace / "corpus" / "sentences.parquet").set_index("sentence_id")["text"]
    found = ledger.annotations()
    assert len(found) == 2 * SENTENCES
    given = found.assign(text=found["sentence_id"].map(text)).set_index(["annotator", "text"])
    for person in (ann, bob):
        assert given.loc[person.email, "label"].dropna().to_dict() == person.gave
    skip = given.loc[ann.email, skipped]
    assert (skip["state"], skip["skip_reason"]) == ("skipped", "off topic")
    trained = ledger.annotations(kinds=("training",))
    assert len(trained) == 2 * len(TRAINING)
    notes = [note for sentence in found["sentence_id"].unique() for note in ledger.history(sentence)["notes"].dropna()]
    assert {"comment": "1 <b>odd</b>; 2", "confidence": "sure"} in [json.loads(note) for note in notes]
