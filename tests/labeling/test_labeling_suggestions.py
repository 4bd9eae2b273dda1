"""Predictions as Label Studio takes them, and the protocol of its ML backend, without a server."""

from types import SimpleNamespace

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from corpus import tables
from corpus.build import replace_tables
from corpus.errors import ServerError
from corpus.labels import Labels
from corpus.sampling.draw import sample
from corpus.sampling.sealed import TEST
from labeling.questions import interface_xml
from labeling.suggestions.backend import MOST_TASKS, backend
from labeling.suggestions.predictions import by_sentence, checked, prediction
from suggestions import _shows

LABELS = Labels.model_validate(
    {"questions": {"stance": {"labels": {"a": {}, "b": {}}}, "source": {"labels": {"x": {}, "y": {}}}}}
)
INTERFACE = interface_xml(LABELS)
NAMES = {"stance": ["a", "b"], "source": ["x", "y"]}


def said(text: str) -> dict[str, tuple[str, float]]:
    sure = 0.9 if "sure" in text else 0.6
    return {"stance": ("b", sure), "source": ("x", 0.95)}


@pytest.fixture
def client():
    asked: list[list[dict]] = []

    def predict(tasks):
        asked.append(list(tasks))
        return [said(data["text"]) for data in tasks]

    app = backend(predict, NAMES, "run-1", lambda data: data.get("item") != "hidden")
    client = TestClient(app)
    client.asked = asked
    return client


def test_a_prediction_is_the_label_of_each_question_and_its_score_the_least_sure():
    made = prediction(said("a sure thing"), "run-1")
    assert [(region["from_name"], region["value"]["choices"]) for region in made["result"]] == [
        ("stance", ["b"]),
        ("source", ["x"]),
    ]
    assert (made["score"], made["model_version"]) == (0.9, "run-1")
    assert checked(INTERFACE, [made]) == [made]


@pytest.mark.parametrize(
    "wrong",
    [
        prediction({"stance": ("c", 1.0)}, "v"),
        prediction({"mood": ("a", 1.0)}, "v"),
        prediction(said(""), "v") | {"score": 1.5},
    ],
)
def test_what_does_not_fit_is_not_sent(wrong):
    with pytest.raises(ServerError, match="prediction 2 of 2 does not fit the project's questions and labels"):
        checked(INTERFACE, [prediction(said(""), "v"), wrong])


def test_a_table_of_predictions_by_sentence_leaves_abstentions_out():
    table = pd.DataFrame(
        {
            "sentence_id": ["s1", "s1", "s2"], "question": ["stance", "source", "stance"],
            "label": ["a", "x", None], "abstained": [False, False, True], "model_id": "m",
            "p_a": [0.4, None, 0.5], "p_b": [0.6, None, 0.5], "p_x": [None, 1.0, None],
        }
    )  # fmt: skip
    assert by_sentence(table) == {"s1": {"stance": ("a", 0.4), "source": ("x", 1.0)}}, "a label that was leant to stays"


@pytest.mark.parametrize("path", ["/", "/health"])
def test_health(client, path):
    assert client.get(path).json() == {"status": "UP", "model_class": "stancelab", "model_version": "run-1"}
    assert client.get("/versions").json() == {"versions": ["run-1"]}


def test_setup_takes_a_project_whose_questions_the_model_knows(client):
    asked = {"project": "1.2", "schema": INTERFACE, "hostname": "http://x", "access_token": "secret"}
    assert client.post("/setup", json=asked).json() == {"model_version": "run-1"}
    other = Labels.model_validate({"questions": {"stance": {"labels": {"pro": {}, "con": {}}}}})
    refused = client.post("/setup", json={"schema": interface_xml(other)})
    assert refused.status_code == 422
    assert refused.json()["detail"] == (
        "the project asks no question that this model answers (stance: a, b; source: x, y)"
    )
    assert client.post("/setup", json={"schema": "<View"}).status_code == 422


