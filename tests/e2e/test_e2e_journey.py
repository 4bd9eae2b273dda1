"""The user's own 15 sentences, all the way: built, pushed twice, labelled in a browser by keys, pulled, reported."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx
import pandas as pd
import pytest
from labeling_page import choose, next_sentence, serious, sign_in, start, wait_for_the_end
from playwright.sync_api import Browser, Page, expect

from corpus.console import ROOT
from corpus.labels import load_labels
from labeling.ledger.ledger import Ledger

SEED = ROOT / "corpus" / "sample" / "seed.txt"
LABELS = load_labels(ROOT / "configs" / "labels.yaml")
SENTENCES = SEED.read_text(encoding="utf-8").splitlines()
SKIPPED = 9  # the tenth sentence is skipped, as if it could not be understood


def _label_by_keys(page: Page, url: str, project: int) -> dict[str, dict[str, str]]:
    """Label every sentence with the guideline's answers, without the mouse; what was meant, by sentence."""
    meant = {example.text: dict(example.answers) for example in LABELS.worked_examples}
    keys = LABELS.hotkeys
    start(page, url, project)
    done: dict[str, dict[str, str]] = {}
    for _ in SENTENCES:
        text = next_sentence(page, list(done))
        assert text in meant
        if SENTENCES.index(text) == SKIPPED:
            choose(page, keys["skip_reason", "unintelligible"], "unintelligible")
            page.keyboard.press("Control+Space")
            done[text] = {}
            continue
        done[text] = {question: meant[text][question] for question in LABELS.enabled}
        for question, label in done[text].items():
            choose(page, keys[question, label], label)
        page.keyboard.press("Control+Enter")
    wait_for_the_end(page)
    return done


def test_the_users_file_from_text_to_report(
    stance: Any, server: dict[str, Any], browser: Browser, tmp_path: Path
) -> None:
    started = datetime.now(UTC) - timedelta(seconds=1)
    url = server["url"]
    assert stance("corpus", "build", str(SEED)) | {"seconds": 0} == {
        "documents": 1, "sentences": 15, "dropped": {}, "clusters": 15, "duplicates": 0, "seconds": 0,
    }  # fmt: skip
    batch = stance("corpus", "sample", "all", "--name", "seed")["batch"]
    first = stance("label", "push", batch)
    again = stance("label", "push", batch)
    assert (first["created"], first["existing"]) == (15, 0)
    assert (again["project"], again["created"], again["existing"]) == (first["project"], 0, 15)

    account = stance("label", "annotators", "add", "ann@example.com")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, url, account["email"], account["password"])
    done = _label_by_keys(page, url, _own_project(stance, tmp_path, batch))
    page.close()
    assert {urlparse(address).netloc for address in asked if not address.startswith(("data:", "blob:"))} == {
        urlparse(url).netloc
    }

    pulled = stance("label", "pull")
    assert (pulled["new"], pulled["changed"], pulled["deleted"], pulled["total"]) == (15, 0, 0, 15)
    assert stance("label", "pull", "--full")["new"] == 0
    _check_ledger(stance.workspace, done, started)

    agreement = stance("label", "agreement")
    assert agreement["alpha"]["value"] is None
    assert agreement["annotators"] == 1
    assert stance("label", "aggregate")["gold"] == 28
    dataset = stance("label", "release", "seed")
    assert dataset["items"] == 14
    run = stance("train", "fit", dataset["dataset"])["run"]
    metrics = stance("train", "evaluate", run)
    assert {audit["verdict"] for audit in metrics["audits"] if audit["name"] == "enough data"} == {"alarm"}
    report = stance("train", "report", run)["report"]
    _check_report(browser, Path(report))


def _own_project(stance: Any, folder: Path, batch: str) -> int:
    """Ann's project of a batch, without a training round."""
    config = folder / "labeling.yaml"
    config.write_text("training_bar: 0\n")
    assigned = stance("label", "annotators", "assign", batch, "ann@example.com", "--config", str(config))
    (row,) = assigned["annotators"]
    assert row["training"] is None
    return int(row["project"])


def _check_ledger(workspace: Path, done: dict[str, dict[str, str]], started: datetime) -> None:
    annotations = Ledger(workspace / "ledger.db").annotations()
    sentences = pd.read_parquet(workspace / "corpus" / "sentences.parquet").set_index("sentence_id")["text"]
    annotations["text"] = annotations["sentence_id"].map(sentences)
    assert set(annotations["annotator"]) == {"ann@example.com"}
    assert len(annotations) == 15 * len(LABELS.enabled)
    for text, answers in done.items():
        rows = annotations[annotations["text"] == text].set_index("question")
        if answers:
            assert rows["label"].to_dict() == answers
            assert set(rows["state"]) == {"submitted"}
        else:
            assert set(rows["state"]) == {"skipped"}
            assert set(rows["skip_reason"]) == {"unintelligible"}
            assert rows["label"].isna().all()
    assert annotations["created_at"].between(started, datetime.now(UTC)).all()
    assert (annotations["lead_time_s"] > 0).all()
    assert set(annotations["labels_version"]) == {LABELS.version}


