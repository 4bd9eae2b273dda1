"""A run abstains where its out-of-fold answers say that too many would be wrong; its scores of all rows stay."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import train_datasets as made
from click.testing import CliRunner

from corpus import tables
from corpus.config import checked
from corpus.errors import ConfigError
from corpus.versions.dataset import Dataset
from train import run
from train.abstention import bar, sureness, told
from train.cli import group
from train.evaluation.citations import citations
from train.evaluation.evaluate import evaluate, measure
from train.evaluation.scores import scored
from train.evaluation.verify import verify
from train.fit import fit
from train.labelled import labelled
from train.numbers import number
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


@pytest.mark.parametrize(("answered", "reliable"), [(12, False), (19, False), (20, True), (60, True)])
def test_its_errors_rest_on_the_documents_that_it_answers_in(
    dataset: Dataset, settings: TrainSettings, answered: int, reliable: bool
) -> None:
    data = labelled(dataset, "stance")
    gold = np.array(made.STANCES)[np.arange(120) % 3]
    at = pd.Series([f"d{number // 2:02d}" for number in range(120)])
    rows = pd.DataFrame({"doc_id": at, "unit": at, "label": gold, "predicted": gold, "baseline": gold, "votes": 1})
    rows["predicted"] = rows["predicted"].mask(rows.index % 10 == 0, "neutral")
    rows = rows.assign(**{f"{kind}_{label}": 1 / 3 for label in data.labels for kind in "pv"})
    rows["abstained"] = rows.index >= 2 * answered
    found = scored(rows, data, np.full(3, 1 / 3), settings)["abstention"]
    assert found["abstained"]["reliable"] == (answered < 60)  # None abstained from: every resample says so.
    note = None if reliable else f"only {answered} documents: such an interval tends to be too narrow"
    assert (found["error"]["reliable"], found["error"]["note"]) == (reliable, note)


@pytest.mark.parametrize(
    ("value", "low", "high", "says", "digits"),
    [
        (0.13, 0.03, 0.22, "more than was accepted, though its interval holds that", 2),
        (0.3, 0.2, 0.4, "more than was accepted, and all of its interval is", 2),
        (0.05, 0.01, 0.2, "no more than was accepted, though its interval reaches above that", 2),
        (0.05, 0.01, 0.09, "no more than was accepted", 2),
        (0.104, 0.02, 0.2, "more than was accepted, though its interval holds that", 3),
        (0.13, None, None, "more than was accepted", 2),
        (0.1, None, None, "no more than was accepted", 3),
        (None, None, None, None, 2),
    ],
)
def test_what_the_test_shows_is_held_against_what_was_accepted(
    value: float | None, low: float | None, high: float | None, says: str | None, digits: int
) -> None:
    found = told({"risk": 0.1, "error": {"value": value, "low": low, "high": high}})
    assert found == {"says": says, "digits": digits}


def test_page_and_card_compare_the_errors_with_the_risk(of: run.Run, dataset: Dataset) -> None:
    page = " ".join(re.sub("<[^>]+>", "", report(of).read_text()).split())
    found = json.loads((of.path / run.METRICS).read_text())["questions"]["stance"]["abstention"]
    error, words = found["error"], told(found)
    value, low, high = (number(error[key], words["digits"]) for key in ("value", "low", "high"))
    few = "" if error["reliable"] else ", an interval that is not to be relied on"
    assert f"On the test {value} of its answers are wrong ({low} to {high}{few}): {words['says']}." in page
    assert f"the probability of its answer is below {number(found['threshold'], 3)}." in page
    assert "The bar was put as low as its held-out answers to training sentences allowed" in page
    assert "stance train predict abstains only where it is given --risk" in page
    card = (of.path / run.MODEL_CARD).read_text()
    value, low, high = (number(100 * error[key], 1) for key in ("value", "low", "high"))
    assert "At most 12 % of its answers were accepted to be wrong" in card
    assert f"{value} % are wrong ({low} to {high} %{few}): {words['says']}." in card
    probabilities = {text for name, _, text in citations(report(of).read_text()) if "/examples/Abstained" in name}
    assert any(re.fullmatch(r"0\.\d{3}", text) for text in probabilities)
    assert not any(re.fullmatch(r"0\.\d{2}", text) for text in probabilities)


def test_a_risk_too_small_to_promise_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"risk.*greater than or equal to 0\.001, got 0\.0001"):
        checked({"risk": 0.0001}, TrainSettings, "train.yaml")
    assert checked({"risk": None}, TrainSettings, "train.yaml").risk is None


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
    scores = json.loads((there.path / run.METRICS).read_text())["questions"]["stance"]
    (warning,) = scores["warnings"]
    assert "abstains from every sentence" in warning
    assert "at most 0.1 % of them are wrong" in warning
    assert warning in page
    assert "it abstains from every sentence" in page
    assert "It abstains from every one of these sentences" in page
    assert "up to 0.001 of the answers" in page
    assert "abstains from all of these" in (there.path / run.MODEL_CARD).read_text()
    assert scores["abstention"]["threshold"] is None
    assert scores["abstention"]["abstained"]["value"] == 1
    assert scores["abstention"]["error"] | {"value": None, "low": None} == scores["abstention"]["error"]
    assert scores["abstention"]["error"]["note"] == "undefined: it abstains from every sentence"
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
    scores = json.loads((of.path / run.METRICS).read_text())["questions"]["stance"]
    for part, block, keys in (
        ("test", scores, ("answered", "risk", "threshold")),
        ("out of fold", scores["out_of_fold"], ("answered",)),
    ):
        for key in keys:
            assert f"{part},model,{key},{block['abstention'][key]},,,,\n" in table


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
