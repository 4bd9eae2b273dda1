"""Every number that a reader sees on a report's page has an id and a receipt, also those in sentences."""

import json
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import train_datasets as made
from test_train_verify import edited, flip_a_byte, names, the_run

from corpus.console import ROOT
from corpus.files import sha256_file
from train import run
from train.evaluation import prose
from train.evaluation.citations import citations, cited, misquoted, said
from train.evaluation.looks import look
from train.evaluation.outputs import record
from train.evaluation.receipts import numbers_of, numbers_of_audits, of_format
from train.evaluation.verify import verify
from train.fit import fit
from train.numbers import number
from train.report.page import report
from train.settings import TfidfSettings, TrainSettings

# In these elements a number is none of the report: names, labels and sentences of the data; hashes, settings and
# commands; what rows and columns are called. In plots so are ticks; any other number there is cited elsewhere.
EXEMPT = {"bdi", "code", "pre", "th", "h1", "h2", "h3", "title", "style"}
# So are these, which explain and are the same on every page.
FIXED = (
    "95 % interval",
    "middle 95 % of the scores",
    "fewer than 2.5 % of clean data sets",
    "Of 100 sentences",
    "1 is perfect",
    "is 1 where all is right and 0 where answers tell nothing",
    "says 0.8, are 8 of 10 right",
    "begins at 0 where",
)
# In a plot, where a share is written with its sign.
NUMBER = r"−?\d[\d,]*(?:\.\d+)?(?: %)?"
LEAKS = "audits/questions/stance/leaks/says#1"


class Uncited(HTMLParser):
    """The text of a page without what cites a number, and without what is exempt."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self._within = 0
        self._groups: list[bool] = []
        self._plots = 0
        self._told = told(html)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within += tag in EXEMPT or (tag == "data" and bool(dict(attrs).get("title")))
        self._plots += tag == "svg"
        if tag == "g":
            self._groups.append(dict(attrs).get("class") == "tick")

    def handle_endtag(self, tag: str) -> None:
        self._within -= tag in EXEMPT or tag == "data"
        self._plots -= tag == "svg"
        if tag == "g":
            self._groups.pop()

    def handle_data(self, data: str) -> None:
        if self._plots:
            data = "" if any(self._groups) else re.sub(NUMBER, lambda at: "" if at[0] in self._told else at[0], data)
        self.text += data if not self._within else ""


def told(html: str) -> set[str]:
    """How a plot may write the numbers that a page cites, and shares of a confusion matrix, which follow from them."""
    cited = {name: (value, text) for name, value, text in citations(html)}
    found = {text for _, text in cited.values()}
    cells = {name: int(value) for name, (value, _) in cited.items() if re.search(r"/confusion/\d+/\d+$", name)}
    for name, count in cells.items():
        row = name.rpartition("/")[0]
        total = sum(each for other, each in cells.items() if other.rpartition("/")[0] == row)
        found |= {f"{number(100 * count / total, 0)} %"} if total else set()
    return found


def uncited(html: str) -> list[str]:
    """Numbers in the visible text that carry no id, each with what is around it."""
    text = Uncited(html).text
    for phrase in FIXED:
        text = text.replace(phrase, "")
    # Words that begin with a letter may have digits: macro-F1, annotator-1@example.org. So have ids of sentences.
    text = re.sub(r"\b[0-9a-f]{24}\b|[^\W\d_][\w@./-]*", lambda word: "_" * len(word[0]), text)
    return [text[max(0, found.start() - 30) : found.end() + 30] for found in re.finditer(r"\d[\d.,]*", text)]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run of many votes, all audits and its report."""
    root = tmp_path_factory.mktemp("cited")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
        import worlds

        dataset = worlds.released(root / "datasets", 77, worlds.FAULTS["two camps"], documents=60)
        report(fit(dataset, runs=root / "runs", settings=worlds.SETTINGS).run)
    return root


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run of data that are too few, in part without a model, by annotators who are programs."""
    root = tmp_path_factory.mktemp("few")
    people = tuple(f"simulated-{at}@stancelab.invalid" for at in range(2))
    data = made.rows().assign(source_type="none")
    dataset = made.write_dataset(root / "datasets" / "demo" / "v1", data, simulated=people)
    own = TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3))
    report(fit(dataset, runs=root / "runs", settings=TrainSettings(model="tfidf", bootstrap_draws=200, tfidf=own)).run)
    return root


@pytest.fixture
def copy(audited: Path, tmp_path: Path) -> run.Run:
    return the_run(Path(shutil.copytree(audited, tmp_path / "copy")))


@pytest.fixture
def _remade(copy: run.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Audits are not computed again but taken as they were written, where a test is about something else."""
    content = json.loads((copy.path / run.AUDITS).read_text())
    monkeypatch.setattr("train.evaluation.verify.audits", lambda *_: content["questions"])
    monkeypatch.setattr("train.evaluation.evaluate.audits", lambda *_: content["questions"])