def _check_report(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert "too few" in page.inner_text("body").lower()
    assert asked == [report.as_uri()]
    page.close()


@pytest.fixture(scope="module")
def page_of_ann(shared: tuple[Any, str], browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The labeling page of a project with the user's sentences, Ann signed in."""
    stance, url = shared
    stance("corpus", "build", str(SEED))
    batch = stance("corpus", "sample", "all")["batch"]
    account = stance("label", "annotators", "add", "ann@example.com")
    project = _own_project(stance, tmp_path_factory.mktemp("config"), batch)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    sign_in(page, url, account["email"], account["password"])
    start(page, url, project)
    yield page
    page.close()


def test_a_required_question_left_open_is_not_submitted(shared: tuple[Any, str], page_of_ann: Page) -> None:
    page_of_ann.keyboard.press(LABELS.hotkeys["stance", "neutral"])
    page_of_ann.keyboard.press("Control+Enter")
    title = LABELS.questions["source_type"].title
    expect(page_of_ann.get_by_text(f"Please answer: {title}")).to_be_visible()
    # Whoever is quick presses the key before the dialog has taken the focus.
    page_of_ann.evaluate("document.activeElement.blur()")
    page_of_ann.keyboard.press("Escape")
    expect(page_of_ann.locator(".ant-modal-confirm")).to_be_hidden()
    assert shared[0]("label", "pull")["total"] == 0


def test_the_labeling_page_shows_what_the_configuration_says(page_of_ann: Page) -> None:
    shown = page_of_ann.inner_text(".sl-page")
    for question in LABELS.enabled.values():
        assert question.title in shown
        for label in question.labels:
            assert label in shown
    page_of_ann.get_by_text(f"Definitions: {LABELS.questions['stance'].title}").click()
    definition = " ".join(LABELS.questions["stance"].labels["neutral"].definition.split())
    expect(page_of_ann.locator(".sl-definitions").get_by_text(definition)).to_be_visible()


@pytest.mark.parametrize("width", [1280, 820])
def test_the_labeling_page_fits_a_desk_and_a_tablet(page_of_ann: Page, width: int) -> None:
    page_of_ann.set_viewport_size({"width": width, "height": 900})
    box = page_of_ann.locator(".sl-page").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert not page_of_ann.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_nobody_signs_up_without_an_invitation(shared: tuple[Any, str]) -> None:
    form = {"email": "stranger@example.com", "password": "long-enough-1"}
    answer = httpx.post(f"{shared[1]}/user/signup/", data=form, trust_env=False)
    assert answer.status_code == 403
    assert "stranger@example.com" not in {a["email"] for a in shared[0]("label", "annotators", "list")["annotators"]}


def test_who_comes_by_invitation_makes_an_account_and_labels_their_own(
    shared: tuple[Any, str], page_of_ann: Page, browser: Browser, tmp_path: Path
) -> None:
    stance, url = shared
    eve = "eve@example.com"
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(stance("label", "annotators", "add", eve, "--invite")["invitation"])
    fields = page.locator("input:visible, select:visible, textarea:visible")
    assert fields.evaluate_all("all => all.map(one => one.name)") == ["email", "password"]
    for password, told in (("short", "8–128 characters"), ("long-enough-1", "Nothing is assigned to you")):
        page.get_by_label("Email").fill("Eve@Example.com")
        page.get_by_label("Password").fill(password)
        assert not serious(page, "body")
        page.keyboard.press("Enter")
        expect(page.get_by_text(told)).to_be_visible()
    assert "already" in stance.run("label", "annotators", "add", eve, "--invite", code=2).stderr

    page.get_by_text("Sign out").click()
    for password, told in (("another-one-1", "don't match"), ("long-enough-1", "Nothing is assigned to you")):
        page.get_by_label("Email").fill(eve)
        page.get_by_label("Password").fill(password)
        assert not serious(page, "body")
        page.keyboard.press("Enter")
        expect(page.get_by_text(told)).to_be_visible()

    config = tmp_path / "labeling.yaml"
    config.write_text("training_bar: 0\n")
    people = ("ann@example.com", eve, "--overlap", "1", "--config", str(config))
    batch = next((stance.workspace / "batches").glob("*.parquet")).stem
    assert stance("label", "annotators", "assign", batch, *people, "--rebalance")["moved"] > 0
    page.reload()
    assert page.locator("main a").all_inner_texts() == [batch]
    page.get_by_role("link", name=batch).click()
    page.locator(".sl-sentence").wait_for()
    # The name is the batch's, without what tells its projects apart on the server.
    assert page.locator("li", has_text=batch).all_inner_texts() == [batch]
    for question, label in {"stance": "neutral", "source_type": "none"}.items():
        choose(page, LABELS.hotkeys[question, label], label)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".stancelab-progress")).to_contain_text("1 of ")
    page.context.close()
    assert {urlparse(address).netloc for address in asked if not address.startswith(("data:", "blob:"))} == {
        urlparse(url).netloc
    }
    assert {row["email"]: row["done"] for row in stance("label", "annotators", "list")["annotators"]}[eve] == 1
