"""A run abstains where its out-of-fold answers say that too many would be wrong; its scores of all rows stay."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import train_datasets as made
from click.testing import CliRunner

from corpus import tables
from corpus.versions.dataset import Dataset
from train import run
from train.abstention import bar, sureness
from train.cli import group
from train.evaluation.citations import citations
from train.evaluation.evaluate import evaluate, measure
from train.evaluation.verify import verify
from train.fit import fit
from train.report.page import report
from train.settings import TrainSettings

RISK = 0.12
AT = "metrics/questions/stance/abstention"


def own(of: run.Run, dataset: Dataset) -> tuple[pd.DataFrame, pd.Series]:
    """The run's answers on stance by sentence, with gold; and which are of training rows."""
    found = of.predictions().query("question == 'stance'").set_index("sentence_id")
    gold = dataset.gold.query("question == 'stance'").set_index("sentence_id")["label"]
    split = dataset.split.set_index("sentence_id")["split"]
    return found.assign(gold=gold.reindex(found.index)), split.reindex(found.index) == "train"


def relabelled(dataset: Dataset, sentences: pd.Index) -> None:
    """Another stance in gold for some sentences."""
    gold = dataset.gold.copy()
    changed = gold["sentence_id"].isin(sentences) & (gold["question"] == "stance")
    gold.loc[changed, "label"] = gold["label"].map(
        dict(zip(made.STANCES, made.STANCES[1:] + made.STANCES[:1], strict=True))
    )
    tables.write(gold, dataset.path / "gold.parquet", tables.GOLD)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Sentences whose words tell their labels, and some that tell nothing."""
    data = made.rows(60, 8)
    data.loc[data.index % 5 == 0, "text"] = "It remains to be seen."
    return made.write_dataset(tmp_path / "datasets" / "demo" / "v1", data)


@pytest.fixture
def of(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> run.Run:
    """A run that abstains from some sentences and answers others."""
    return fit(dataset, runs=tmp_path / "runs", settings=settings.model_copy(update={"risk": RISK})).run


def test_it_abstains_below_the_bar_that_out_of_fold_answers_set(of: run.Run, dataset: Dataset) -> None:
    found, trained = own(of, dataset)
    least = bar(found[trained], found.loc[trained, "gold"], RISK)
    assert 0 < least < 1
    assert (found["abstained"] == (sureness(found) < least)).all()
    for part in (found[trained], found[~trained]):
        assert 0 < part["abstained"].mean() < 1
    assert found["label"].notna().all()
    # A bar that test rows had a say in would be another.
    assert bar(found, found["gold"], RISK) != least


def test_the_share_and_the_errors_are_those_of_the_rows(of: run.Run, dataset: Dataset) -> None:
    scores = measure(of, dataset)["questions"]["stance"]
    found, trained = own(of, dataset)
    for part, block in ((found[~trained], scores), (found[trained], scores["out_of_fold"])):
        answered = part[~part["abstained"]]
        told = block["abstention"]
        assert told["answered"] == len(answered)
        assert told["abstained"]["value"] == pytest.approx(part["abstained"].mean(), abs=1e-6)
        assert told["error"]["value"] == pytest.approx((answered["label"] != answered["gold"]).mean(), abs=1e-6)
        assert told["abstained"]["low"] <= told["abstained"]["value"] <= told["abstained"]["high"]
    told = scores["abstention"]
    least = bar(found[trained], found.loc[trained, "gold"], RISK)
    assert (told["risk"], told["threshold"]) == (RISK, round(least, 6))


def test_no_score_of_all_rows_moves(of: run.Run, dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    answers_all = fit(dataset, runs=tmp_path / "all", settings=settings.model_copy(update={"risk": None})).run
    assert answers_all.id != of.id
    assert not answers_all.predictions()["abstained"].any()
    with_bar, without = (measure(each, dataset)["questions"]["stance"] for each in (of, answers_all))
    for block in (with_bar, with_bar["out_of_fold"]):
        del block["abstention"]
    assert with_bar == without


def test_a_risk_that_cannot_be_kept_is_said_plainly(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path / "runs", settings=settings.model_copy(update={"risk": 0.001})).run
    assert there.predictions()["abstained"].all()
    page = re.sub("<[^>]+>", "", report(there).read_text())
    told = json.loads((there.path / run.METRICS).read_text())["questions"]["stance"]
    (warning,) = told["warnings"]
    assert "abstains from every sentence" in warning
    assert "at most 0.1 % of them are wrong" in warning
    assert warning in page
    assert "it abstains from every sentence" in page
    assert "abstains from all of these" in (there.path / run.MODEL_CARD).read_text()
    assert told["abstention"]["threshold"] is None
    assert told["abstention"]["abstained"]["value"] == 1
    assert told["abstention"]["error"] | {"value": None, "low": None} == told["abstention"]["error"]
    assert told["abstention"]["error"]["note"] == "undefined: it abstains from every sentence"
    assert verify(there).differing == ()


def test_fitting_says_so_too(dataset: Dataset, tmp_path: Path) -> None:
    settings = tmp_path / "train.yaml"
    settings.write_text("model: majority\n")
    arguments = ["fit", str(dataset.path), "--config", str(settings), "--workspace", str(tmp_path), "--json"]
    done = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "stance: The run abstains from every sentence" in done.stderr
    assert set(json.loads(done.stdout.splitlines()[-1])) >= {"run", "model", "seconds"}


def test_the_page_cites_it_and_shows_sentences(of: run.Run, dataset: Dataset) -> None:
    html = report(of).read_text()
    cited = {name for name, _, _ in citations(html)}
    parts = ("threshold", "answered", "abstained/value", "abstained/low", "error/value", "error/high")
    assert {f"{AT}/{part}" for part in parts} <= cited
    assert "<h3>Abstained</h3>" in html
    assert "risk" in {name.rpartition("/")[2] for name in cited}
    receipts = json.loads((of.path / run.RECEIPTS).read_text())
    assert receipts["numbers"][f"{AT}/threshold"] == {"rows": "stance/train", "function": "train.abstention.bar"}
    called = receipts["functions"]["stance"]["train.abstention.bar"]
    assert called["parameters"] == {"risk": RISK, "confidence": 0.9}
    table = (of.path / "tables" / "stance-scores.csv").read_text()
    assert "test,model,abstained," in table
    assert "out of fold,model,error," in table


def test_a_run_of_before_abstains_from_nothing_and_says_nothing_of_it(of: run.Run, dataset: Dataset) -> None:
    manifest = json.loads((of.path / run.MANIFEST).read_text())
    del manifest["settings"]["risk"]
    (of.path / run.MANIFEST).write_text(json.dumps(manifest))
    tables.write(of.predictions().assign(abstained=False), of.path / run.PREDICTIONS, tables.PREDICTIONS)
    old = run.load(of.path)
    html = report(old).read_text()
    assert "abstention" not in json.loads((of.path / run.METRICS).read_text())["questions"]["stance"]
    assert "<h3>Abstention</h3>" not in html
    assert "Least sure: abstained from first, were it to abstain" in html
    found = verify(old)
    assert (found.differing, found.notes) == ((), ())


def test_verify_names_a_mark_that_was_changed(of: run.Run, dataset: Dataset) -> None:
    report(of)
    assert verify(of).differing == ()
    found = of.predictions()
    _, trained = own(of, dataset)
    at = found.index[(found["question"] == "stance") & ~found["sentence_id"].map(trained)][0]
    found.loc[at, "abstained"] = not found.loc[at, "abstained"]
    tables.write(found, of.path / run.PREDICTIONS, tables.PREDICTIONS)
    assert {"input:predictions", f"{AT}/answered", f"{AT}/abstained/value"} <= {
        row["name"] for row in verify(of).differing
    }


def test_verify_names_a_bar_that_other_gold_would_set(of: run.Run, dataset: Dataset) -> None:
    evaluate(of)
    found, trained = own(of, dataset)
    answered = found[trained & ~found["abstained"]]
    relabelled(dataset, answered.index[:20])
    assert {"input:gold", f"{AT}/threshold"} <= {row["name"] for row in verify(of).differing}
