"""What goes wrong around a pull: the ledger keeps everything, and the message says what happened and what to do."""

import copy
from datetime import timedelta

import httpx
import pytest
from pulled import label_all, standing

from corpus.errors import LabelsLost, TokenRefused
from labeling.studio.pull import Pulled
from labeling.studio.push import push

pytestmark = pytest.mark.usefixtures("project")


@pytest.fixture
def restored(fake, pull_all, tasks):
    """Five sentences labelled and backed up; five more labelled, one of the first changed, all pulled; then restored.

    The numbers that the server hands out go back as well.
    """
    numbers = label_all(fake, tasks[:5])
    yesterday = copy.deepcopy((fake.projects, fake.tasks))
    label_all(fake, tasks[5:10])
    fake.change(tasks[0], numbers[0], stance="c", source="y")
    assert pull_all() == Pulled(10, 0, 0)
    fake.projects, fake.tasks = copy.deepcopy(yesterday)
    fake.number = max(numbers)
    return numbers


def test_a_restored_database_is_named_and_the_ledger_keeps_what_it_lost(pull_all, ledger, restored):
    before = ledger.annotations()
    for full in (False, True, False):
        with pytest.raises(LabelsLost) as raised:
            pull_all(full=full)
        assert ledger.annotations().equals(before)
    said = str(raised.value)
    assert "project 1 (batch first) lacks 6 annotations, or has an older state of them" in said
    assert "older copy (restored from a backup)" in said
    for todo in ("stance label restore", "--trust ledger", "--trust server"):
        assert todo in said


def test_what_a_restored_database_lost_is_kept_on_demand_and_work_goes_on(fake, pull_all, ledger, restored, tasks):
    before = standing(ledger)
    assert pull_all(trust="ledger") == Pulled(0, 0, 0)
    columns = ["annotation_id", "question", "sentence_id", "annotator", "label", "state"]
    assert standing(ledger)[columns].equals(before[columns])
    assert pull_all() == Pulled(0, 0, 0), "it is not asked again"
    assert pull_all(full=True) == Pulled(0, 0, 0)
    # The server gives the numbers of what it lost to what comes now, in the same and in other tasks.
    fake.annotate(tasks[5], user=3, stance="b", source="x")
    fake.annotate(tasks[12], user=3, stance="b", source="x")
    assert pull_all() == Pulled(2, 0, 0)
    assert pull_all(full=True) == Pulled(0, 0, 0)
    now = standing(ledger)
    assert len(now) == len(before) + 4
    assert (now["label"] == "b").sum() == 2
    fake.change(tasks[0], restored[0], stance="b", source="x")
    assert pull_all() == Pulled(0, 1, 0), "what is changed now is newer than what was kept"


def test_what_a_restored_database_lost_is_deleted_on_demand(pull_all, ledger, restored):
    assert pull_all(trust="server") == Pulled(0, 1, 5)
    assert pull_all(full=True) == Pulled(0, 0, 0)
    assert ledger.size() == 5
    assert set(standing(ledger)["label"]) == {"a", "x"}
    assert (ledger.annotations()["state"] == "deleted").sum() == 10, "they are still there to be read"


def test_labels_given_after_a_restore_are_taken_before_anybody_decides(fake, pull_all, ledger, restored, tasks):
    """Numbers that were used before come with other work: it is told from the old by its time of creation."""
    before = standing(ledger)
    fake.now += timedelta(hours=1)
    # Some in the very tasks whose labels were lost: their time is newer now than that of what is missing.
    label_all(fake, [*tasks[20:23], *tasks[7:9]], user=3)
    for _ in range(2):
        with pytest.raises(LabelsLost):
            pull_all()
    now = standing(ledger)
    assert len(now) == len(before) + 10
    assert set(now[now["annotator"] == "bob@example.com"]["sentence_id"]) == {
        fake.tasks[task]["data"]["sentence_id"] for task in [*tasks[20:23], *tasks[7:9]]
    }