def page_of(workspace: Path) -> str:
    return (the_run(workspace).path / run.REPORT).read_text(encoding="utf-8")


def test_every_number_on_the_page_is_cited(audited: Path, few: Path) -> None:
    pages = [page_of(workspace) for workspace in (audited, few)]
    assert [uncited(html) for html in pages] == [[], []]
    assert [phrase for phrase in FIXED if phrase not in pages[0]] == []
    assert "These data are too few" in pages[1]
    assert "The labels are simulated" in pages[1]
    assert 'title="metrics/questions/stance/sufficiency/reasons/0#1"' in pages[1]


def test_counts_of_the_confusion_matrix_stand_in_a_table(audited: Path) -> None:
    there = the_run(audited)
    confusion = json.loads((there.path / run.METRICS).read_text())["questions"]["stance"]["confusion"]
    cited = {name: text for name, _, text in citations(page_of(audited))}
    shown = [[cited[f"metrics/questions/stance/confusion/{i}/{j}"] for j in range(3)] for i in range(3)]
    assert shown == [[number(count) for count in row] for row in confusion]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p>Drops by <data value="0.5" title="a#1">0.50</data>.</p>', 0),
        ('<p>Drops by <data value="0.5">0.50</data>.</p>', 1),
        ("<p>Drops by 0.50, p=0.01, macro-F1 −3 (5 %).</p>", 4),
        ("<p>On 95 % of days</p>", 1),
        ("<p>Left out: 2a8f7c9244a31ae2fc547dac, 46f</p>", 1),
        ("<p>The <bdi>1st of 7</bdi>; by annotator-1@example.org</p>", 0),
        ('<svg><g class="tick"><g><text>0.2</text></g></g><text>0.5, 12</text></svg>', 2),
        ('<td><data value="12" title="a">12</data></td><svg><g><text>12</text></g><text>12 %</text></svg>', 1),
    ],
)
def test_a_number_without_an_id_is_found(html: str, found: int) -> None:
    assert len(uncited(html)) == found


def test_names_that_are_numbers_are_none_of_the_report(tmp_path: Path) -> None:
    data = made.rows()
    data["stance"] = data["stance"].replace({"neutral": "7", "pro-US": "2,5"})
    labels = {"questions": {"stance": {"labels": {"pro-Russia": {}, "2,5": {}, "7": {}}}}}
    dataset = made.write_dataset(tmp_path / "datasets" / "2030" / "1.5", data, simulated=("007", "12"), labels=labels)
    own = TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3))
    fitted = fit(dataset, runs=tmp_path / "runs", settings=TrainSettings(bootstrap_draws=100, model="tfidf", tfidf=own))
    html = report(fitted.run).read_text(encoding="utf-8")
    assert uncited(html) == []
    assert "<bdi>007</bdi>" in html
    assert "<bdi>2030 1.5</bdi>" in html
    assert names(verify(fitted.run)) == set()


def test_every_cited_number_has_a_receipt_and_an_untouched_run_is_equal(audited: Path, few: Path) -> None:
    for workspace in (audited, few):
        there = the_run(workspace)
        receipts = json.loads((there.path / run.RECEIPTS).read_text())
        cited = {name for name, _, _ in citations(page_of(workspace))}
        assert {LEAKS, "metrics/data/flow/sentences", "metrics/bootstrap/draws", "outputs/looks/runs"} <= cited
        assert cited - set(receipts["numbers"]) == set()
        for name in cited:
            entry = receipts["numbers"][name]
            assert entry["rows"] in receipts["rows"]
            assert [of for of in receipts["functions"].values() if entry["function"] in of]
        found = verify(there)
        assert (found.differing, found.notes) == ((), ())


def test_receipts_of_sentences_are_of_what_made_them(audited: Path) -> None:
    receipts = json.loads((the_run(audited).path / run.RECEIPTS).read_text())

    def of(name: str) -> tuple[str, str, Any]:
        rows, function = (receipts["numbers"][name][key] for key in ("rows", "function"))
        question = "*" if rows == "sentences" and "/questions/" not in name else "stance"
        return rows, function.removeprefix("train."), receipts["functions"][question][function]

    rows, function, called = of(LEAKS)
    audit = json.loads((the_run(audited).path / run.AUDITS).read_text())["questions"]["stance"]["leaks"]
    assert (rows, function) == ("stance/all", "audits.leaks.leaks")
    assert (called["parameters"], called["seed"]) == (audit["parameters"], audit["seed"])
    assert of("metrics/data/split/clusters")[:2] == ("sentences", "evaluation.counts.counts")
    examples = "metrics/data/questions/stance/examples/Surest and right/0"
    assert of(f"{examples}/probability")[:2] == ("stance/test", "evaluation.examples.examples")
    assert of("audits/alarms/stance")[1:] == (
        "audits.finding.judged",
        {"parameters": {"nominal": 0.025}, "seed": None, "inputs": list(receipts["inputs"])},
    )
    assert of("outputs/looks/times")[1] == "evaluation.looks.looked"
    assert of("metrics/data/split/recipe/test_share")[1:] == (
        "corpus.versions.dataset.load",
        {"parameters": {}, "seed": None, "inputs": ["manifest"]},
    )


