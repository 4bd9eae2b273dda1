"""Predictions of new sentences: what is read, what a limit does, interruption, the Python interface."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import train_datasets as made
from click.testing import CliRunner

import train
from corpus import tables
from corpus.build import build
from corpus.errors import CheckFailed, InputError, InUse, UsageError
from corpus.versions.dataset import Dataset
from train import predict
from train.cli import group
from train.fit import fit
from train.rows import rows_of
from train.run import Run
from train.settings import TrainSettings

TEXTS = [text + "." for text in made.WORDS.values()] + ["The general said so.", "", "🙂", "x" * 100_000]


@pytest.fixture
def of(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> Run:
    return fit(dataset, runs=tmp_path / "runs", settings=settings).run


def lines(tmp_path: Path, texts: list[str], name: str = "new.txt") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def test_lines_of_a_file(of: Run, tmp_path: Path) -> None:
    source = lines(tmp_path, [*TEXTS, TEXTS[0]])
    done = predict.predict(of, source, tmp_path / "out.parquet", bounds=predict.limits(of), size=2)
    found = tables.read(done.path, tables.PREDICTIONS)
    assert done.rows == len(TEXTS) - 1, "a blank line is no sentence, one that comes again is one"
    assert done.repeated == 1
    assert found["text"].iloc[0] == TEXTS[0]
    assert len(found) == 2 * done.rows
    stance = found[found["question"] == "stance"]
    assert stance["label"].tolist()[:3] == list(made.STANCES)
    expected = of.models()["stance"].predict_proba([t for t in TEXTS if t])
    np.testing.assert_allclose(stance[[f"p_{n}" for n in sorted(made.STANCES)]], expected, atol=1e-12)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_tables_keep_their_ids_and_records_get_one(of: Run, dataset: Dataset, tmp_path: Path) -> None:
    bounds = predict.limits(of)
    table = dataset.path / "sentences.parquet"
    found = tables.read(predict.predict(of, table, tmp_path / "a.parquet", bounds=bounds).path, tables.PREDICTIONS)
    assert set(found["sentence_id"]) == set(dataset.sentences["sentence_id"])
    records = [{"id": "1", "text": TEXTS[0]}, {"id": "2", "text": TEXTS[0]}, {"id": "3", "text": ""}]
    source = lines(tmp_path, [json.dumps(record) for record in records], "new.jsonl")
    rejected: list[object] = []
    done = predict.predict(of, source, tmp_path / "b.parquet", bounds=bounds, rejected=rejected.append)
    assert (done.rows, len(rejected)) == (2, 1)
    found = tables.read(done.path, tables.PREDICTIONS)
    assert dict(zip(found["record_id"], found["text"], strict=True)) == {"1": TEXTS[0], "2": TEXTS[0]}
    named = lines(tmp_path, ["sentence_id,text,target", "s1,Talks.,NATO", "s1,Talks.,NATO", "s2,Talks.,"], "own.csv")
    done = predict.predict(of, named, tmp_path / "e.parquet", bounds=bounds, size=2)
    assert (done.rows, done.repeated) == (2, 1)
    stance = tables.read(done.path, tables.PREDICTIONS).query("question == 'stance'")
    assert stance[["sentence_id", "target"]].fillna("").to_numpy().tolist() == [["s1", "NATO"], ["s2", ""]]
    with pytest.raises(InputError, match="not a Parquet file"):
        predict.predict(of, lines(tmp_path, ["x"], "bad.parquet"), tmp_path / "c.parquet", bounds=bounds)
    empty = predict.predict(of, lines(tmp_path, [""], "empty.txt"), tmp_path / "d.parquet", bounds=bounds)
    assert tables.read(empty.path, tables.PREDICTIONS).empty


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The sentences of a corpus, out of order, with their documents beside them."""
    folder = tmp_path / "corpus"
    texts = [("d1", 0), ("d2", 0), ("d1", 2), ("d1", 1)]
    sentences = pd.DataFrame(texts, columns=["doc_id", "index"]).assign(
        sentence_id=list("abcd"), text=[f"{doc} {index}" for doc, index in texts], start=0, end=4,
        cluster_id=list("abcd"), language="en",
    )  # fmt: skip
    tables.write(sentences, folder / "sentences.parquet", tables.SENTENCES)
    documents = pd.DataFrame({"doc_id": ["d2", "d1"], "text": "x", "source": "a:1", "text_sha256": "0"}).assign(
        target=["Turkey", None], title=["On Turkey", "On talks"], outlet=["Outlet 1", "Outlet 2"], byline=None,
        event=None, published_at=pd.NaT, url=None, language="en", split=None, record_id=None,
    )  # fmt: skip
    tables.write(documents, folder / "documents.parquet", tables.DOCUMENTS)
    return folder / "sentences.parquet"


