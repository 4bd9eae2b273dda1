"""A run over HTTP: the same answers as everywhere else, refusals in words, an end at SIGTERM."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import train_datasets as made
from fastapi.testclient import TestClient

import train
from corpus.errors import CheckFailed, InUse, UsageError
from train import predict, serve
from train.fit import fit
from train.run import Run
from train.settings import TfidfSettings, TrainSettings
from train.texts import COLUMNS

JSON = {"Content-Type": "application/json"}
TEXT = made.WORDS["pro-US"] + "."


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("serve")
    dataset = made.write_dataset(folder / "datasets" / "demo" / "v1", made.rows())
    settings = TrainSettings(model="tfidf", tfidf=TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3)))
    return fit(dataset, runs=folder / "runs", settings=settings).run


@pytest.fixture(scope="module")
def client(of: Run) -> TestClient:
    return TestClient(serve.BodyLimit(serve.service(of, predict.limits(of))))


def test_one_and_many_get_what_python_gets(client: TestClient, of: Run) -> None:
    texts = [TEXT, "🙂", "x" * serve.MOST_CHARACTERS]
    expected = train.load(of.path).predict(texts)
    body = json.dumps({"sentences": [{"text": text, "target": None} for text in texts]})
    found = client.post("/predict/batch", content=body, headers=JSON).raise_for_status().json()
    assert found["model"] == of.id
    for row, answer in enumerate(found["answers"]):
        for question in ("stance", "source_type"):
            one = expected.loc[(question, row)]
            assert answer[question]["label"] == one["label"]
            for label, p in answer[question]["p"].items():
                assert p == pytest.approx(one[f"p_{label}"], abs=1e-6)
    alone = client.post("/predict", json={"text": TEXT}).raise_for_status().json()
    assert alone == {"model": of.id, "questions": found["answers"][0]}
    assert alone["questions"]["stance"]["label"] == "pro-US"
    assert "set" not in alone["questions"]["stance"]


def test_all_that_a_model_may_use_reaches_it(of: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict] = []

    def said(models: object, rows: pd.DataFrame, *rest: object) -> list[dict]:
        seen.extend(rows.drop(columns="sentence_id").to_dict("records"))
        return [{} for _ in range(len(rows))]

    monkeypatch.setattr(serve, "said", said)
    client = TestClient(serve.service(of, predict.limits(of)))
    sentence = {name: f"The {name}." for name in COLUMNS} | {"target_start": 4}
    client.post("/predict", json=sentence).raise_for_status()
    client.post("/predict/batch", json={"sentences": [sentence]}).raise_for_status()
    assert seen[1:] == [sentence, sentence]


def test_limits_are_those_of_predict(of: Run) -> None:
    limits = {name: predict.Limits(2.0, dict.fromkeys(labels, 0.0)) for name, labels in LABELS.items()}
    found = TestClient(serve.service(of, limits)).post("/predict", json={"text": TEXT}).json()["questions"]["stance"]
    assert (found["label"], found["abstained"], found["set"]) == (None, True, LABELS["stance"])


LABELS = {"stance": sorted(made.STANCES), "source_type": sorted(made.SOURCES)}


def test_health_and_version_say_who_answers(client: TestClient, of: Run) -> None:
    assert client.get("/health").json() == {"status": "ok", "model": of.id}
    about = client.get("/version").json()
    assert (about["run"], about["questions"]) == (of.id, LABELS)
    assert about["dataset"] == {key: of.manifest["dataset"][key] for key in ("name", "version", "sha256")}
    assert about["libraries"]["scikit-learn"]


def test_the_interface_is_described(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/health", "/version", "/predict", "/predict/batch"}
    assert described["components"]["schemas"]["Batch"]["properties"]["sentences"]["maxItems"] == serve.MOST_SENTENCES
    assert client.get("/docs").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "where", "problem"),
    [
        ("/predict", "{", "1", "JSON decode error"),
        ("/predict", '"x"', "body", "valid dictionary"),
        ("/predict", "{}", "text", "Field required"),
        ("/predict", '{"text": ""}', "text", "at least 1 character"),
        ("/predict", '{"text": " \\n"}', "text", "is blank"),
        ("/predict", '{"text": NaN}', "text", "valid string"),
        ("/predict", '{"text": "half a \\ud800 character"}', "text", "valid string"),
        ("/predict", '{"text": "x", "txet": "y"}', "txet", "Extra inputs are not permitted"),
        ("/predict", json.dumps({"text": "x" * 100_001}), "text", "at most 100000 characters"),
        ("/predict/batch", '{"sentences": []}', "sentences", "at least 1 item"),
        ("/predict/batch", '{"sentences": [{"text": "a"}, {"text": 1}]}', "sentences.1.text", "valid string"),
        ("/predict/batch", json.dumps({"sentences": [{"text": "a"}] * 1001}), "sentences", "at most 1000 items"),
        ("/predict/batch", '{"sentences": "\\ud800"}', "sentences", "valid list"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_words(
    client: TestClient, path: str, body: str, where: str, problem: str
) -> None:
    answer = client.post(path, content=body, headers=JSON)
    assert answer.status_code == 422
    (first, *_) = answer.json()["detail"]
    assert first["where"] == where
    assert problem in first["problem"]
    assert len(answer.content) < 500, "what was sent is not said back"


@pytest.mark.parametrize("parts", [12, None])
def test_a_large_body_is_refused_once_it_is_read_and_an_endless_one_too(client: TestClient, parts: int | None) -> None:
    answer = client.post("/predict", content=b" " * (serve.MOST_BYTES + 1))
    assert answer.status_code == 413
    assert "send fewer sentences" in answer.json()["detail"]
    read: list[int] = []
    said: list[dict] = []

    async def receive() -> dict:
        read.append(1)
        return {"type": "http.request", "body": b" " * (1 << 20), "more_body": len(read) != parts}

    async def send(message: dict) -> None:
        said.append(message)
        assert len(read) == parts or parts is None, "who still sends does not see the answer"

    # In a thread of its own: Chromium of other tests may have a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        asked = client.app({"type": "http", "method": "POST", "path": "/predict"}, receive, send)
        pool.submit(asyncio.run, asked).result()
    assert said[0]["status"] == 413
    assert len(read) == (parts or 16 * serve.MOST_BYTES // (1 << 20) + 1)


def test_many_at_once_get_their_own_answers(client: TestClient) -> None:
    texts = [f"{made.WORDS[label]} {n}" for n, label in enumerate(made.STANCES * 8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: client.post("/predict", json={"text": text}).json(), texts))
    assert together == [client.post("/predict", json={"text": text}).json() for text in texts]


def test_a_changed_model_is_not_served(of: Run, tmp_path: Path) -> None:
    there = Run(tmp_path, of.manifest)
    (tmp_path / "model.skops").write_bytes((of.path / "model.skops").read_bytes() + b"x")
    with pytest.raises(CheckFailed, match="was not loaded"):
        serve.service(there, predict.limits(there))


def test_an_address_that_cannot_be_had_is_told(client: TestClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InUse, match="is in use"):
        serve.listen(client.app, "127.0.0.1", taken.getsockname()[1], print)
    with pytest.raises(UsageError, match=r"--host 192\.0\.2\.1 --port 0"):
        serve.listen(client.app, "192.0.2.1", 0, print)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_answers_until_it_is_told_to_stop(of: Run, number: signal.Signals) -> None:
    words = ["train", "serve", of.id, "--port", "0", "--json", "--workspace", str(of.path.parent.parent)]
    process = subprocess.Popen(
        [sys.executable, "-m", "stance", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        record = json.loads(process.stdout.readline())
        assert record["url"].startswith("http://127.0.0.1:")
        request = urllib.request.Request(  # noqa: S310 - our own address
            record["url"] + "/predict", json.dumps({"text": TEXT}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert json.load(answer)["questions"]["stance"]["label"] == "pro-US"
        os.kill(process.pid, number)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
