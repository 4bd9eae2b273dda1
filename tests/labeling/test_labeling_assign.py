"""`assign` on the fake server: what each project holds, what the ledger remembers, and who may see what."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pandas as pd
import pytest
from fake_assigned import Assigning
from ledger_rows import answer
from ledger_rows import record as record_answers

from corpus.labels import Labels
from labeling.ledger.ledger import Assignment

ANN, BOB, CYD = "ann@example.com", "bob@example.com", "cyd@example.com"
TRAINED = {
    "questions": {"stance": {"labels": {"a": {}, "b": {}}}},
    "training": [{"text": f"Sentence {n}.", "answers": {"stance": "a"}, "rule": f"Rule {n}."} for n in range(4)],
}


@pytest.fixture
def assigning(fake):
    fake.users[4] = CYD
    return Assigning(fake)


@pytest.fixture
def labels_file(tmp_path):
    path = tmp_path / "labels.yaml"
    path.write_text(json.dumps({"questions": {"stance": {"labels": {"a": {}, "b": {}}}}}))
    return path


@pytest.fixture
def trained_file(tmp_path):
    path = tmp_path / "trained.yaml"
    path.write_text(json.dumps(TRAINED))
    return path


@pytest.fixture
def run(stance_command, corpus, assigning, labels_file):
    def assign(*arguments, labels=labels_file, code=0):
        ended = stance_command("label", "annotators", "assign", "first", *arguments, "--labels", labels, "--json")
        assert ended.code == code, ended.err
        return ended.record if code == 0 else ended.err

    return assign


def of(fake, project):
    return [task["data"] for _, task in sorted(fake.tasks.items()) if task["project"] == project]


def projects(record):
    return {row["annotator"]: row["project"] for row in record["annotators"]}


def test_each_has_a_project_of_their_own_with_their_share(run, fake, ledger, corpus):
    record = run(ANN, BOB, CYD, "--overlap", 2)
    assert (record["created"], record["existing"], record["dry_run"]) == (80, 0, False)
    assert {pair["sentences"] for pair in record["pairs"]} <= {13, 14}
    given = Counter()
    for person, project in projects(record).items():
        assert fake.members[project] == {number for number, email in fake.users.items() if email == person}
        assert fake.projects[project]["maximum_annotations"] == 1
        assert person.partition("@")[0] not in fake.projects[project]["title"]
        given.update(data["sentence_id"] for data in of(fake, project))
    assert given == Counter(dict.fromkeys(corpus["sentence_id"], 2))
    known = ledger.assignments(batch="first")
    assert set(known["kind"]) == {"normal"}
    for project in projects(record).values():
        own = known[known["project"] == str(project)]
        assert own["item"].tolist() == [data["item"] for data in of(fake, project)]
    assert {(p.role, p.annotator) for p in ledger.projects()} == {
        ("assigned", ANN),
        ("assigned", BOB),
        ("assigned", CYD),
    }


def test_a_dry_run_shows_the_plan_and_does_nothing(run, fake, ledger):
    record = run(ANN, BOB, "--overlap", 1, "--dry-run")
    assert [row["sentences"] for row in record["annotators"]] == [20, 20]
    assert record["dry_run"] is True
    assert not fake.projects
    assert ledger.assignments().empty


def test_a_second_run_and_one_after_an_interruption_double_nothing(run, fake):
    first = run(ANN, BOB)
    again = run(ANN, BOB)
    assert (again["created"], again["existing"]) == (0, first["created"])
    lost = [n for n, task in fake.tasks.items() if task["project"] == projects(first)[ANN]][-7:]
    for task in lost:
        del fake.tasks[task]
    third = run(ANN, BOB)
    assert third["created"] == 7
    assert len(fake.tasks) == first["created"]


def test_options_that_a_plan_has_settled_are_named(run, stance_command, labels_file):
    def said(*options):
        words = ("label", "annotators", "assign", "first", ANN, BOB, *options, "--labels", labels_file)
        ended = stance_command(*words)
        assert ended.code == 0, ended.err
        return ended.err

    assert "not used" not in said("--overlap", 1, "--seed", 5)
    assert said() == ""
    told = said("--overlap", 7, "--cue-share", 1, "--seed", 99)
    assert "batch first has a plan and goes on with it; not used: --overlap, --cue-share, --seed. " in told
    told = said("--overlap", 7, "--seed", 99, "--max-per-document", 50, "--rebalance", "--dry-run")
    assert "not used: --overlap. " in told


def test_what_is_mixed_in_is_nowhere_in_the_task(run, fake, ledger, tmp_path, built, corpus):
    other = built.sentences[~built.sentences["sentence_id"].isin(corpus["sentence_id"])].head(20)
    gold = tmp_path / "gold.csv"
    other.assign(stance="a")[["sentence_id", "stance"]].to_csv(gold, index=False)
    record = run(ANN, BOB, "--gold-rate", 0.2, "--gold", gold, "--retest-share", 0.1, "--cue-share", 0.5)
    known = ledger.assignments(batch="first")
    assert known.groupby("annotator")["kind"].value_counts().to_dict() == {
        (person, kind): count for person in (ANN, BOB) for kind, count in (("normal", 40), ("gold", 10), ("retest", 5))
    }
    assert known.loc[known["kind"] == "gold", "known"].map(json.loads).tolist() == [{"stance": "a"}] * 20
    for project in projects(record).values():
        shown = of(fake, project)
        assert {frozenset(data) for data in shown} == {
            frozenset({"sentence_id", "item", "text", "title", "date", "before", "after"})
        }
        assert len({data["item"] for data in shown}) == len(shown) == 55
        twice = [s for s, count in Counter(data["sentence_id"] for data in shown).items() if count == 2]
        assert len(twice) == 5


def test_nobody_gets_as_gold_what_they_know(run, ledger, tmp_path, built, corpus):
    """Of a dozen sentences with known answers: labelled, skipped or taken back before, or assigned and not begun."""
    there = dict.fromkeys([*built.sentences["sentence_id"]])
    known, more = [s for s in there if s not in set(corpus["sentence_id"])][:12], corpus["sentence_id"][:8]
    record_answers(
        ledger,
        answer(1, sentence_id=known[0], annotator=ANN),
        answer(2, None, state="skipped", sentence_id=known[1], annotator=ANN),
        answer(3, state="deleted", sentence_id=known[2], annotator=ANN),
        answer(4, sentence_id=known[3], annotator=ANN, kind="gold"),
        answer(5, sentence_id=known[4], annotator=BOB),
    )
    assigned = [
        Assignment("server", "9", item, "other", ANN, item, "normal", 0, False, False, None, 1) for item in known[5:7]
    ]
    with ledger.writing() as connection:
        ledger.assign(connection, assigned)
    gold = tmp_path / "gold.csv"
    pd.DataFrame({"sentence_id": [*known, *more], "stance": "a"}).to_csv(gold, index=False)
    run(ANN, BOB, "--gold-rate", 0.5, "--gold", gold)
    given = ledger.assignments(batch="first").query("kind == 'gold'").groupby("annotator")["sentence_id"].agg(set)
    assert given[ANN] == {known[4], *known[7:]}
    assert given[BOB] == set(known) - {known[4]}


def test_what_comes_back_was_labelled_weeks_ago_without_a_suggestion(run, ledger, built, corpus):
    there = dict.fromkeys([*built.sentences["sentence_id"]])
    old, young, timeless, changed, suggested, shown = [s for s in there if s not in set(corpus["sentence_id"])][:6]
    now = datetime.now(UTC)
    weeks, days = ({"annotator": ANN, "updated_at": now - timedelta(n)} for n in (15, 13))
    record_answers(
        ledger,
        answer(1, sentence_id=old, **weeks),
        answer(2, sentence_id=young, **days),
        answer(3, sentence_id=timeless, **weeks | {"updated_at": None}),
        answer(4, sentence_id=changed, **weeks),
        answer(5, sentence_id=changed, **days | {"question": "source"}),
        answer(6, sentence_id=suggested, **weeks | {"suggestion": True}),
        answer(7, sentence_id=shown, **weeks),
    )
    with ledger.writing() as connection:
        again = Assignment("server", "9", "i", "other", ANN, shown, "retest", 0, False, False, None, 1)
        ledger.assign(connection, [again])
    run(ANN, "--retest-share", 0.2)
    given = set(ledger.assignments(batch="first").query("kind == 'retest'")["sentence_id"])
    assert given & {old, young, timeless, changed, suggested, shown} == {old}
    assert len(given) == 8, "the others are of this batch"


def test_outlet_and_byline_are_in_the_task_of_the_cue_arm_only(run, fake, ledger, corpus):
    record = run(ANN, "--cue-share", 0.5)
    outlet = corpus.set_index("sentence_id")["outlet"].dropna()
    cue = ledger.assignments(batch="first").set_index("item")["cue"]
    seen = Counter()
    for data in of(fake, projects(record)[ANN]):
        if data["sentence_id"] in outlet.index:
            shown = outlet[data["sentence_id"]] in json.dumps(data["date"], ensure_ascii=False)
            assert shown == cue[data["item"]]
            seen[shown] += 1
    assert min(seen[True], seen[False]) > 5


def test_people_leave_and_join_and_what_was_begun_stays(run, fake, ledger):
    mine = projects(run(ANN, BOB, "--overlap", 1))
    begun = {}
    for person, user in ((ANN, 2), (BOB, 3)):
        tasks = sorted(n for n, task in fake.tasks.items() if task["project"] == mine[person])[:5]
        for task in tasks:
            fake.annotate(task, user, stance="a")
        begun[person] = {fake.tasks[task]["data"]["sentence_id"] for task in tasks}
    told = run(ANN, CYD, code=2)
    assert "cyd@example.com would join and bob@example.com would leave" in told
    shown = run(ANN, CYD, "--overlap", 1, "--rebalance", "--dry-run")
    assert shown["moved"] == 15
    assert len(fake.projects) == 2
    record = run(ANN, CYD, "--overlap", 1, "--rebalance")
    assert record["moved"] == 15
    now = projects(record)
    assert now[ANN] == mine[ANN]
    assert fake.members[mine[BOB]] == set()
    held = {person: {data["sentence_id"] for data in of(fake, p)} for person, p in (now | {BOB: mine[BOB]}).items()}
    assert held[BOB] == begun[BOB]
    assert begun[ANN] < held[ANN]
    assert sorted([len(held[ANN]) - 5, len(held[CYD])]) == [15, 15]
    assert len(held[ANN] | held[BOB] | held[CYD]) == 40
    after = run(ANN, CYD, "--overlap", 1)
    assert (after["created"], after["existing"]) == (0, 35)
    withdrawn = ledger.assignments(batch="first", withdrawn=True)
    assert (withdrawn["state"] == "withdrawn").sum() == 15


def test_a_draft_stays_with_who_stays_and_goes_with_who_leaves(run, fake, assigning):
    mine = projects(run(ANN, BOB, "--overlap", 1))
    first = {who: min(n for n, task in fake.tasks.items() if task["project"] == mine[who]) for who in (ANN, BOB)}
    assigning.drafted = set(first.values())
    sentence = {who: fake.tasks[task]["data"]["sentence_id"] for who, task in first.items()}
    assert "--rebalance" in run(ANN, CYD, code=2)
    assert run(ANN, CYD, "--overlap", 1, "--rebalance", "--dry-run")["moved"] == 20
    now = projects(run(ANN, CYD, "--overlap", 1, "--rebalance"))
    assert first[ANN] in fake.tasks
    assert not of(fake, mine[BOB])
    assert sentence[BOB] in {data["sentence_id"] for who in (ANN, CYD) for data in of(fake, now[who])}


def test_what_everybody_has_moves_to_nobody(run, fake):
    mine = projects(run(ANN, BOB, "--overlap", 2))
    for task in sorted(n for n, task in fake.tasks.items() if task["project"] == mine[ANN])[:14]:
        fake.annotate(task, 2, stance="a")
    before = dict(fake.tasks)
    record = run(ANN, BOB, "--overlap", 2, "--rebalance")
    assert (record["created"], record["existing"], record["moved"]) == (0, 80, 0)
    assert fake.tasks == before


def test_push_gives_what_is_assigned_its_words_and_makes_no_project_for_all(run, fake, stance_command, tmp_path):
    mine = projects(run(ANN, BOB))
    held = len(fake.tasks)
    words = tmp_path / "words.yaml"
    words.write_text(json.dumps({"questions": {"stance": {"title": "New words?", "labels": {"a": {}, "b": {}}}}}))
    done = stance_command("label", "push", "first", "--labels", words, "--json")
    assert done.code == 0
    assert {name: done.record[name] for name in ("project", "created", "existing")} == {
        "project": None, "created": 0, "existing": held,
    }  # fmt: skip
    assert set(fake.projects) == set(mine.values())
    assert all("New words?" in project["label_config"] for project in fake.projects.values())
    said = stance_command("label", "push", "first", "--labels", words).out
    assert "batch first is assigned: each annotator has a project of their own" in said
    assert "annotators assign" in said


def test_an_answer_that_comes_while_things_move_stays_with_who_gave_it(run, fake, assigning):
    mine = projects(run(ANN, BOB, "--overlap", 1))[BOB]
    answer = assigning.answer
    late = []

    def between(request):
        if request.method == "DELETE" and f"/{mine}/" in request.url.path and not late:
            late.append(min(n for n, task in fake.tasks.items() if task["project"] == mine))
            fake.annotate(late[0], 3, stance="a")
        return answer(request)

    fake.before = between
    record = run(ANN, CYD, "--overlap", 1, "--rebalance")
    assert late[0] in fake.tasks
    sentences = [data["sentence_id"] for p in (*projects(record).values(), mine) for data in of(fake, p)]
    assert len(sentences) == len(set(sentences)) == 40


def test_a_move_that_was_stopped_in_the_middle_goes_on(run, fake, assigning, ledger):
    run(ANN, BOB, "--overlap", 1)
    answer = assigning.answer

    def away(request):
        if request.method == "POST" and request.url.path == "/api/projects/":
            return httpx.Response(503, json={"detail": "going down"})
        return answer(request)

    # The server has taken items back, and the ledger does not know of it yet.
    fake.before = away
    assert "503" in run(ANN, CYD, "--overlap", 1, "--rebalance", code=1)
    fake.before = answer
    record = run(ANN, CYD, "--overlap", 1, "--rebalance")
    sentences = [data["sentence_id"] for p in projects(record).values() for data in of(fake, p)]
    assert len(sentences) == len(set(sentences)) == 40


def test_other_words_reach_the_page_and_other_labels_are_refused(run, fake, ledger, tmp_path, labels_file):
    mine = projects(run(ANN))[ANN]
    first = min(n for n, task in fake.tasks.items() if task["project"] == mine)
    fake.annotate(first, 2, stance="a")
    before = ledger.projects()[0].labels_version
    words = tmp_path / "words.yaml"
    words.write_text(json.dumps({"questions": {"stance": {"title": "New words?", "labels": {"a": {}, "b": {}}}}}))
    assert run(ANN, labels=words)["created"] == 0
    assert "New words?" in fake.projects[mine]["label_config"]
    assert ledger.projects()[0].labels_version != before
    assert ledger.annotations()["labels_version"].tolist() == [before]
    other = tmp_path / "other.yaml"
    other.write_text(json.dumps({"questions": {"stance": {"labels": {"a": {}, "c": {}}}}}))
    told = run(ANN, labels=other, code=1)
    assert "stance loses b" in told
    assert "draw a new batch" in told


def test_status_counts_what_is_each_ones_own(run, fake, ledger, stance_command):
    mine = projects(run(ANN, BOB, "--overlap", 1, "--retest-share", 0.1))
    tasks = sorted(n for n, task in fake.tasks.items() if task["project"] == mine[ANN])
    for task in tasks:
        fake.annotate(task, 2, stance="a")
    assert stance_command("label", "pull").code == 0
    found = stance_command("label", "status", "--json").record["progress"]
    assert [(row["annotator"], row["submitted"], row["sentences"]) for row in found] == [(ANN, 20, 20), (BOB, 0, 20)]
    assert len(tasks) == 22


def test_training_comes_first_and_opens_the_work(run, fake, assigning, trained_file, ledger, stance_command):
    record = run(ANN, labels=trained_file)
    (row,) = record["annotators"]
    work, training = row["project"], row["training"]
    assert fake.members.get(work, set()) == set()
    assert fake.members[training] == {2}
    assert sorted(data["text"] for data in of(fake, training)) == [f"Sentence {n}." for n in range(4)]
    assert "Rule" not in json.dumps(of(fake, training))
    key = assigning.keys[training]
    assert (key["bar"], key["opens"]) == (0.7, [work])
    assert {entry["rule"] for entry in key["items"].values()} == {f"Rule {n}." for n in range(4)}
    assert {data["item"] for data in of(fake, training)} == set(key["items"])

    def told(*arguments, code=0):
        ended = stance_command("label", "annotators", "training", *arguments, "--labels", trained_file, "--json")
        assert ended.code == code, ended.err
        return ended.record["training"] if code == 0 else ended.err

    assert [(one["right"], one["needed"], one["passed"]) for one in told()] == [(0, 3, False)]
    listed = stance_command("label", "annotators", "training", "--labels", trained_file).out
    assert listed.split() == [ANN, *["3", "of", "4", "needed:", "not", "begun"]]
    assert "not finished (0 of 4)" in told("--again", ANN, code=2)
    assigning.answered[training], assigning.right[training] = 4, 2
    (failed,) = told("--again", ANN)
    assert failed["project"] != training
    assert fake.members[training] == set()
    assert assigning.keys[failed["project"]]["opens"] == [work]
    (let,) = told("--waive", ANN)
    assert let["passed"] is True
    assert fake.members[work] == {2}
    assert run(ANN, labels=trained_file)["annotators"][0]["training"] is None
    kinds = ledger.assignments(server=None)
    assert Counter(kinds["kind"]) == {"normal": 40, "training": 8}


def test_an_open_server_an_unknown_person_and_a_closed_account_are_refused(run, fake, assigning):
    assert "no open account for dan@example.com; add one with `stance label annotators add dan@" in run(
        ANN, "dan@example.com", code=2
    )
    fake.inactive.add(2)
    assert "no open account for ann@example.com" in run(ANN, code=2)
    fake.roles = None
    fake.before = lambda request: None
    assert "everybody there sees everybody's labels" in run(ANN, code=1)
    assert not fake.projects


def test_known_answers_must_be_known_labels_of_known_sentences(run, tmp_path, corpus):
    gold = tmp_path / "gold.csv"
    for row, problem in (
        (f"{corpus['sentence_id'][0]},purple", "line 2: stance: expected one of a, b, got 'purple'"),
        ("nowhere,a", "line 2: the corpus has no sentence with sentence_id 'nowhere'"),
    ):
        gold.write_text(f"sentence_id,stance\n{row}\n")
        assert problem in run(ANN, "--gold-rate", 0.1, "--gold", gold, code=1)
    gold.write_text("sentence,stance\nx,a\n")
    assert "expected a column sentence_id or text and one of stance, got sentence, stance" in run(
        ANN, "--gold-rate", 0.1, "--gold", gold, code=1
    )
    assert "no sentence was adjudicated yet" in run(ANN, "--gold-rate", 0.1, code=2)


def test_hostile_training_text_reaches_the_page_as_data(run, fake, tmp_path):
    hostile = "<script>alert(1)</script> \u202eright-to-left\u202c " + "x" * 100_000
    labels = Labels.model_validate(
        TRAINED | {"training": [{"text": hostile, "answers": {"stance": "a"}, "rule": hostile}]}
    )
    path = tmp_path / "hostile.yaml"
    path.write_text(json.dumps(labels.model_dump(mode="json")))
    (row,) = run(ANN, labels=path)["annotators"]
    assert of(fake, row["training"])[0]["text"] == hostile
