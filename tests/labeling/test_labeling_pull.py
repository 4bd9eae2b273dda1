"""Pull over the real client and a fake wire: what changed comes, once, whatever happens meanwhile."""

from datetime import timedelta

import httpx
import pytest
from pulled import label_all, standing

from corpus.errors import ServerError
from labeling.ledger.ledger import Project
from labeling.studio.pull import Pulled


@pytest.fixture
def small_pages(server, monkeypatch):
    """Pages of four tasks."""
    whole = type(server).changed_tasks
    monkeypatch.setattr(type(server), "changed_tasks", lambda self, p, since: whole(self, p, since, page_size=4))


def test_new_answers_arrive_whole(fake, pull_all, ledger, tasks, server, labels):
    number = fake.annotate(tasks[0], user=2, stance="b", source="y")
    assert pull_all() == Pulled(1, 0, 0)
    frame = ledger.annotations().set_index("question")
    assert frame["label"].to_dict() == {"source": "y", "stance": "b"}
    assert set(frame["annotator"]) == {"ann@example.com"}
    assert set(frame["annotation_id"]) == {f"{server.name}#{number}"}
    assert set(frame["sentence_id"]) == {fake.tasks[tasks[0]]["data"]["sentence_id"]}
    assert set(frame["lead_time_s"]) == {4.5}
    assert set(frame["labels_version"]) == {labels.version}
    assert set(frame["created_at"]) == {fake.now}
    assert not frame["suggestion"].any()


def test_an_answer_that_began_as_a_models_counts_as_one_with_a_suggestion(fake, pull_all, ledger, tasks):
    for task, prediction in zip(tasks[:2], (None, 7), strict=True):
        number = fake.annotate(task, user=2, stance="b", source="y")
        next(a for a in fake.tasks[task]["annotations"] if a["id"] == number)["parent_prediction"] = prediction
    pull_all()
    seen = ledger.annotations().groupby("sentence_id")["suggestion"].agg(set)
    sentences = [fake.tasks[task]["data"]["sentence_id"] for task in tasks[:2]]
    assert seen[sentences].tolist() == [{False}, {True}]


def test_a_second_pull_adds_nothing_and_reads_no_old_task(fake, pull_all, ledger, tasks):
    label_all(fake, tasks)
    # As time goes by, what was pulled leaves the window that is looked at again.
    fake.now += timedelta(hours=1)
    fake.annotate(tasks[0], user=3, stance="c", source="x")
    assert pull_all() == Pulled(41, 0, 0)
    before, read = ledger.annotations(), []
    assert pull_all(advance=read.append) == Pulled(0, 0, 0)
    assert sum(read) == 1, "the one that is younger than two minutes"
    fake.ahead = timedelta(minutes=3)
    pull_all()
    assert pull_all(advance=read.append) == Pulled(0, 0, 0)
    assert sum(read) == 1, "once no save can be on its way any more, nothing is read"
    assert ledger.annotations().equals(before)
    assert pull_all(full=True, advance=read.append) == Pulled(0, 0, 0)
    assert sum(read) == 41
    assert ledger.annotations().equals(before)


def test_changed_and_deleted(fake, pull_all, ledger, tasks):
    numbers = label_all(fake, tasks[:3])
    pull_all()
    fake.change(tasks[0], numbers[0], stance="c", source="x")
    fake.delete_annotation(tasks[1], numbers[1])
    assert pull_all() == Pulled(0, 1, 1)
    assert len(ledger.history(fake.tasks[tasks[1]]["data"]["sentence_id"])) == 4, "two answers and their deletions"
    assert sorted(standing(ledger)["label"]) == ["a", "c", "x", "x"]


def test_a_skip_that_was_taken_back_leaves_no_reason_on_the_answer(fake, pull_all, ledger, tasks):
    fake.annotate(tasks[0], user=2, stance="a", source="x", skip_reason="off topic")
    pull_all()
    assert list(ledger.history(fake.tasks[tasks[0]]["data"]["sentence_id"])["label"]) == ["a", "x"]
    assert ledger.annotations()["skip_reason"].isna().all()


def test_skipped_with_its_reason(fake, pull_all, ledger, tasks):
    fake.annotate(tasks[0], user=2, skipped=True, skip_reason="off topic")
    fake.annotate(tasks[1], user=2, skipped=True)
    assert pull_all() == Pulled(2, 0, 0)
    frame = ledger.annotations()
    assert set(frame["state"]) == {"skipped"}
    assert frame["label"].isna().all()
    assert list(frame["question"]) == ["source", "stance"] * 2
    assert frame["skip_reason"].dropna().tolist() == ["off topic", "off topic"]


def test_a_skip_that_becomes_an_answer(fake, pull_all, ledger, tasks):
    number = fake.annotate(tasks[0], user=2, skipped=True)
    pull_all()
    fake.tasks[tasks[0]]["annotations"][0]["was_cancelled"] = False
    fake.change(tasks[0], number, stance="a", source="x")
    assert pull_all() == Pulled(0, 1, 0)
    assert set(ledger.annotations()["state"]) == {"submitted"}


def test_many_pages(fake, pull_all, ledger, tasks, small_pages):
    label_all(fake, tasks)
    assert pull_all() == Pulled(40, 0, 0)
    assert standing(ledger)["sentence_id"].nunique() == 40


def test_tasks_that_share_a_moment_across_a_page_border(fake, pull_all, tasks, small_pages):
    label_all(fake, tasks[:3])
    fake.tick = timedelta(0)
    label_all(fake, tasks[3:17])  # more than three pages with one time
    fake.tick = timedelta(microseconds=1)
    label_all(fake, tasks[17:])
    assert pull_all() == Pulled(40, 0, 0)


