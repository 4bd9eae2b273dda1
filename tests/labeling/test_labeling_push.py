"""Push over the real client and a fake wire: idempotent, also after a push that did not finish."""

import httpx
import pandas as pd
import pytest
from label_studio_sdk.label_interface import LabelInterface

from corpus.errors import ServerError, ServerUnreachable
from labeling.questions import interface_xml


def test_the_first_push_makes_the_project_and_a_task_for_each_sentence(push_batch, fake, corpus, labels, ledger):
    done = push_batch()
    assert (done.created, done.existing) == (40, 0)
    project = fake.projects[done.project]
    assert project["title"] == "first"
    assert project["label_config"] == interface_xml(labels)
    assert project["maximum_annotations"] == 2
    assert list(fake.of(done.project)) == list(corpus["sentence_id"]), "in the order of the batch"
    known = ledger.projects()
    assert [(p.project, p.batch, p.labels_version) for p in known] == [(str(done.project), "first", labels.version)]


def test_a_task_has_what_the_page_shows_and_nothing_of_the_outlet(push_batch, fake, corpus):
    done = push_batch()
    interface = LabelInterface(fake.projects[done.project]["label_config"])
    rows = corpus.set_index("sentence_id")
    for sentence, task in fake.of(done.project).items():
        data = fake.tasks[task]["data"]
        assert interface.validate_task({"data": data})
        assert set(data) == {"sentence_id", "text", "title", "date", "before", "after"}
        assert data["text"] == rows.loc[sentence, "text"]
        assert all(isinstance(value, str) and value not in ("None", "nan", "NaT") for value in data.values())
    row = corpus[corpus["published_at"].notna()].iloc[0]
    shown = fake.tasks[fake.of(done.project)[row["sentence_id"]]]["data"]["date"]
    assert shown == f"{row['published_at'].day} {row['published_at']:%B %Y}"


def test_a_second_push_adds_nothing(push_batch, fake):
    first = push_batch()
    before, requests = dict(fake.tasks), len(fake.requests)
    second = push_batch()
    assert (second.project, second.created, second.existing) == (first.project, 0, 40)
    assert fake.tasks == before
    assert {request.method for request in fake.requests[requests:]} == {"GET"}


def test_a_task_that_was_exchanged_for_another_comes_again(push_batch, fake):
    """As many tasks as we made, and not the same."""
    project = push_batch().project
    del fake.tasks[min(fake.tasks)]
    fake.add_task(project, {"text": "mine"})
    assert push_batch().created == 1


def test_a_larger_batch_adds_the_rest(push_batch, fake, corpus):
    push_batch(corpus.iloc[:10])
    assert push_batch().created == 30
    assert len(fake.tasks) == 40


@pytest.mark.parametrize("arrived", [True, False])
def test_a_push_that_broke_goes_on_where_it_was(push_batch, fake, monkeypatch, arrived):
    """The connection breaks at the second of five imports, which the server did or did not get."""
    monkeypatch.setattr("labeling.studio.push.CHUNK", 8)
    imports = []

    def breaks(request):
        if request.url.path.endswith("/import"):
            imports.append(request)
            if len(imports) == 2:
                if arrived:
                    fake.before = lambda request: None
                    fake.handle(request)
                raise httpx.ReadError("connection reset")
        return

    fake.before = breaks
    with pytest.raises(ServerUnreachable, match="connection reset"):
        push_batch()
    assert len(imports) == 2, "an import whose answer is lost is not sent again blindly"
    fake.before = lambda request: None
    assert push_batch().created == (24 if arrived else 32)
    texts = [task["data"]["sentence_id"] for task in fake.tasks.values()]
    assert len(texts) == len(set(texts)) == 40


def test_an_import_that_fails_on_the_server_is_not_sent_again(push_batch, fake):
    calls = []

    def gateway(request):
        if request.url.path.endswith("/import"):
            calls.append(request)
            return httpx.Response(502, json={"detail": "bad gateway"})
        return None

    fake.before = gateway
    with pytest.raises(ServerError, match="502: bad gateway"):
        push_batch()
    assert len(calls) == 1


