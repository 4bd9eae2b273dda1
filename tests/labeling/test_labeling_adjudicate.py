"""What is a dispute, who gets it to decide, and that a decision wins; on the fake wire."""

from xml.etree import ElementTree

import pandas as pd
import pytest
from ledger_rows import answer

from corpus import tables
from corpus.errors import NotFound, UsageError
from corpus.labels import Labels
from corpus.versions import dataset
from labeling.gold.adjudicate import adjudicate, interface
from labeling.gold.aggregate import aggregate, settled, votes
from labeling.gold.disputes import disputes
from labeling.ledger.ledger import Ledger
from labeling.studio.pull import pull

LABELS = Labels.model_validate({"questions": {"stance": {"labels": {"a": {}, "b": {}}}}})
ADJUDICATOR, OTHER = 2, 3  # users of the fake: ann@example.com and bob@example.com


def given(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Annotations from (sentence, annotator, label)."""
    made = [
        {
            "annotation_id": f"server#{n:03}", "question": "stance", "sentence_id": sentence, "annotator": who,
            "state": "submitted", "label": label, "suggestion": False, "revision": 1, "server": "server",
            "updated_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(minutes=n),
        }
        for n, (sentence, who, label) in enumerate(rows)
    ]  # fmt: skip
    return pd.DataFrame(made, columns=list(tables.ANNOTATIONS.columns))


def found(
    annotations: pd.DataFrame, clusters: dict[str, str], targets: dict[str, str] | None = None, mentions: object = 1
) -> dict[str, str]:
    """sentence -> reason, of the disputes."""
    sentences = pd.DataFrame(
        {"sentence_id": list(clusters), "cluster_id": list(clusters.values()), "mention": mentions}
    )
    sentences["target"] = sentences["sentence_id"].map(targets or {})
    table = disputes(
        aggregate(annotations, LABELS), {"stance": votes(annotations, "stance", ["a", "b"])}, sentences
    )  # fmt: skip
    return dict(zip(table["sentence_id"], table["reason"], strict=True))


def test_a_tie_is_a_dispute_and_a_majority_is_none():
    rows = given(("s1", "ann", "a"), ("s1", "bob", "b"), ("s2", "ann", "a"), ("s2", "bob", "a"), ("s2", "cy", "b"))
    assert found(rows, {"s1": "c1", "s2": "c2", "s3": "c3"}) == {"s1": "open"}


@pytest.mark.parametrize(
    ("who", "targets", "expected"),
    [
        (("ann", "bob"), {}, {"s1": "copies", "s2": "copies"}),
        (("ann", "ann"), {}, {}),  # one person: perhaps there is a difference that the cluster does not see
        (("ann", "bob"), {"s1": "NATO", "s2": "Russia"}, {}),  # another target is another question
        (("ann", "bob"), {"s1": "NATO", "s2": "NATO"}, {"s1": "copies", "s2": "copies"}),
    ],
)
def test_copies_with_other_labels_by_other_people_about_the_same(who, targets, expected):
    rows = given(("s1", who[0], "a"), ("s2", who[1], "b"))
    assert found(rows, {"s1": "c1", "s2": "c1"}, targets) == expected


def test_another_mention_of_the_target_is_another_question():
    rows, clusters = given(("s1", "ann", "a"), ("s2", "bob", "b"), ("s3", "cy", "b")), {"s1": "c", "s2": "c", "s3": "c"}
    assert found(rows, clusters, dict.fromkeys(clusters, "NATO"), [1, 2, 1]) == {"s1": "copies", "s3": "copies"}


def test_the_same_labels_on_copies_are_no_dispute_and_votes_are_told_without_names():
    rows = given(("s1", "ann", "a"), ("s2", "bob", "a"), ("s3", "ann", "b"), ("s3", "bob", "b"), ("s3", "cy", "a"))
    clusters = {"s1": "c1", "s2": "c1", "s3": "c1"}
    assert found(rows, clusters) == {"s1": "copies", "s2": "copies", "s3": "copies"}
    sentences = pd.DataFrame({"sentence_id": list(clusters), "cluster_id": "c1", "target": None, "mention": 1})
    table = disputes(aggregate(rows, LABELS), {"stance": votes(rows, "stance", ["a", "b"])}, sentences)
    assert list(table["votes"]) == [
        "1 × a (copies of it are labelled: 1 × a · 1 × b)",
        "1 × a (copies of it are labelled: 1 × a · 1 × b)",
        "2 × b · 1 × a (copies of it are labelled: 2 × a)",
    ]
    assert not table["votes"].str.contains("ann|bob|cy").any()


def test_a_decision_wins_over_a_tie_and_over_a_majority():
    rows = given(("s1", "ann", "a"), ("s1", "bob", "b"), ("s2", "ann", "a"), ("s2", "bob", "a"), ("s3", "ann", "b"))
    gold = aggregate(rows, LABELS)
    made = given(("s1", "judge", "a"), ("s2", "judge", "a"), ("s2", "second judge", "b"), ("gone", "judge", "a"))
    made.loc[made["sentence_id"] == "gone", "label"] = "no label of ours"
    done = settled(gold, made, LABELS).set_index("sentence_id")
    assert done["label"].to_dict() == {"s1": "a", "s2": "b", "s3": "b"}
    assert done["method"].to_dict() == {"s1": "adjudicated", "s2": "adjudicated", "s3": "majority"}
    assert done.loc[["s1", "s2"], "adjudicator"].tolist() == ["judge", "second judge"], "the last decision counts"
    assert done["adjudicator"].isna().tolist() == [False, False, True]
    assert done["probability"].isna().tolist() == [True, True, False]
    assert list(done["votes"]) == [2, 2, 1]
    tables.check(done.reset_index(), tables.GOLD)
    skipped = made.assign(state="skipped", label=None)
    pd.testing.assert_frame_equal(settled(gold, skipped, LABELS), gold, check_dtype=False)


def test_the_page_asks_one_question_shows_the_votes_and_wants_a_reason():
    both = Labels.model_validate(
        {
            "questions": {"stance": {"labels": {"a": {}, "b": {}}}, "source": {"labels": {"x": {}, "y": {}}}},
            "comment": False,
        }
    )
    page = ElementTree.fromstring(interface(both, "source"))  # noqa: S314 - our own XML
    required = [choices.get("name") for choices in page.iter("Choices") if choices.get("required")]
    assert required == ["source"]
    shown = [text.get("value") for text in page.iter("Text")]
    assert shown.index("$text") < shown.index("$votes")
    (comment,) = page.iter("TextArea")
    assert "guideline" in comment.get("placeholder", "")


@pytest.fixture
def labels():
    return LABELS


@pytest.fixture
def labelled(corpus, ledger):
    """40 sentences by two people, who tie over the first ten."""
    answers = [
        answer(f"{n}.{who}", "b" if who and n < 10 else "a", sentence_id=sentence, annotator=person, task=None)
        for n, sentence in enumerate(corpus["sentence_id"])
        for who, person in enumerate(("cy@example.com", "di@example.com"))
    ]
    with ledger.writing() as connection:
        ledger.record(connection, answers)
    return list(corpus["sentence_id"])


@pytest.fixture
def run(server, ledger, workspace, labels, labelled):
    def go(*adjudicators: str):
        return adjudicate(
            server, ledger, workspace, labels, adjudicators=adjudicators, method="majority", min_probability=0.5
        )

    return go


def test_disputes_go_to_the_adjudicator_alone_and_once(fake, run, ledger, labelled):
    fake.roles[ADJUDICATOR] = "adjudicator"
    done = run()
    assert (done.disputes, done.decided, done.created) == (10, 0, 10)
    ((who, question), project) = next(iter(done.projects.items()))
    assert (who, question) == ("ann@example.com", "stance")
    assert fake.members[project] == {ADJUDICATOR}
    assert set(fake.of(project)) == set(labelled[:10])
    data = fake.tasks[next(iter(fake.of(project).values()))]["data"]
    assert data["votes"] == "1 × a · 1 × b"
    assert "cy@example.com" not in str(data)
    (known,) = ledger.projects()
    assert (known.role, known.annotator, known.project) == ("adjudication", "ann@example.com", str(project))
    again = run()
    assert (again.created, again.projects) == (0, done.projects)
    assert len(fake.of(project)) == len([t for t in fake.tasks.values() if t["project"] == project]) == 10


def test_two_adjudicators_share_and_keep_what_they_have(fake, run, ledger):
    fake.roles |= {ADJUDICATOR: "adjudicator", OTHER: "adjudicator"}
    done = run()
    one, two = (set(fake.of(project)) for project in done.projects.values())
    assert (len(one), len(two), one & two) == (5, 5, set())
    with ledger.writing() as connection:
        more = sorted(one | two)[0]
        ledger.record(connection, [answer("late", "a", sentence_id=more, annotator="eve@example.com", task=None)])
    run("ann@example.com")
    assert {len(fake.of(project)) for project in done.projects.values()} == {5}


def test_decisions_come_back_and_win_in_gold_and_release(
    fake, run, server, ledger, labelled, stance_command, workspace, tmp_path
):
    fake.roles[ADJUDICATOR] = "adjudicator"
    (project,) = run().projects.values()
    tasks = fake.of(project)
    for sentence in labelled[:8]:
        fake.annotate(tasks[sentence], ADJUDICATOR, stance="b")
    fake.annotate(tasks[labelled[8]], ADJUDICATOR, skipped=True)
    pull(server, ledger, state=workspace.root)
    done = run()
    assert (done.disputes, done.decided, done.created) == (10, 8, 0)
    path = tmp_path / "labels.yaml"
    path.write_text("questions: {stance: {labels: {a: {}, b: {}}}}")
    made = stance_command("label", "aggregate", "--labels", path, "--json").record
    assert made == {"gold": 38, "ties": 2, "method": "majority", "adjudicated": 8}
    gold = tables.read(workspace.gold, tables.GOLD).set_index("sentence_id")
    assert set(gold.loc[labelled[:8], "label"]) == {"b"}
    assert set(gold.loc[labelled[:8], "adjudicator"]) == {"ann@example.com"}
    released = stance_command("label", "release", "demo", "--labels", path, "--json").record
    frozen = dataset.load(workspace.dataset("demo"))
    assert released["items"] == 40
    assert (frozen.gold["method"] == "adjudicated").sum() == 8
    assert "ann@example.com" not in set(frozen.annotations["annotator"]), "a decision is no vote"
    fake.change(tasks[labelled[0]], fake.tasks[tasks[labelled[0]]]["annotations"][0]["id"], stance="a")
    pull(server, ledger, state=workspace.root)
    stale = stance_command("label", "release", "demo", "--labels", path)
    assert (stale.code, "1 of 40 differ" in stale.err) == (1, True)


def test_nobody_to_decide_says_what_to_do(fake, run, stance_command):
    with pytest.raises(UsageError, match="there is no adjudicator: `stance label annotators add EMAIL --role"):
        run()
    with pytest.raises(NotFound, match=r"no account nobody@example\.com; there are: "):
        run("nobody@example.com")


def test_a_server_without_roles_wants_a_name(fake, run):
    fake.roles = None
    with pytest.raises(UsageError, match="this server has no roles: name who decides"):
        run()
    assert run("bob@example.com").created == 10
    assert fake.members == {}


def test_who_labels_does_not_decide(fake, run, ledger: Ledger):
    with pytest.raises(
        UsageError, match=r"ann@example\.com labels here, and who labels does not decide; .* --role adj"
    ):
        run("Ann@example.com")
    assert not ledger.projects()


def test_the_command(fake, run, ledger: Ledger, stance_command, tmp_path):
    fake.roles[ADJUDICATOR] = "adjudicator"
    path = tmp_path / "labels.yaml"
    path.write_text("questions: {stance: {labels: {a: {}, b: {}}}}")
    done = stance_command("label", "adjudicate", "ann@example.com", "--labels", path, "--json").record
    assert {name: done[name] for name in ("disputes", "decided", "created")} == {
        "disputes": 10, "decided": 0, "created": 10
    }  # fmt: skip
    assert done["projects"][0]["adjudicator"] == "ann@example.com"
