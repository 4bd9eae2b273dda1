"""What of an answer leaves the embedded server for somebody who is no owner: fields that are named, of one's own."""

from types import SimpleNamespace

import pytest

from labeling.server.answers import BY_NAME

ANN = SimpleNamespace(id=3, email="ann@example.com")
SECRET = {"a field that a new version adds": "bob@example.com"}


def left(name, data):
    return BY_NAME[name](data, ANN)


@pytest.mark.parametrize("name", ["me", "project", "task", "annotation", "draft"])
def test_a_field_that_nobody_looked_at_stays_in_the_server(name):
    left_over = left(name, {"id": 1, "title": "day", **SECRET})
    assert left_over["id"] == 1
    assert "bob@example.com" not in str(left_over)


def test_of_people_there_is_oneself():
    rows = [{"id": 2, "email": "bob@example.com"}, {"id": 3, "email": ANN.email}]
    (row,) = left("people", rows)
    assert row["email"] == ANN.email
    meta = left("me", rows[1] | {"permissions": ["all"], "active_organization_meta": {"email": "owner@localhost"}})
    assert (meta["permissions"], meta["active_organization_meta"]["email"]) == ([], "")


def test_a_project_names_nobody_and_not_the_mark_that_tells_it_apart():
    data = {
        "id": 1,
        "title": "day 1a2b3c4d",
        "created_by": {"email": "owner@localhost"},
        "ml_backends": [1],
        "members": [2],
    }
    assert left("project", data) == {"id": 1, "title": "day", "created_by": None, "ml_backends": []}
    assert "title" not in left("project", {"id": 1})
    for title in ("day", "day 1a2b", "1a2b3c4d", "day-1a2b3c4d"):
        assert left("project", {"title": title})["title"] == title
    page = left("projects", {"count": 1, "next": None, "previous": None, "results": [data], **SECRET})
    assert page == {"count": 1, "next": None, "previous": None, "results": [left("project", data)]}


def test_the_columns_are_those_of_the_tasks_own_data():
    shown = [{"id": "data"}, {"id": "text", "parent": "data"}]
    hidden = [{"id": "annotators", "parent": "tasks"}, {"id": "annotations_results"}]
    assert left("columns", {"columns": [*shown, *hidden], **SECRET}) == {"columns": shown}


def test_a_task_has_ones_own_answers_and_drafts_and_its_suggestions():
    mine = [{"id": 1, "completed_by": 3}, {"id": 2, "completed_by": {"id": 3, "email": ANN.email}}]
    theirs = [
        {"id": 3, "completed_by": 2},
        {"id": 4, "completed_by": {"id": 2}},
        {"id": 5, "completed_by": None},
        {"id": 6},
    ]
    drafts = [{"id": 7, "user": ANN.email}, {"id": 8, "user": 3}, {"id": 9, "user": "bob@example.com"}, {"id": 10}]
    predictions = [{"id": 11, "score": 0.5, "model_run": 1, **SECRET}]
    data = {
        "id": 1,
        "annotations": theirs + mine,
        "drafts": drafts,
        "predictions": predictions,
        "annotators": [2],
        **SECRET,
    }
    task = left("task", data)
    assert {one["id"] for one in task["annotations"]} == {1, 2}
    assert [one["id"] for one in task["drafts"]] == [7, 8]
    assert task["predictions"] == [{"id": 11, "score": 0.5}]
    assert "annotators" not in task
    assert left("task", {"id": 1, "annotations": None})["annotations"] == []
    assert [one["id"] for one in left("annotations", theirs + mine)] == [1, 2]


def test_the_history_is_of_tasks_and_ones_own_answers_alone():
    assert left("history", [{"taskId": 1, "annotationId": 2, **SECRET}]) == [{"taskId": 1, "annotationId": 2}]
