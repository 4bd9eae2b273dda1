"""Labels that change under an assigned batch: each goes on in a second project, with what is to be asked again."""

import json
from collections import Counter

import httpx
import pytest
import yaml
from fake_assigned import Assigning

from corpus.sampling.draw import sample
from labeling.ledger.known_answers import known_answers

ANN, BOB = "ann@example.com", "bob@example.com"
OLD, NEW = {"a": {}, "b": {}, "c": {}}, {"a": {}, "z": {}, "b": {}}
# b and z change places as names go: what was said as b reads as z, what was said as c has to be said again.
MAP = {"b": "z", "c": None}


@pytest.fixture
def assigning(fake):
    return Assigning(fake)


@pytest.fixture
def files(tmp_path, built, corpus):
    """labels old and new, the map, and a CSV of gold answers."""
    training = [{"text": "A sentence.", "answers": {"stance": "a"}, "rule": "A rule."}]
    for name, labels in (("old", OLD), ("new", NEW)):
        spec = {"questions": {"stance": {"labels": labels}}}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
        (tmp_path / f"{name}-trained.yaml").write_text(yaml.safe_dump(spec | {"training": training}, sort_keys=False))
    (tmp_path / "map.yaml").write_text(json.dumps({"questions": {"stance": MAP}}))
    (tmp_path / "none.yaml").write_text(json.dumps({"questions": {"stance": {}}}))
    other = built.sentences[~built.sentences["sentence_id"].isin(corpus["sentence_id"])].head(4)
    other.assign(stance=["a", "b", "c", "a"])[["sentence_id", "stance"]].to_csv(tmp_path / "gold.csv", index=False)
    return tmp_path


@pytest.fixture
def label(stance_command, files, assigning):
    def run(*words, code=0):
        ended = stance_command("label", *words, "--json")
        assert ended.code == code, ended.err
        return ended.record if code == 0 else ended.err

    return run


@pytest.fixture
def assign(label, files):
    def run(*people, labels="old", code=0):
        named = ("--labels", files / f"{labels}.yaml", "--overlap", 1)
        return label("annotators", "assign", "first", *people, *named, code=code)

    return run


@pytest.fixture
def migrate(label, files):
    def run(known="map", labels="new", code=0):
        return label(
            "push", "first", "--labels", files / f"{labels}.yaml", "--migrate", files / f"{known}.yaml", code=code
        )

    return run


def of(fake, project):
    """item -> task of a project, in order."""
    tasks = sorted((n, task) for n, task in fake.tasks.items() if task["project"] == project)
    return {task["data"]["item"]: n for n, task in tasks}


def projects(record):
    return {row["annotator"]: row["project"] for row in record["annotators"]}


def label_some(fake, project, user, answers="abc"):
    """One answer of each label to the first tasks, and a skip; their sentences by label."""
    tasks = list(of(fake, project).values())
    for task, answer in zip(tasks, answers, strict=False):
        fake.annotate(task, user, stance=answer)
    fake.annotate(tasks[len(answers)], user, skipped=True, skip_reason="off topic")
    return [fake.tasks[task]["data"]["sentence_id"] for task in tasks[: len(answers) + 1]]


def test_each_goes_on_in_a_project_of_their_own(assign, migrate, fake, ledger, label):
    mine = projects(assign(ANN, BOB))
    said = {person: label_some(fake, mine[person], user) for person, user in ((ANN, 2), (BOB, 3))}
    old = {
        person: {fake.tasks[task]["data"]["sentence_id"] for task in of(fake, p).values()} for person, p in mine.items()
    }
    assert "--migrate FILE" in assign(ANN, BOB, labels="new", code=1)
    done = migrate()
    now = projects(done)
    assert (done["project"], done["created"], done["moved"]) == (None, 34, 34)
    assert len(fake.projects) == 4, "nobody's sentences went to a project for all"
    for person, user in ((ANN, 2), (BOB, 3)):
        left, new = of(fake, mine[person]), of(fake, now[person])
        assert len(left) == 4, "what was begun stays where it was"
        asked = {fake.tasks[task]["data"]["sentence_id"] for task in new.values()}
        assert asked == (old[person] - set(said[person])) | {said[person][2]}, "c is asked again, a, b and the skip not"
        assert fake.members[now[person]] == {user}
        assert fake.members[mine[person]] == {user}, "earlier work can still be corrected"
        assert "b" in fake.projects[mine[person]]["label_config"]
        assert fake.projects[now[person]]["title"] != fake.projects[mine[person]]["title"]
    label("pull")
    frame = ledger.annotations()
    assert Counter(frame["label"].dropna()) == {"a": 2, "z": 2}
    progress = label("status")["progress"]
    assert [(row["annotator"], row["sentences"], row["submitted"], row["skipped"]) for row in progress] == [
        (ANN, 20, 2, 1), (BOB, 20, 2, 1),
    ]  # fmt: skip