def test_the_second_push_also_finds_what_arrives_while_it_reads(push_batch, fake, workspace, corpus):
    """The server goes on with an import whose sender was killed, while the next push is already importing."""
    row = corpus.iloc[0]["sentence_id"]
    fake.before = lambda request: (
        (_ for _ in ()).throw(httpx.ReadError("killed")) if "import" in str(request.url) else None
    )
    with pytest.raises(ServerUnreachable):
        push_batch()

    def late(request):
        if request.url.path.endswith("/import"):
            fake.before = lambda request: None
            fake.add_task(int(request.url.path.split("/")[3]), {"sentence_id": row, "text": "late"})
        return

    fake.before = late
    assert push_batch().created == 40
    assert len(fake.tasks) == 40
    assert not list(workspace.root.glob("*.unfinished"))


def test_doubles_go_but_never_a_task_with_annotations(push_batch, fake, corpus):
    done = push_batch(corpus.iloc[:4])
    tasks = fake.of(done.project)
    sentences = list(tasks)
    doubles = [fake.add_task(done.project, fake.tasks[tasks[s]]["data"]) for s in sentences]
    fake.annotate(doubles[0], user=2, stance="a", source="x")  # only the double is labelled
    fake.annotate(tasks[sentences[1]], user=2, stance="a", source="x")  # both are
    fake.annotate(doubles[1], user=3, stance="a", source="x")
    fake.annotate(doubles[2], user=2, skipped=True, skip_reason="off topic")  # a skip is work too
    assert push_batch(corpus.iloc[:4]).created == 0
    assert set(fake.tasks) == {doubles[0], tasks[sentences[1]], doubles[1], doubles[2], tasks[sentences[3]]}


def test_tasks_that_somebody_added_by_hand_stay(push_batch, fake, corpus):
    done = push_batch(corpus.iloc[:4])
    theirs = [fake.add_task(done.project, {"text": "mine"}), fake.add_task(done.project, {"text": "mine too"})]
    assert push_batch(corpus.iloc[:4]).existing == 4
    assert set(theirs) <= set(fake.tasks)


def test_many_tasks_come_in_pages(push_batch, fake, corpus):
    """The list of what is there is read to its end."""
    rows = pd.concat([corpus.assign(sentence_id=[f"{n}-{i}" for i in range(40)]) for n in range(30)])
    assert push_batch(rows).created == 1200
    assert push_batch(rows).created == 0
    assert len(fake.tasks) == 1200


def test_a_name_that_is_too_long_or_short_for_a_title_gets_one_of_its_own(push_batch, fake, corpus):
    names = [*("x" * 60 + end for end in "ab"), "b", "ab", "abc"]
    titles = [fake.projects[push_batch(corpus.iloc[:2], name=name).project]["title"] for name in names]
    assert len(set(titles)) == len(names)
    assert titles[-1] == "abc"
    assert push_batch(corpus.iloc[:2], name="b").created == 0


def test_a_project_whose_title_only_contains_the_name_is_another(push_batch, fake, corpus):
    other = push_batch(corpus.iloc[:2], name="the first one")
    assert push_batch(corpus.iloc[:2]).project != other.project


def test_no_such_batch(stance_command, fake, corpus):
    ended = stance_command("label", "push", "nope")
    assert ended.code == 1
    assert "no batch nope; there are: first" in ended.err


def test_a_server_without_roles_has_to_be_accepted(stance_command, fake, corpus):
    fake.roles = None
    refused = stance_command("label", "push", "first")
    assert refused.code == 2
    assert "does not enforce roles" in refused.err
    assert "--accept-open-server" in refused.err
    assert not fake.projects
    done = stance_command("label", "push", "first", "--accept-open-server")
    assert done.code == 0
    assert "does not enforce roles" in done.err
    assert fake.projects