def test_the_table_of_a_corpus_has_what_its_documents_say(corpus: Path) -> None:
    found = pd.concat(rows_of(corpus, 3, context=("before", "after"))).set_index("sentence_id")
    assert found["target"].fillna("").tolist() == ["", "Turkey", "", ""]
    assert found["title"].tolist() == ["On talks", "On Turkey", "On talks", "On talks"]
    assert found["before"].fillna("").tolist() == ["", "", "d1 1", "d1 0"]
    assert found["after"].fillna("").tolist() == ["d1 1", "", "", "d1 2"]


def test_a_record_is_the_sentence_that_a_corpus_makes_of_it(tmp_path: Path) -> None:
    records = [{"text": " Kyiv and Kyiv met. ", "target": "Kyiv", "target_start": place} for place in (1, 10)]
    source = lines(tmp_path, [json.dumps(record) for record in records], "new.jsonl")
    built = build([str(source)], unit="line")
    corpus = tmp_path / "corpus" / "sentences.parquet"
    tables.write(built.sentences, corpus, tables.SENTENCES)
    tables.write(built.documents, corpus.with_name("documents.parquet"), tables.DOCUMENTS)
    own, theirs = (pd.concat(rows_of(path, 9)).set_index("sentence_id").sort_index() for path in (source, corpus))
    assert sorted(own["target_start"]) == [0, 9]
    pd.testing.assert_frame_equal(own[["text", "target_start"]], theirs[["text", "target_start"]], check_dtype=False)


def test_documents_change_the_answer_and_their_lack_is_told(
    dataset: Dataset, settings: TrainSettings, corpus: Path, tmp_path: Path
) -> None:
    of = fit(dataset, runs=tmp_path / "runs", settings=settings.model_copy(update={"model": "metadata"})).run
    bounds, notes = predict.limits(of), []

    def answered(stopped: bool = False) -> tuple[predict.Predicted, list[float]]:
        def advance(n: int) -> None:
            if stopped:
                raise KeyboardInterrupt

        done = predict.predict(
            of, corpus, tmp_path / "o.parquet", bounds=bounds, size=1, advance=advance, note=notes.append
        )
        return done, tables.read(done.path, tables.PREDICTIONS)["p_neutral"].dropna().round(9).tolist()

    assert len(set(answered()[1])) > 1, "two outlets"
    with pytest.raises(KeyboardInterrupt):
        answered(stopped=True)
    assert notes == []
    corpus.with_name("documents.parquet").unlink()
    done, without = answered()
    assert done.resumed == 0, "what was answered with other documents is not gone on with"
    assert len(set(without)) == 1
    assert "documents.parquet" in notes[0]