def test_again_and_after_an_interruption_nothing_is_doubled_or_lost(assign, migrate, fake, assigning, label, files):
    mine = projects(assign(ANN, BOB))
    label_some(fake, mine[ANN], 2)
    label_some(fake, mine[BOB], 3)
    calls = []

    def breaks(request):
        if request.method == "POST" and request.url.path == "/api/projects/":
            calls.append(request)
            if len(calls) >= 2:  # ann is moved, bob's items are taken back, and his new project cannot be made
                return httpx.Response(503, json={"detail": "going down"})
        return assigning.answer(request)

    fake.before = breaks
    assert "503" in migrate(code=1)
    fake.before = assigning.answer
    done = migrate()
    assert (done["created"], done["moved"]) == (34, 17)
    asked = Counter(
        task["data"]["sentence_id"] for task in fake.tasks.values() if task["project"] in projects(done).values()
    )
    assert len(asked) == 34
    assert set(asked.values()) == {1}
    again = migrate()
    assert (again["created"], again["moved"], projects(again)) == (0, 0, projects(done))
    assert len(fake.projects) == 4
    later = assign(ANN, BOB, labels="new")
    assert (later["created"], projects(later)) == (0, projects(done))


def test_a_draft_stays_where_it_is_and_moves_once_its_answer_does_not_carry_over(assign, migrate, fake, assigning):
    mine = projects(assign(ANN))[ANN]
    item, task = next(iter(of(fake, mine).items()))
    drafted = {item}

    def with_draft(request):
        answer = assigning.answer(request)
        if answer is not None and request.url.path.endswith(f"/{mine}/items/"):
            rows = answer.json()
            if request.method == "DELETE" and task not in fake.tasks:
                fake.tasks[task] = kept
            if isinstance(rows, list):
                rows = [row | {"begun": row["begun"] or row["item"] in drafted} for row in rows]
                return httpx.Response(200, json=rows)
        return answer

    kept = fake.tasks[task]
    fake.before = with_draft
    done = migrate()
    assert done["moved"] == 39
    assert item in of(fake, mine)
    fake.annotate(task, 2, stance="c")
    assert migrate()["moved"] == 1


def test_known_answers_read_in_the_new_labels_wherever_the_item_is(assign, migrate, fake, label, files, ledger):
    record = label(
        "annotators", "assign", "first", ANN, "--gold-rate", 0.09, "--gold", files / "gold.csv",
        "--labels", files / "old.yaml",
    )  # fmt: skip
    mine = projects(record)[ANN]
    gold = ledger.assignments(batch="first").set_index("item")
    gold = gold[gold["kind"] == "gold"]
    known = {item: json.loads(text)["stance"] for item, text in gold["known"].items()}
    assert sorted(known.values()) == ["a", "a", "b", "c"]
    begun = next(item for item, answer in known.items() if answer == "b")
    fake.annotate(of(fake, mine)[begun], 2, stance="b")
    migrate()
    found = known_answers(ledger, ledger.assignments(batch="first"))
    assert sorted(found["label"]) == ["a", "a", "z"], "c has to be said again: nothing is known any more"
    assert found.set_index("item")["label"][begun] == "z"
    there = ledger.assignments(batch="first")
    moved = there[(there["kind"] == "gold") & (there["project"] != str(mine))]
    assert sorted(map(json.loads, moved["known"].dropna()), key=str) == [{"stance": "a"}] * 2
    assert len(moved) == 3
    label("pull")
    page = label("quality", "--labels", files / "new.yaml")
    (person,) = page["annotators"]
    assert (person["gold"]["value"], person["gold"]["items"]) == (1.0, 1)


def test_a_hidden_item_that_is_asked_again_stays_no_vote(assign, migrate, fake, label, files, ledger):
    words = ("--gold-rate", 0.09, "--gold", files / "gold.csv", "--labels", files / "old.yaml")
    mine = projects(label("annotators", "assign", "first", ANN, *words))[ANN]
    plan = ledger.assignments(batch="first")
    item = plan.loc[plan["kind"] == "gold", "item"].iloc[0]
    task = of(fake, mine)[item]
    number = fake.annotate(task, 2, stance="c")
    migrate()
    fake.change(task, number, stance="b")
    label("pull")
    assert ledger.annotations(("gold",))["label"].tolist() == ["z"]
    assert ledger.annotations().empty


