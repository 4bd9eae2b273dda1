"""ONNX files of runs: they answer as the run does, from the file alone; what cannot be exported is named."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import train_datasets as made
from click.testing import CliRunner
from onnx import TensorProto, helper
from sklearn.pipeline import Pipeline
from tiny_bert import LAYERS, write_tiny_bert

from corpus.errors import CheckFailed, InputError, UsageError
from corpus.versions.dataset import Dataset
from train import export_graph, exported, run
from train.calibration import Calibrator, Isotonic, Platt, Tempered
from train.cli import group
from train.crossfit import fitted, predicted
from train.encoder_graph import Graph
from train.exported import Exported
from train.fit import fit
from train.languages import LanguageWarning
from train.models import make
from train.settings import EncoderSettings, TfidfSettings, TrainSettings

ODD = [
    "",
    " \n",
    "🙂🙂",
    "a",
    "I a b.",
    "b" * 9000,
    "\x00\ud800",
    "Москва права.",
    "STRASSE straße #StandWithUs  x\u00a0y",
]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """With two targets, one of which stands in some texts."""
    found = made.rows(documents=20)
    target = np.where(np.arange(len(found)) % 3 > 0, np.where(np.arange(len(found)) % 2 > 0, "Moscow", "NATO"), "")
    return found.assign(label=found["stance"], group=found["doc_id"], target=target)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_bert(tmp_path_factory.mktemp("tiny"), " ".join(made.WORDS.values()).split()))


def fit_one(name: str, rows: pd.DataFrame, tiny: str, **settings: object) -> Pipeline:
    chosen = TrainSettings(**({"encoder": EncoderSettings(folder=tiny, layers=(1, LAYERS))} | settings))
    return fitted(partial(make, name, 1, chosen), rows)


def apart(model: Pipeline, rows: pd.DataFrame) -> float:
    """The largest difference between what the model and its file say; the labels are the same."""
    theirs = Exported(export_graph.build(model, {})).predict(rows)
    ours = predicted(model, rows, tuple(model.classes_)).reset_index(drop=True)
    assert theirs["label"].tolist() == ours["label"].tolist()
    columns = [f"p_{name}" for name in model.classes_]
    return float(np.abs(theirs[columns] - ours[columns]).to_numpy().max())


def odd(targets: bool) -> pd.DataFrame:
    table = pd.DataFrame({"text": ODD, "target": ["", "nato", " Moscow ", "else"] * 2 + [""] if targets else ""})
    twice = "Moscow was right to answer the reckless provocation, but it was all lost when a brutal Moscow attacked."
    mentions = pd.DataFrame({"text": twice, "target": "Moscow", "target_start": [0, twice.rindex("Moscow")]})
    return pd.concat([table, mentions], ignore_index=True) if targets else table


@pytest.mark.parametrize("targets", [True, False])
@pytest.mark.parametrize("name", ["tfidf", "encoder", "hybrid"])
@pytest.mark.filterwarnings("ignore")
def test_the_file_answers_as_the_model(name: str, targets: bool, rows: pd.DataFrame, tiny: str) -> None:
    rows = rows if targets else rows.assign(target="")
    model = fit_one(name, rows, tiny)
    assert apart(model, rows) < 1e-4
    assert apart(model, odd(targets)) < 1e-4


def test_two_labels(rows: pd.DataFrame, tiny: str) -> None:
    two = rows[rows["label"] != "neutral"]
    assert max(apart(fit_one(name, two, tiny), two) for name in ("tfidf", "hybrid")) < 1e-4


@pytest.mark.filterwarnings("ignore")
def test_what_the_english_encoder_cannot_read_is_neutral() -> None:
    model = run.load(Path(__file__).parent / "formats" / "hybrid-1").models()["stance"]
    assert apart(model, pd.DataFrame({"text": ["Москва права, Washington", "Moscow was right.", *ODD]})) < 1e-4


@pytest.mark.filterwarnings("ignore")
def test_one_that_was_fine_tuned() -> None:
    model = run.load(Path(__file__).parent / "formats" / "finetuned-1").models()["stance"]
    texts = [*made.WORDS.values(), *ODD]
    # Labels are chosen next to their shares, and the fixture's are so sure that only odd shares move one.
    model[-1].shares_ = np.array([1e-9, 1e-5, 1.0])
    assert apart(model, pd.DataFrame({"text": texts, "target": ["Moscow", ""] * (len(texts) // 2)})) < 1e-5


@pytest.mark.parametrize("kind", [Tempered, Platt, Isotonic])
@pytest.mark.parametrize(("classes", "seen"), [(3, 3), (2, 2), (3, 2)])
def test_each_calibration(kind: type[Calibrator], classes: int, seen: int) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, seen, 300)
    scores = np.eye(classes)[codes] + rng.normal(size=(300, classes))
    model = kind().fit(scores, codes)
    graph = Graph("own_")
    found = export_graph.calibrated(graph, "scores", model)
    graph.nodes.append(helper.make_node("Identity", [found], ["p"]))
    ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [classes]) for name in ("scores", "p")]
    whole = helper.make_graph(graph.nodes, "one", ends[:1], ends[1:], list(graph.constants.values()))
    opset = [helper.make_opsetid("", 20)]
    session = onnxruntime.InferenceSession(
        helper.make_model(whole, opset_imports=opset, ir_version=10).SerializeToString()
    )
    tried = np.concatenate([scores[:50], 9 * scores[50:60]])
    theirs = [session.run(["p"], {"scores": row})[0] for row in tried]
    np.testing.assert_allclose(theirs, model.predict_proba(tried), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("majority", {}, r"step classifier: DummyClassifier has no ONNX graph here; tfidf, encoder, hybrid"),
        ("metadata", {}, r"step classifier: LogisticRegression has no ONNX graph here; tfidf, encoder, hybrid"),
        ("tfidf", {"tfidf": TfidfSettings(char_ngrams=(4, 5))}, r"pieces of 4 characters.*begin with 3 or fewer"),
        ("encoder", {"context": ("title",)}, r"step features, meaning: vectors of sides or of what stands around"),
    ],
)
def test_what_cannot_be_exported_is_named(
    name: str, settings: dict[str, object], said: str, rows: pd.DataFrame, tiny: str
) -> None:
    if "context" in settings:
        settings = {"encoder": EncoderSettings(folder=tiny, layers=(1,), **settings)}
    with pytest.raises(UsageError, match=said):
        export_graph.build(fit_one(name, rows, tiny, **settings), {})


def test_the_command_writes_a_file_that_stands_alone(dataset: Dataset, tmp_path: Path) -> None:
    settings = TrainSettings(model="tfidf", tfidf=TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3)))
    there = fit(dataset, runs=tmp_path / "runs", settings=settings).run
    words = ["export", there.id, "--onnx", str(tmp_path / "m.onnx"), "--workspace", str(tmp_path), "--json"]
    answer = CliRunner().invoke(group, words, catch_exceptions=False)
    record = json.loads(answer.stdout.splitlines()[-1])
    assert record["checked"] == 180
    assert record["inputs"] == ["words", "characters"]
    assert record["largest_difference"] < 1e-9
    alone = exported.load(tmp_path / "m.onnx")
    assert alone.about["run"] == there.id
    assert alone.about["question"] == record["question"] == "stance"
    assert alone.predict(list(made.WORDS.values()))["label"].tolist() == list(made.WORDS)
    with pytest.raises(UsageError, match=r"no model of question 'mood'; there are: stance, source_type"):
        exported.export(there, tmp_path / "other.onnx", "mood")


@pytest.fixture(scope="module")
def file(rows: pd.DataFrame, tiny: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's stance model, exported."""
    path = tmp_path_factory.mktemp("exported") / "stance.onnx"
    path.write_bytes(export_graph.build(fit_one("hybrid", rows, tiny), {"run": "a-run", "question": "stance"}))
    return path