def test_a_task_that_changes_between_two_pages(fake, pull_all, ledger, tasks, small_pages):
    """It moves to the end; with numbered pages the task that takes its place would be skipped."""
    numbers, changed = label_all(fake, tasks), []

    def meanwhile(request):
        if request.url.path == "/api/tasks/" and len(changed) < 5:
            changed.append(len(changed))
            if len(changed) > 1:
                fake.change(tasks[changed[-1]], numbers[changed[-1]], stance="c", source="x")

    fake.before = meanwhile
    pull_all()
    assert standing(ledger)["sentence_id"].nunique() == 40
    assert (standing(ledger)["label"] == "c").sum() == 4


def test_a_save_that_was_committed_late_with_an_earlier_time_is_found(fake, pull_all, tasks):
    label_all(fake, tasks)
    pull_all()
    fake.now -= timedelta(seconds=20)
    fake.annotate(tasks[0], user=3, stance="b", source="x")
    assert pull_all() == Pulled(1, 0, 0)


def test_a_pull_that_breaks_keeps_its_pages_and_goes_on(fake, pull_all, ledger, tasks, small_pages):
    label_all(fake, tasks)
    pages = []

    def breaks(request):
        if request.url.path == "/api/tasks/":
            pages.append(request)
            if len(pages) > 3:
                return httpx.Response(500, json={"detail": "out of memory"})
        return None

    fake.before = breaks
    with pytest.raises(ServerError, match="500: out of memory"):
        pull_all()
    there = standing(ledger)["sentence_id"].nunique()
    assert 0 < there < 40
    assert ledger.projects()[0].updated_at is not None
    fake.before = lambda request: None
    assert pull_all() == Pulled(40 - there, 0, 0)


def test_a_deleted_task_leaves_no_trace_but_the_count(fake, pull_all, ledger, tasks):
    label_all(fake, tasks[:4])
    pull_all()
    del fake.tasks[tasks[0]]
    found = pull_all()
    assert found == Pulled(0, 0, 1)
    assert found.notes == ("project 1 (batch first): counts differ, so all of it was compared",)
    assert pull_all().notes == ()
    assert pull_all(full=True) == Pulled(0, 0, 0)
    assert ledger.size() == 3


def test_tasks_that_somebody_added_by_hand_are_passed_over(fake, pull_all, project, tasks):
    theirs = fake.add_task(project, {"text": "mine"})
    fake.annotate(theirs, user=2, stance="a", source="x")
    fake.annotate(tasks[0], user=2)  # submitted without an answer
    assert pull_all() == Pulled(0, 0, 0)
    again = pull_all()
    assert (again, again.notes) == (Pulled(0, 0, 0), ()), "a difference that stays is looked at once"
    fake.annotate(tasks[1], user=2, stance="a", source="x")
    assert pull_all() == Pulled(1, 0, 0)
    fake.annotate(theirs, user=3, stance="a", source="x")
    assert pull_all().notes != ()
    assert pull_all().notes == ()


@pytest.mark.parametrize(
    "odd",
    [
        {"from_name": "stance", "to_name": "text", "type": "choices", "value": "x"},
        {"to_name": "text", "type": "choices", "value": {"choices": ["a"]}},
        {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": [{"a": 1}]}},
        {"from_name": "evidence", "to_name": "text", "type": "labels", "value": {"start": "x", "end": 2}},
        {"from_name": "comment", "to_name": "text", "type": "textarea", "value": {"text": 5}},
        "a",
    ],
    ids=str,
)
def test_an_answer_of_no_form_stops_nobody_elses(fake, pull_all, ledger, tasks, odd):
    """As anybody can write one to a server that is not ours."""
    label_all(fake, tasks[:2])
    fake.tasks[tasks[0]]["annotations"][0]["result"].append(odd)
    fake.annotate(tasks[2], user=3)
    fake.tasks[tasks[2]]["annotations"][0]["result"] = odd
    found = pull_all()
    assert found == Pulled(2, 0, 0)
    assert [note.split(" has parts")[0] for note in found.notes if "parts" in note] == [
        f"project 1, task {tasks[0]}: the answer of ann@example.com",
        f"project 1, task {tasks[2]}: the answer of bob@example.com",
    ]
    assert set(standing(ledger)["label"]) == {"a", "x"}


def test_an_annotator_whose_account_is_gone_keeps_a_name(fake, pull_all, ledger, tasks):
    fake.annotate(tasks[0], user=77, stance="a", source="x")
    pull_all()
    assert set(ledger.annotations()["annotator"]) == {"user 77"}


def test_projects_of_another_server_are_left_alone(fake, pull_all, ledger, tasks):
    with ledger.writing() as connection:
        ledger.remember(connection, Project("http://elsewhere", "9", "other", "v", None))
    label_all(fake, tasks[:1])
    assert pull_all() == Pulled(1, 0, 0)


def test_the_command_prints_its_keys(stance_command, fake, project, tasks):
    label_all(fake, tasks[:3])
    done = stance_command("label", "pull", "--json")
    assert done.code == 0
    assert {k: done.record[k] for k in ("new", "changed", "deleted", "total")} == {
        "new": 3, "changed": 0, "deleted": 0, "total": 3,
    }  # fmt: skip
    assert "seconds" in done.record
    said = stance_command("label", "pull", "--full")
    assert "0 new, 0 changed, 0 deleted; 3 in the ledger" in said.out