def test_an_answer_that_comes_while_things_move_stays_and_is_not_asked_twice(assign, migrate, fake, assigning):
    mine = projects(assign(ANN))[ANN]
    label_some(fake, mine, 2)
    late = list(of(fake, mine).values())[10]

    def between(request):
        if request.method == "DELETE" and not fake.tasks[late]["annotations"]:
            fake.annotate(late, 2, stance="a")
        return assigning.answer(request)

    fake.before = between
    done = migrate()
    sentence = fake.tasks[late]["data"]["sentence_id"]
    assert sentence not in {fake.tasks[task]["data"]["sentence_id"] for task in of(fake, projects(done)[ANN]).values()}
    assert done["moved"] == 36


def test_a_project_that_nobody_began_is_left_behind_empty(assign, migrate, fake):
    mine = projects(assign(ANN))[ANN]
    now = projects(migrate())[ANN]
    assert (len(of(fake, mine)), len(of(fake, now))) == (0, 40)
    assert (fake.members[mine], fake.members[now]) == (set(), {2})


def test_who_left_is_not_asked_again(assign, migrate, fake, label, files, ledger):
    fake.users[4] = "cyd@example.com"
    mine = projects(assign(ANN, BOB))
    label_some(fake, mine[BOB], 3)
    named = ("--labels", files / "old.yaml", "--overlap", 1, "--rebalance")
    label("annotators", "assign", "first", ANN, "cyd@example.com", *named)
    label_some(fake, mine[ANN], 2)
    done = migrate()
    assert BOB not in projects(done)
    assert [p.project for p in ledger.projects() if p.annotator == BOB] == [str(mine[BOB])]
    assert fake.members[mine[BOB]] == set()
    assert {fake.users[user] for users in fake.members.values() for user in users} == {ANN, "cyd@example.com"}


def test_a_training_round_that_is_not_passed_begins_anew_under_the_new_labels(assign, migrate, fake, assigning):
    (row,) = assign(ANN, labels="old-trained")["annotators"]
    assert assigning.keys[row["training"]]["opens"] == [row["project"]]
    done = projects(migrate(labels="new-trained"))[ANN]
    (training,) = [n for n in assigning.keys if n != row["training"]]
    assert '"z"' in fake.projects[training]["label_config"]
    assert fake.members[training] == {2}
    assert fake.members[row["training"]] == set()
    assert done in assigning.keys[training]["opens"]
    assert fake.members.get(done, set()) == set()


def test_a_map_that_leaves_a_label_open_moves_nothing(assign, migrate, fake):
    label_some(fake, projects(assign(ANN))[ANN], 2)
    before = {n: dict(task) for n, task in fake.tasks.items()}
    assert "what becomes of stance: c" in migrate("none", code=1)
    assert fake.tasks == before
    assert len(fake.projects) == 1


def test_push_refuses_other_labels_for_what_is_assigned_beside_a_common_project(assign, migrate, fake, label, files):
    common = label("push", "first", "--labels", files / "old.yaml")["project"]
    mine = projects(assign(ANN, BOB))
    interfaces = {n: project["label_config"] for n, project in fake.projects.items()}
    label_some(fake, mine[ANN], 2)
    told = label("push", "first", "--labels", files / "new.yaml", code=1)
    assert "was assigned with another label set: stance loses c; stance gains z" in told
    assert "`stance label push first --migrate FILE`" in told
    assert {n: project["label_config"] for n, project in fake.projects.items()} == interfaces
    done = migrate()
    assert done["project"] == common, "which nobody has labelled in"
    assert set(projects(done)) == {ANN, BOB}


def test_a_map_that_was_written_for_one_batch_leaves_no_other_behind(assign, migrate, fake, label, files, workspace):
    sample(workspace, 10, strategy="random", by=(), name="second", seed=2, test=False)
    other = ("annotators", "assign", "second", ANN, "--overlap", 1, "--labels")
    second = projects(label(*other, files / "old.yaml"))[ANN]
    label_some(fake, second, 2)
    label_some(fake, projects(assign(ANN))[ANN], 2)
    migrate()
    told = label(*other, files / "new.yaml", code=1)
    assert "stance loses c" in told
    assert "`stance label push second --migrate FILE`" in told
    done = label("push", "second", "--labels", files / "new.yaml", "--migrate", files / "map.yaml")
    assert projects(label(*other, files / "new.yaml")) == projects(done)
    assert done["moved"] == 10 - 3, "a, b (which reads as z) and the skip stay"


def test_a_map_for_an_assigned_batch_is_one_for_imported_answers_too(assign, migrate, label, files, corpus, ledger):
    path = files / "imported.csv"
    path.write_text(f"sentence_id,annotator,question,label\n{corpus['sentence_id'].iloc[0]},cyd,stance,c\n")
    label("import", path, "--labels", files / "old.yaml")
    assign(ANN, labels="new")
    assert "imported answers" in label("push", "first", "--labels", files / "new.yaml", code=1)
    assert "stance: c" in migrate("none", code=1)
    assert migrate()["moved"] == 0
    assert ledger.annotations()["label"].tolist() == [None]