def invoked(*words: str, given: str = "") -> tuple[int, str]:
    answer = CliRunner().invoke(group, ["predict", *words], input=given, catch_exceptions=False)
    return answer.exit_code, answer.output


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_predict_takes_a_file_in_place_of_a_run(engine: str, file: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    table = rows.reset_index()[["sentence_id", "text", "target"]]
    table.to_parquet(tmp_path / "some.parquet")
    code, said = invoked(
        str(file), str(tmp_path / "some.parquet"), "--workspace", str(tmp_path), "--engine", engine, "--json"
    )
    assert code == 0, said
    found = pd.read_parquet(tmp_path / "predictions" / "stance" / "some.parquet").set_index("sentence_id")
    alone = exported.load(file).predict(table).set_index(table["sentence_id"])
    assert (found["label"] == alone["label"]).all()
    np.testing.assert_allclose(found[["p_pro-US", "p_neutral"]], alone[["p_pro-US", "p_neutral"]])
    assert set(found["model_id"]) == {"a-run"}
    assert set(found["question"]) == {"stance"}


def test_a_file_answers_lines_and_promises_nothing(file: Path, tmp_path: Path) -> None:
    text = made.WORDS["pro-US"]
    code, said = invoked(str(file), "-", "--workspace", str(tmp_path), given=f"{text}\n")
    assert code == 0
    answer = json.loads(said.splitlines()[0])
    assert answer["text"] == text
    assert answer["stance"]["label"] == "pro-US"
    for promise in ("--risk", "--coverage"):
        with pytest.raises(UsageError, match=r"stance.onnx: an exported model has no held-out.*exported from: a-run"):
            invoked(str(file), "-", promise, "0.2", "--workspace", str(tmp_path))


def test_sentences_that_the_encoder_of_a_file_cannot_read_are_warned_of() -> None:
    model = run.load(Path(__file__).parent / "formats" / "hybrid-1").models()["stance"]
    with pytest.warns(LanguageWarning):
        Exported(export_graph.build(model, {})).predict(["Москва права.", "Moscow was right."])


def test_another_file_is_no_exported_model(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    with pytest.raises(InputError, match=r"m.onnx: there is no such file. Write it with `stance train export"):
        exported.load(path)
    path.write_text("no graph", encoding="utf-8")
    with pytest.raises(InputError, match=r"m.onnx: is not an exported model \(.*INVALID_PROTOBUF"):
        exported.load(path)
    cell = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "g",
        [cell],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    opset = [helper.make_opsetid("", 20)]
    path.write_bytes(helper.make_model(graph, opset_imports=opset, ir_version=10).SerializeToString())
    with pytest.raises(InputError, match=r"is not an exported model \(it does not say what it answers\)"):
        exported.load(path)


def test_a_graph_that_answers_otherwise_is_not_kept(
    dataset: Dataset, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = fit(dataset, runs=tmp_path, settings=settings).run
    path = tmp_path / "m.onnx"
    path.write_bytes(b"kept")
    monkeypatch.setattr(export_graph, "_unit", lambda graph, value: value)
    with pytest.raises(
        CheckFailed, match=r"stance, answers \d+ of 180 rows otherwise: sentence s\d+.*Nothing was writ"
    ):
        exported.export(there, path, "stance")
    assert path.read_bytes() == b"kept"