@pytest.mark.parametrize("name", [LEAKS, "metrics/data/flow/annotations", "outputs/looks/runs", "audits/alarms/stance"])
@pytest.mark.usefixtures("_remade")
def test_a_number_that_the_page_says_otherwise_is_named(audited: Path, copy: run.Run, name: str) -> None:
    page = copy.path / run.REPORT
    html = page.read_text(encoding="utf-8")
    changed = re.sub(rf'(title="{re.escape(name)}">)[^<]*', r"\g<1>0.987", html, count=1)
    assert changed != html
    page.write_text(changed, encoding="utf-8")
    assert names(verify(copy)) == {"page:report.html", f"page:{name}"}


def test_a_sentence_that_was_edited_is_named_by_its_number(audited: Path, copy: run.Run) -> None:
    def more(audits: dict[str, Any]) -> None:
        audit = audits["questions"]["stance"]["leaks"]
        audit["says"] = re.sub(r"\d\.\d\d", "0.99", audit["says"], count=1)

    before = numbers_of_audits(json.loads((copy.path / run.AUDITS).read_text()))
    edited(copy.path / run.AUDITS, more)
    after = numbers_of_audits(json.loads((copy.path / run.AUDITS).read_text()))
    (moved,) = [name for name in before if before[name] != after[name]]
    assert moved.startswith("audits/questions/stance/leaks/says#")
    found = names(verify(copy))
    assert {f"output:{run.AUDITS}", moved} <= found <= {f"output:{run.AUDITS}", moved, f"page:{moved}"}


@pytest.mark.usefixtures("_remade")
def test_counts_of_the_data_are_made_again(audited: Path, copy: run.Run) -> None:
    def more(metrics: dict[str, Any]) -> None:
        metrics["data"]["annotators"][0]["sentences"] += 1
        metrics["data"]["questions"]["stance"]["examples"]["Surest and right"][0]["probability"] = 0.001

    edited(copy.path / run.METRICS, more)
    found = {name for name in names(verify(copy)) if name.startswith("metrics/")}
    examples = "metrics/data/questions/stance/examples/Surest and right/0/probability"
    assert found == {"metrics/data/annotators/0/sentences", examples}


@pytest.mark.usefixtures("_remade")
def test_a_later_look_at_the_test_is_a_note(audited: Path, copy: run.Run) -> None:
    look(copy.dataset_folder(), ["another"], "evaluate", {"seen": 1})
    found = verify(copy)
    assert not found.differing
    (note,) = found.notes
    assert "looked at: 1, by 1 of the runs; what is on record beside the dataset now is 2, by 2 of" in note
    assert 'title="outputs/looks/times">2<' in report(copy).read_text(encoding="utf-8")
    record(copy.path)  # As is done again when the PDF is there.
    assert (verify(copy).differing, verify(copy).notes) == ((), ())


def as_format_3(there: run.Run) -> None:
    """A run as it was before numbers in sentences had ids: no counts of the data, and receipts without them."""
    edited(there.path / run.METRICS, lambda metrics: metrics.pop("data"))

    def without(receipts: dict[str, Any]) -> None:
        receipts["numbers"] = of_format(receipts["numbers"], 3)
        receipts["functions"].pop("*")
        receipts["rows"].pop("sentences")
        receipts["files"][run.METRICS] = sha256_file(there.path / run.METRICS)
        receipts["format_version"] = 3
        known = {entry["function"] for entry in receipts["numbers"].values()}
        receipts["functions"] = {
            question: {name: called for name, called in functions.items() if name in known}
            for question, functions in receipts["functions"].items()
        }

    edited(there.path / run.RECEIPTS, without)
    for name in (run.REPORT, run.OUTPUTS):
        (there.path / name).unlink()