def test_predict_answers_every_task_in_order_and_hides_what_is_not_to_be_shown(client):
    tasks = [
        {"id": 1, "data": {"text": "a sure thing", "title": "A thing", "before": "So.", "target": "it"}},
        {"id": 2, "data": {"text": "another", "item": "hidden"}},
        {"id": 3, "data": {"other": 1}},
        {"id": 4, "data": {"text": "last"}},
    ]
    found = client.post("/predict", json={"tasks": tasks, "label_config": INTERFACE, "params": {}}).json()["results"]
    assert [len(one["result"]) for one in found] == [2, 0, 0, 2]
    assert [one.get("score") for one in found] == [0.9, None, None, 0.6]
    assert {one["model_version"] for one in found} == {"run-1"}
    assert client.asked == [[tasks[0]["data"], tasks[3]["data"]]], "what is hidden is not even computed"


def test_a_model_is_told_what_the_page_shows_of_a_sentence(stance_command, monkeypatch):
    """`stance label backend`: the sentence, and what stands around it, as far as the task has it and it is text."""
    given = []
    served = {}

    class Fitted:
        id = "run-1"

        def answerers(self):
            return {"stance": type("Model", (), {"classes_": ["a", "b"]})()}

    def judging(models, bounds, model_id):
        def judge(sentences):
            given.extend(sentences)
            return [{"stance": {"label": "b", "p": {"a": 0.2, "b": 0.8}}} for _ in sentences]

        return judge

    monkeypatch.setattr("train.run.load", lambda path: Fitted())
    monkeypatch.setattr("corpus.workspace.Workspace.run", lambda self, name: name)
    monkeypatch.setattr("train.predict.limits", lambda fitted: {})
    monkeypatch.setattr("train.serve.judging", judging)
    monkeypatch.setattr("train.serve.listen", lambda app, host, port, ready: served.update(app=app))
    assert stance_command("label", "backend", "run-1").code == 0
    full = {
        "text": "t",
        "title": "T",
        "before": "b",
        "after": "a",
        "target": "NATO",
        "target_start": 0,
        "date": "1 May",
        "sentence_id": "s",
    }
    tasks = [{"data": full}, {"data": {"text": "alone", "title": None}}]
    asked = {"tasks": tasks, "label_config": INTERFACE}
    (first, _) = TestClient(served["app"]).post("/predict", json=asked).json()["results"]
    assert first["score"] == 0.8
    kept = ("text", "title", "before", "after", "target", "target_start")
    assert given == [{name: full[name] for name in kept}, {"text": "alone"}]


def test_predict_answers_only_what_the_project_asks(client):
    one = Labels.model_validate({"questions": {"source": {"labels": {"x": {}, "y": {}}}}})
    asked = {"tasks": [{"data": {"text": "t"}}], "label_config": interface_xml(one)}
    (found,) = client.post("/predict", json=asked).json()["results"]
    assert [region["from_name"] for region in found["result"]] == ["source"]


@pytest.mark.parametrize(
    ("tasks", "code"), [(None, 422), ("x", 422), ([1], 422), ([{"data": {}}] * (MOST_TASKS + 1), 413), ([], 200)]
)
def test_predict_refuses_what_is_no_list_of_tasks(client, tasks, code):
    assert client.post("/predict", json={"tasks": tasks, "label_config": INTERFACE}).status_code == code


@pytest.mark.parametrize("path", ["/train", "/webhook"])
def test_training_is_asked_for_and_not_done(client, path):
    assert client.post(path, json={"action": "START_TRAINING"}).json() == {}
    assert client.asked == []


def test_nothing_else_is_served(client):
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert client.get(path).status_code == 404


def test_a_backend_shows_nothing_in_the_sealed_test_set(workspace, ledger, built):
    replace_tables(workspace.corpus, built)
    sealed = sample(workspace, 5, strategy="random", by=(), name=TEST, seed=1, test=True)
    free = sample(workspace, 5, strategy="random", by=(), name="first", seed=1, test=False)
    shows = _shows(SimpleNamespace(workspace=workspace))
    shown = [
        [shows({"sentence_id": known, "text": "x"}) for known in tables.read(batch.path, tables.BATCH)["sentence_id"]]
        for batch in (sealed, free)
    ]
    assert shown == [[False] * 5, [True] * 5]