def test_an_interruption_costs_only_what_was_under_way(
    of: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lines(tmp_path, [f"Sentence {n} about talks." for n in range(10)])
    whole = predict.predict(of, source, tmp_path / "whole.parquet", bounds=predict.limits(of), size=3).path.read_bytes()
    done, part = [], predict._part

    def stops(*arguments: object) -> pd.DataFrame:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return part(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(predict, "_part", stops)
        with pytest.raises(KeyboardInterrupt):
            predict.predict(of, source, tmp_path / "again.parquet", bounds=predict.limits(of), size=3)
    assert not (tmp_path / "again.parquet").exists()
    again = predict.predict(of, source, tmp_path / "again.parquet", bounds=predict.limits(of), size=3)
    assert again.resumed == 6
    assert again.path.read_bytes() == whole
    with ThreadPoolExecutor(2) as pool:
        elsewhere = predict.predict(
            of, source, tmp_path / "t.parquet", bounds=predict.limits(of), size=3, executor=pool
        )
    assert elsewhere.path.read_bytes() == whole


def test_limits_come_from_held_out_rows(of: Run, dataset: Dataset, tmp_path: Path) -> None:
    bounds = predict.limits(of, risk=0.3, coverage=0.9)
    stance = bounds["stance"]
    assert stance.least is not None
    gold = dataset.gold[dataset.gold["question"] == "stance"].set_index("sentence_id")["label"]
    split = dataset.split.set_index("sentence_id")["split"]
    own = of.predictions().query("question == 'stance'").set_index("sentence_id")
    own = own[split.loc[own.index] == "train"].assign(gold=gold)
    for label, least in stance.least.items():
        inside = own.loc[own["gold"] == label, f"p_{label}"] >= least
        assert 0.9 <= inside.mean() <= 0.9 + 3 / inside.size
    strict = {name: predict.Limits(2.0, limit.least) for name, limit in bounds.items()}
    found = predict.predictions(of.models(), pd.DataFrame({"sentence_id": ["s"], "text": ["Talks."]}), strict, of.id)
    assert found["abstained"].all()
    assert found["label"].isna().all()
    assert list(found.filter(regex="^in_").columns)
    tables.check(found, tables.PREDICTIONS)


def test_two_at_once_do_not_take_each_others_parts(of: Run, tmp_path: Path) -> None:
    source, output, bounds = lines(tmp_path, ["a", "b", "c"]), tmp_path / "out.parquet", predict.limits(of)
    refusals: list[str] = []

    def again(n: int) -> None:
        with pytest.raises(InUse, match="another `stance train predict`") as refusal:
            predict.predict(of, source, output, bounds=bounds, size=1)
        refusals.append(str(refusal.value))

    done = predict.predict(of, source, output, bounds=bounds, size=1, advance=again)
    assert (done.rows, len(refusals)) == (3, 3)
    assert str(output) in refusals[0]


def test_a_changed_model_predicts_nothing(of: Run, tmp_path: Path) -> None:
    (of.path / "model.skops").write_bytes(b"x")
    predict._opened.cache_clear()
    with pytest.raises(CheckFailed, match="not the model of this run"):
        predict.predict(of, lines(tmp_path, ["a"]), tmp_path / "o.parquet", bounds=predict.limits(of))


def test_the_command(of: Run, tmp_path: Path) -> None:
    def invoke(*words: str, text: str | bytes | None = None) -> list[str]:
        words = ("predict", of.id, *words, "--workspace", str(tmp_path), "--json")
        answer = CliRunner().invoke(group, words, input=text, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        return answer.stdout.splitlines()

    record = json.loads(invoke(str(lines(tmp_path, TEXTS[:3])), "--coverage", "0.8")[-1])
    assert (record["rows"], record["repeated"]) == (3, 0)
    assert Path(record["predictions"]) == tmp_path / "predictions" / of.id / "new.parquet"
    first, second, summary = (json.loads(line) for line in invoke("-", "--risk", "0.5", text="Talks.\n\nMore talks.\n"))
    assert (first["text"], second["text"], summary["rows"]) == ("Talks.", "More talks.", 2)
    assert sum(first["stance"]["p"].values()) == pytest.approx(1, abs=1e-5)
    odd = b'{"text": "Talks.", "id": 7, "target": "NATO"}\n{"text": ""}\n{"a": 1}\n{no JSON\nok \xff\xfe bad\n'
    *found, summary = (json.loads(line) for line in invoke("-", text=odd))
    assert [line["text"] for line in found] == ["Talks.", '{"a": 1}', "{no JSON", "ok \ufffd\ufffd bad"]
    assert (found[0]["id"], summary["rows"]) == ("7", 4)
    assert found[0]["stance"]["p"] == first["stance"]["p"]
    with pytest.raises(UsageError, match="leave out --output"):
        invoke("-", "--engine", "dask", text="")


def test_from_python(of: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_WORKSPACE", str(of.path.parent.parent))
    for named in (of.id, of.path):
        found = train.load(named).predict([made.WORDS["pro-US"]])
        assert found.loc[("stance", 0), "label"] == "pro-US"
    assert list(found.index) == [("stance", 0), ("source_type", 0)]


@pytest.fixture
def dask_pool() -> Iterator[Executor]:
    distributed = pytest.importorskip("distributed")
    with distributed.Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        yield client.get_executor(pure=False)


def test_dask_gives_the_same_table(of: Run, tmp_path: Path, dask_pool: Executor) -> None:
    source = lines(tmp_path, [f"Sentence {n} about talks." for n in range(40)])
    paths: Callable[[str], Path] = lambda name: tmp_path / f"{name}.parquet"  # noqa: E731
    for name, pool in (("here", None), ("dask", dask_pool)):
        predict.predict(of, source, paths(name), bounds=predict.limits(of), size=2, executor=pool)
    assert paths("here").read_bytes() == paths("dask").read_bytes()
