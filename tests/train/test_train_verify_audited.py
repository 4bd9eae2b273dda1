"""A run with its real audits is recomputed from a copy elsewhere; the other tests of verify leave the audits out."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import train_datasets as made
from test_train_verify import flip_a_byte, gold_of, names, relabelled, the_run

from corpus import tables
from train import audits, run
from train.audits.panel import panel
from train.evaluation.citations import VERDICTS
from train.evaluation.evaluate import evaluate
from train.evaluation.receipts import numbers_of_audits
from train.evaluation.verify import verify
from train.fit import fit
from train.report.page import report
from train.settings import TfidfSettings, TrainSettings


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run, audited; its first place is gone."""
    root = tmp_path_factory.mktemp("audited")
    first = root / "first"
    # The second question has no model, so that its audits are called with nothing.
    dataset = made.write_dataset(first / "datasets" / "demo" / "v1", made.rows().assign(source_type="none"))
    own = TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3))
    settings = TrainSettings(model="tfidf", bootstrap_draws=200, tfidf=own)
    evaluate(fit(dataset, runs=first / "runs", settings=settings).run)
    return Path(shutil.move(first, root / "elsewhere"))


def test_audits_are_recomputed_at_another_place(audited: Path) -> None:
    own = the_run(audited)
    assert json.loads((own.path / run.AUDITS).read_text())["questions"]["stance"]
    found = verify(own)
    assert names(found) == set()
    assert found.equal == found.numbers > 100


def test_a_receipt_of_an_audit_is_its_questions_own_and_held_against_it(audited: Path, tmp_path: Path) -> None:
    own = the_run(Path(shutil.copytree(audited, tmp_path / "copy")))
    receipts = json.loads((own.path / run.RECEIPTS).read_text())
    made = json.loads((own.path / run.AUDITS).read_text())["questions"]
    for question, named in made.items():
        for audit in named.values():
            called = receipts["functions"][question][audit["method"]]
            assert (called["parameters"], called["seed"]) == (audit["parameters"], audit["seed"])
    receipts["functions"]["stance"]["train.audits.leaks.leaks"]["parameters"]["rows"] += 2
    (own.path / run.RECEIPTS).write_text(json.dumps(receipts))
    assert names(verify(own)) == {"receipt:functions/stance/train.audits.leaks.leaks/parameters/rows"}


def test_a_changed_label_moves_audits_too(audited: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(audited, tmp_path / "copy"))
    tables.write(relabelled(gold_of(copy), "s00000"), gold_of(copy), tables.GOLD)
    moved = names(verify(the_run(copy)))
    assert {"input:gold", "metrics/questions/stance/accuracy/value"} <= moved
    assert any(name.startswith("audits/questions/stance/") for name in moved)


def test_a_changed_model_byte_is_all_that_differs_and_audits_are_said_not_to_be_computed(
    audited: Path, tmp_path: Path
) -> None:
    own = the_run(Path(shutil.copytree(audited, tmp_path / "copy")))
    flip_a_byte(own.path / run.MODEL)
    found = verify(own)
    assert names(found) == {"input:model"}
    assert found.equal == found.numbers == verify(the_run(audited)).numbers - numbers_in_audits(own)
    (note,) = found.notes
    assert f"the {numbers_in_audits(own)} numbers of the audits, which need it, were not computed again" in note


def test_a_verdict_that_the_page_words_otherwise_is_named(audited: Path, tmp_path: Path) -> None:
    own = the_run(Path(shutil.copytree(audited, tmp_path / "copy")))
    made = json.loads((own.path / run.AUDITS).read_text())["questions"]["stance"]
    page = report(own)
    assert names(verify(own)) == set()
    verdict = made["leaks"]["verdict"]
    html = page.read_text(encoding="utf-8")
    at = 'title="audits/questions/stance/leaks/verdict">'
    assert html.count(at + VERDICTS[verdict]) == 2
    other = next(word for name, word in VERDICTS.items() if name != verdict)
    page.write_text(html.replace(at + VERDICTS[verdict], at + other), encoding="utf-8")
    assert names(verify(own)) == {"page:report.html", "page:audits/questions/stance/leaks/verdict"}


def numbers_in_audits(own: run.Run) -> int:
    return len(numbers_of_audits(json.loads((own.path / run.AUDITS).read_text())))


def panel_of(gold: pd.DataFrame, plain: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Five annotators who slip now and then: to two of them every fourth sentence is pro-US."""
    parts = []
    for at, name in enumerate(("ann", "ben", "cas", "dan", "eve")):
        own = plain(gold, (name,))
        label = own["label"].mask((own.index % 4 == 0) & (at < 2), "pro-US")
        parts.append(own.assign(label=label.mask((own.index + at) % 11 == 0, "pro-Russia")))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.usefixtures("audited")  # Which is how a test says that audits are made.
def test_a_run_with_camps_that_were_given_is_recomputed_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "AUDITS", {"panel": panel})
    data = made.rows()[["sentence_id", "doc_id", "text", "stance", "split", "fold"]]
    folder = tmp_path / "datasets" / "demo" / "v1"
    monkeypatch.setattr(made, "_annotations", lambda gold, _, plain=made._annotations: panel_of(gold, plain))
    dataset = made.write_dataset(folder, data)
    own = TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3))
    settings = TrainSettings(model="tfidf", bootstrap_draws=200, tfidf=own)
    fitted = fit(dataset, runs=tmp_path / "runs", settings=settings, questions=("stance",)).run
    found = evaluate(fitted, camp=("ann", "dan")).audits["questions"]["stance"]["panel"]["numbers"]["camps"]
    assert found["members"] == {"one": ["ann", "dan"], "two": ["ben", "cas", "eve"]}
    again = verify(fitted)
    assert (again.differing, again.notes) == ((), ())
    # The camps that are there are others, and their numbers too.
    content = json.loads((fitted.path / run.AUDITS).read_text())
    (fitted.path / run.AUDITS).write_text(json.dumps(content | {"camp": []}))
    moved = names(verify(fitted))
    assert "audits/questions/stance/panel/numbers/camps/gap" in moved
