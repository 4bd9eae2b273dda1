"""The page for the lead in a browser, from hostile labels, names and sentences; and the same in every export."""

import csv
import json

import pytest
from playwright.sync_api import Browser
from stance_command import Stance

PEOPLE = ["<script>alert(1)</script>@example.com", "\u202emoc.elpmaxe@di", "=1+1@example.com"]
LABELS = ["<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "plain"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Stance:
    """A workspace with 30 sentences, one of them of 100,000 characters, that three people labelled elsewhere."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = [f"<svg/onload=alert({n})> said the minister of country number {n}." for n in range(29)]
    texts.append(f"@SUM(A1) {'long ' * 20_000}sentence.")
    records = [json.dumps({"id": f"r{n}", "text": text}) for n, text in enumerate(texts)]
    (folder / "news.jsonl").write_text("\n".join(records))
    keys = "".join(f"      {json.dumps(label)}: {{}}\n" for label in LABELS)
    (folder / "labels.yaml").write_text(f"questions:\n  stance:\n    title: <b>bold</b>\n    labels:\n{keys}")
    with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "annotator", "question", "label", "created_at", "lead_time_s"])
        for n in range(30):
            for who, name in enumerate(PEOPLE):
                at = f"2026-01-{n + 1:02}T10:0{who}:00Z"
                writer.writerow([f"r{n}", name, "stance", LABELS[(n + who * (n % 3 == 0)) % 3], at, 0.5 + n])
    stance = Stance(folder / "workspace")
    stance("corpus", "build", str(folder / "news.jsonl"), "--unit", "line")
    done = stance("label", "import", str(folder / "answers.csv"), "--labels", str(folder / "labels.yaml"))
    assert (done["new"], done["skipped"]) == (90, {})
    return stance


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_runs_nothing_and_asks_for_nothing(browser: Browser, hostile: Stance, scheme: str) -> None:
    path = hostile.workspace.parent / f"{scheme}.html"
    found = hostile("label", "quality", "--html", str(path), "--labels", str(path.with_name("labels.yaml")))
    assert {record["annotator"] for record in found["annotators"]} == set(PEOPLE)
    tab = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    tab.goto(path.as_uri())
    assert (asked, said) == ([path.as_uri()], [])
    assert tab.locator("figure svg").count() >= 5
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280
    shown = tab.locator("body").inner_text()
    assert PEOPLE[0] in shown
    assert LABELS[0] in shown
    assert "<svg/onload=alert(" in shown
    colours = tab.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    dark, light = ["rgb(230, 233, 238)", "rgb(20, 24, 30)"], ["rgb(29, 36, 48)", "rgb(255, 255, 255)"]
    assert colours == (dark if scheme == "dark" else light)
    tab.close()


@pytest.mark.parametrize("form", ["csv", "label-studio", "label-studio-min", "prodigy", "doccano"])
def test_every_export_holds_it_as_text_and_comes_back(hostile: Stance, form: str) -> None:
    folder = hostile.workspace.parent
    out, labels = folder / f"{form}.out", str(folder / "labels.yaml")
    assert hostile("label", "export", str(out), "--format", form, "--labels", labels)["rows"] == 90
    back = hostile("label", "import", str(out), "--format", form, "--labels", labels)
    assert (back["rows"], back["new"], back["changed"], back["skipped"]) == (90, 0, 0, {})
    if form == "csv":
        with out.open(newline="", encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell[:1] in list("=+-@\t\r\n")]
        assert max(map(len, cells)) > 100_000