def test_a_newer_database_put_back_ends_the_matter(fake, pull_all, ledger, tasks):
    label_all(fake, tasks[:5])
    old = copy.deepcopy((fake.projects, fake.tasks))
    label_all(fake, tasks[5:10])
    new = copy.deepcopy((fake.projects, fake.tasks))
    pull_all()
    fake.projects, fake.tasks = old
    with pytest.raises(LabelsLost):
        pull_all()
    fake.projects, fake.tasks = new
    assert pull_all() == Pulled(0, 0, 0)
    assert len(standing(ledger)) == 20


def delete_project(fake, project):
    del fake.projects[project]
    for task in list(fake.of(project).values()):
        del fake.tasks[task]


def test_a_deleted_project_is_named_and_the_others_are_pulled(
    fake, pull_all, ledger, tasks, project, server, corpus, labels, workspace
):
    second = push(server, ledger, corpus, "second", labels, overlap=2, state=workspace.root).project
    label_all(fake, tasks[:4])
    pull_all()
    delete_project(fake, project)
    label_all(fake, list(fake.of(second).values())[:3])
    with pytest.raises(LabelsLost, match=rf"project {project} \(batch first\) is not there any more, with 4 ann"):
        pull_all()
    assert ledger.size() == 7, "what the other project has came in all the same"
    with pytest.raises(LabelsLost):
        pull_all()


@pytest.mark.parametrize(("trust", "deleted", "left"), [("ledger", 0, 4), ("server", 4, 0)])
def test_a_deleted_project_is_settled_once(fake, pull_all, ledger, tasks, project, trust, deleted, left):
    label_all(fake, tasks[:4])
    pull_all()
    delete_project(fake, project)
    assert pull_all(trust=trust) == Pulled(0, 0, deleted)
    assert ledger.size() == left
    for options in ({}, {"full": True}):
        found = pull_all(**options)
        assert (found, found.notes) == (Pulled(0, 0, 0), ())


def test_a_clock_that_went_backwards_hides_nothing(fake, pull_all, ledger, tasks):
    numbers = label_all(fake, tasks[:5])
    fake.ahead = timedelta(minutes=10)
    pull_all()
    fake.now -= timedelta(hours=5)
    fake.annotate(tasks[7], user=2, stance="b", source="x")
    found = pull_all()
    assert found == Pulled(1, 0, 0)
    assert "the server's clock went back by 4:59:59" in found.notes[0]
    assert pull_all().notes == ()
    # An answer that is changed under the earlier clock looks older than it was: that is asked.
    fake.change(tasks[0], numbers[0], stance="c", source="x")
    with pytest.raises(LabelsLost, match="or its clock was wrong"):
        pull_all(full=True)
    assert pull_all(trust="server", full=True) == Pulled(0, 1, 0)
    assert pull_all(full=True) == Pulled(0, 0, 0)


def test_a_clock_that_is_right_again_before_the_pull_hides_no_label(fake, pull_all, ledger, tasks):
    label_all(fake, tasks[:5])
    fake.ahead = timedelta(minutes=10)
    pull_all()
    right = fake.now
    fake.now -= timedelta(hours=5)
    label_all(fake, tasks[7:10])
    fake.now = right + timedelta(hours=1)
    assert pull_all() == Pulled(3, 0, 0), "found by the count"


def test_a_token_that_is_revoked_between_two_pages(fake, pull_all, ledger, tasks, server, monkeypatch):
    whole = type(server).changed_tasks
    monkeypatch.setattr(type(server), "changed_tasks", lambda self, p, since: whole(self, p, since, page_size=4))
    label_all(fake, tasks)
    pages = []

    def revoked(request):
        if request.url.path == "/api/tasks/":
            pages.append(request)
            if len(pages) > 3:
                return httpx.Response(401, json={"detail": "Invalid token."})
        return None

    fake.before = revoked
    with pytest.raises(TokenRefused, match=r"revoked or expired\. Get a new one at http"):
        pull_all()
    there = standing(ledger)["sentence_id"].nunique()
    assert 0 < there < 40
    fake.before = lambda request: None
    assert pull_all() == Pulled(40 - there, 0, 0)