@pytest.mark.usefixtures("_remade")
def test_a_run_of_before_is_equal_and_its_sentences_are_not_compared(audited: Path, copy: run.Run) -> None:
    as_format_3(copy)
    found = verify(copy)
    assert not found.differing
    measured, made_ = (json.loads((copy.path / name).read_text()) for name in (run.METRICS, run.AUDITS))
    known = numbers_of(measured) | numbers_of_audits(made_)
    assert found.numbers == len(of_format(known, 3)) < len(known)
    (note,) = found.notes
    assert re.fullmatch(r"this stancelab computes \d+ numbers that the run does not report", note)
    assert LEAKS in known
    edited(copy.path / run.AUDITS, lambda c: c["questions"]["stance"]["leaks"].update(says="In 12 other words."))
    assert names(verify(copy)) == {f"output:{run.AUDITS}"}
    # What had a receipt before is still held against it.
    there = "metrics/questions/stance/accuracy/value"
    edited(copy.path / run.RECEIPTS, lambda receipts: receipts["numbers"].pop(there))
    assert f"receipt:numbers/{there}/rows" in names(verify(copy))


@pytest.mark.usefixtures("_remade")
def test_examples_of_format_4_are_not_compared(copy: run.Run) -> None:
    """They had the highest probability, be it the answer's or not, and so perhaps another order."""

    def other(content: dict[str, Any]) -> None:
        rows = content["data"]["questions"]["stance"]["examples"]["Surest and right"]
        rows[0].update(probability=0.1, votes={"another": 1})

    edited(copy.path / run.METRICS, other)

    def of_4(receipts: dict[str, Any]) -> None:
        at = "metrics/data/questions/stance/examples/Surest and right/0/votes/another"
        receipts["numbers"][at] = {"rows": "stance/test", "function": "train.evaluation.examples.examples"}
        receipts["files"][run.METRICS] = sha256_file(copy.path / run.METRICS)
        receipts["format_version"] = 4

    edited(copy.path / run.RECEIPTS, of_4)
    for name in (run.REPORT, run.OUTPUTS):
        (copy.path / name).unlink()
    assert names(verify(copy)) == set()
    edited(copy.path / run.RECEIPTS, lambda receipts: receipts.update(format_version=5))
    assert len(names(verify(copy))) > 2


def test_a_changed_model_leaves_the_sentences_of_audits_alone(audited: Path, copy: run.Run) -> None:
    flip_a_byte(copy.path / run.MODEL)
    assert names(verify(copy)) == {"input:model"}


def test_a_number_in_a_sentence_is_shown_as_it_is_written() -> None:
    sentence = "Without <b>007</b> by 0.0500, of 2,000."
    known = {"a/says#1": 7, "a/says#2": 0.05, "a/says#3": 2000}
    html = said("a/says", sentence, known)
    assert html.startswith('Without &lt;b&gt;<data value="7" title="a/says#1">007</data>&lt;/b&gt; by ')
    assert misquoted(html, known) == []
    (row,) = misquoted(html.replace("0.0500", "0.0600"), known)
    assert row == {"name": "page:a/says#2", "reported": "0.0600", "recomputed": 0.05}


@pytest.mark.parametrize(
    ("sentence", "numbers"),
    [
        ("Macro-F1 drops by 0.07, from 0.66 to 0.59.", [0.07, 0.66, 0.59]),
        ("2,179 test sentences (24 %) of 909; 1,2 and 1.2.3 are none.", [2179, 24, 909]),
        ("By −0.126 without annotator-1@example.org, v2, 3rd, SHA-256 and 2031-06-07 at 10:30.", [-0.126]),
        ("Of expert 1, expert 11, and 007.", [1, 11, 7]),
        ("5−3 and 12345678901234567890 digits", [5, 3]),
        ("", []),
    ],
)
def test_numbers_of_a_sentence(sentence: str, numbers: list[float]) -> None:
    assert prose.values(sentence) == numbers
    assert [type(value) for value in prose.values(sentence)] == [type(value) for value in numbers]
    assert "".join(text for text, _ in prose.parts(sentence)) == sentence


@pytest.mark.parametrize(
    ("name", "right", "text", "told"),
    [
        ("metrics/questions/a/accuracy/value", 0.951, "95", True),
        ("metrics/questions/a/macro_f1/value", 0.951, "95", False),
        ("metrics/data/questions/a/unanimous/share", 0.951, "95", True),
        ("metrics/questions/a/macro_f1/value", 0.951, "0.95", True),
        ("metrics/questions/a/abstention/risk", 0.0751, "0.075", True),
        ("metrics/questions/a/macro_f1/value", 0.951, "1", False),
        ("metrics/questions/a/macro_f1/value", 0.951, "1.0", False),
        ("metrics/questions/a/macro_f1/value", 1.0, "1.00", True),
        ("metrics/data/split/recipe/test", 0.2, "0.2", True),
    ],
)
def test_a_number_is_shown_with_the_digits_that_pages_have(name: str, right: float, text: str, told: bool) -> None:
    assert (misquoted(cited(name, right, text), {name: right}) == []) is told
