import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import train_datasets as made

from corpus.versions.dataset import Dataset
from train.fit import fit
from train.numbers import counted, interval, number
from train.report import plots
from train.report.page import report
from train.settings import TrainSettings

HOSTILE = """</td><script>alert("1")</script><img src=x onerror='alert(2)'> & "quotes" """


class Page(HTMLParser):
    """Tags and addresses of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def written(dataset: Dataset, runs: Path, settings: TrainSettings) -> str:
    return report(fit(dataset, runs=runs, settings=settings).run).read_text(encoding="utf-8")


def test_the_page_needs_nothing_from_outside(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    html = written(dataset, tmp_path / "runs", settings)
    page = Page(html)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed"}
    assert all(address.startswith("#") for address in page.addresses)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)
    assert len(html.encode()) < 3_000_000
    assert html.count("<svg") == 12
    assert str(tmp_path) not in html


def test_the_same_run_gives_the_same_page(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    assert written(dataset, tmp_path / "runs", settings) == written(dataset, tmp_path / "again", settings)


def test_hostile_text_is_shown_and_not_run(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows()
    data["text"] = HOSTILE + data["text"]
    label = "<b onclick='x'>$a_b$ & \"c\"</b>"
    data["stance"] = data["stance"].replace("neutral", label)
    stance = {"labels": {"pro-Russia": {}, "pro-US": {}, label: {}}, "title": "<script>title</script>"}
    labels = {"questions": {"stance": stance, "source_type": made.LABELS["questions"]["source_type"]}}
    name = "<i>ann</i>@example.org"
    html = written(make_dataset(data, labels=labels, simulated=(name,)), tmp_path, settings)
    page = Page(html)
    assert not page.tags & {"script", "img", "b onclick"}
    assert not page.attributes & {"onclick", "onerror"}
    for text in (HOSTILE.strip(), label, name, "<script>title</script>"):
        assert text in page.text


def test_too_few_data_are_said_loudly(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    text = Page(written(dataset, tmp_path / "runs", settings)).text
    assert "These data are too few to conclude anything" in text
    assert "The test has 8 documents; at least 20 are needed, 12 more." in text
    assert "The labels are simulated" not in text


def test_every_interval_of_few_documents_has_its_asterisk(
    dataset: Dataset, settings: TrainSettings, tmp_path: Path
) -> None:
    rows = re.findall(r"<tr><th>.*?</tr>", written(dataset, tmp_path / "runs", settings), re.DOTALL)
    # The test has 8 documents, training 22: enough for the Brier score, and not for the area.
    for name, notes in (("Brier score", ("only 8 documents", None)), ("Area under", ("only 8 documents", "only 22 d"))):
        found = next(row for row in rows if row.startswith(f"<tr><th>{name}")).split("<td>")
        for cell, note in zip((found[1], found[3]), notes, strict=True):
            assert note in cell if note else "<abbr" not in cell
    tables = (tmp_path / "runs").glob("*/tables/stance-scores.csv")
    lines = [line for table in tables for line in table.read_text().splitlines() if ",model,aurc," in line]
    assert [line.split(",")[6:] for line in lines] == [
        ["False", "only 8 documents: such an interval tends to be too narrow"],
        ["False", "only 22 documents: such an interval tends to be too narrow"],
    ]


def test_enough_data_are_not_warned_about(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    text = Page(written(make_dataset(made.rows(documents=100)), tmp_path, settings)).text
    assert "too few" not in text.lower()
    assert text.count("enough data") == 2


def test_simulated_annotators_are_named(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    names = ("simulated-1@stancelab.invalid", "simulated-2@stancelab.invalid")
    text = Page(written(make_dataset(made.rows(), simulated=names), tmp_path, settings)).text
    assert "The labels are simulated" in text
    assert "All 2 annotators" in text
    assert all(name in text for name in names)


def test_the_headline_is_that_of_the_metrics(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    result = fit(dataset, runs=tmp_path / "runs", settings=settings)
    text = " ".join(Page(report(result.run).read_text(encoding="utf-8")).text.split())
    score = pd.read_json(result.run.path / "metrics.json", typ="series")["questions"]["stance"]["macro_f1"]
    shown = f"macro-F1 of {number(score['value'])} (95 % interval {interval(score['low'], score['high'])})"
    assert f"{shown} on 48 sentences that it has not seen, from 8 documents of 5 outlets" in text


@pytest.mark.parametrize("change", ["no test", "one label", "one document"])
def test_thin_data_still_make_a_page(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path, change: str
) -> None:
    data = made.rows()
    if change == "no test":
        data = data[data["split"] == "train"]
    elif change == "one label":
        data = data.assign(stance="neutral", source_type="none")
    else:
        data = data.assign(doc_id="d")
    text = Page(written(make_dataset(data), tmp_path, settings)).text
    assert "These data are too few to conclude anything" in text


def test_plots_take_the_colours_of_the_page() -> None:
    svg = plots.bars(["<a> $x$ 東京"], {"train": [0.5], "test": [None]}, ["1 & 2"], "share")
    assert "&lt;a&gt; $x$ 東京" in svg
    assert "1 &amp; 2" in svg
    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg)) <= {
        "none", "var(--ink)", "var(--soft)", "var(--line)", "var(--model)", "var(--second)",
    }  # fmt: skip
    assert "DejaVu" not in svg
    assert "<metadata" not in svg


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0"), (12345, "12,345"), (0.005, "0.01"), (-0.126, "−0.13"), (-0.001, "0.00"), (1.0, "1.00")],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_words_around_numbers() -> None:
    assert (counted(1, "document", "documents"), counted(0, "document", "documents")) == ("1 document", "0 documents")
    assert (interval(0.1, 0.25), interval(None, None)) == ("0.10 to 0.25", "no interval")
